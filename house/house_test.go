// Package house holds no code: its tests read the import graph and fail on an arrow that runs uphill, and the sources, for what a reader may rely on.
package house

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

const module = "github.com/vmtui/vmtui/"

// floors are the rooms from the roof to the ground. A room imports its own floor and what lies below it.
var floors = []string{"cmd", "ui", "ops", "remote", "keys"}

// skips are the floors that a room may not reach although they lie below: a screen asks ops, never a wire.
var skips = map[string][]string{"ui": {"remote", "keys"}}

// foreign are imports from outside the module that a room must do without: path prefixes.
var foreign = map[string][]string{
	"ui":     {"golang.org/x/crypto", "github.com/digitalocean", "github.com/cloudflare", "github.com/redis", "net", "os/exec"},
	"ops":    {"charm.land", "github.com/charmbracelet"},
	"remote": {"charm.land", "github.com/charmbracelet"},
	"keys":   {"charm.land", "github.com/charmbracelet"},
}

// banned are names under which anything could hide.
var banned = []string{"utils", "util", "helpers", "helper", "common", "misc"}

func load(t *testing.T) []*packages.Package {
	t.Helper()
	mode := packages.NeedName | packages.NeedImports | packages.NeedFiles
	pkgs, err := packages.Load(&packages.Config{Mode: mode, Dir: ".."}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	if len(pkgs) < 20 {
		t.Fatalf("only %d packages were found: the house is bigger than that", len(pkgs))
	}
	return pkgs
}

// room is the top-level directory of one of our packages, "" for a foreign one.
func room(path string) string {
	inside, ours := strings.CutPrefix(path, module)
	if !ours {
		return ""
	}
	top, _, _ := strings.Cut(inside, "/")
	return top
}

func TestArrowsRunDownhill(t *testing.T) {
	for _, p := range load(t) {
		from := room(p.PkgPath)
		for path := range p.Imports {
			if why := uphill(from, p.PkgPath, path); why != "" {
				t.Errorf("%s imports %s: %s", p.PkgPath, path, why)
			}
		}
	}
}

// uphill says why an import may not be, "" when it may.
func uphill(from, importer, path string) string {
	to := room(path)
	switch {
	case to == "" && slices.ContainsFunc(foreign[from], func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") }):
		return from + " does without it"
	case to == "" || from == "house":
		return ""
	case from == "fixtures":
		if to != "fixtures" {
			return "fixtures speaks protocols and shares no code with the product"
		}
		return ""
	case to == "fixtures":
		if from != "cmd" {
			return "only cmd and tests know fixtures"
		}
		return ""
	case slices.Contains(skips[from], to):
		return from + " imports ops and nothing below it"
	case slices.Index(floors, to) < slices.Index(floors, from):
		return "the arrow runs uphill"
	case strings.HasSuffix(importer, "/ops/run") && path == module+"ops/worker":
		return "the engine knows no runbook"
	}
	return ""
}

func TestEveryRoomIsKnown(t *testing.T) {
	known := append(slices.Clone(floors), "fixtures", "house")
	for _, p := range load(t) {
		if !slices.Contains(known, room(p.PkgPath)) {
			t.Errorf("%s is in no known room", p.PkgPath)
		}
	}
}

func TestNoRoomForAnything(t *testing.T) {
	for _, s := range sources(t) {
		for part := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSuffix(s.path, ".go"), "_test"), "/") {
			if slices.Contains(banned, part) {
				t.Errorf("%s: nothing may be called %q", s.path, part)
			}
		}
	}
}

func TestUphillIsNoticed(t *testing.T) {
	for _, c := range []struct{ from, path string }{
		{"keys", "remote/ssh"}, {"remote", "ops/run"}, {"ops", "ui/root"}, {"ui", "remote/ssh"}, {"ui", "keys"}, {"fixtures", "keys"}, {"ops", "fixtures/box"},
	} {
		if uphill(c.from, module+c.from+"/x", module+c.path) == "" {
			t.Errorf("%s -> %s passed", c.from, c.path)
		}
	}
	if uphill("ui", module+"ui/root", "net/http") == "" || uphill("ops", module+"ops/run", "charm.land/bubbletea/v2") == "" {
		t.Error("a foreign import passed")
	}
}

// counted is a number before a noun that has a plural only: one of it would read "1 jobs".
var counted = regexp.MustCompile(`%d (new |unique )?(jobs|processes|websockets|workers|requests|bytes|lines|days|hours|minutes|nodes|droplets|keys|steps|migrations|sessions|` +
	`accounts|follows|rows|errors|failures|successes|containers|links|events|anchors|runs|characters|runbooks|times|threads|locks)\b`)

// A count in words has its singular: spelling.Count, or widget.Count in ui.
func TestOneIsNotMany(t *testing.T) {
	for _, p := range load(t) {
		if from := room(p.PkgPath); from != "cmd" && from != "ui" && from != "ops" || strings.Contains(p.PkgPath, "/internal/") { // what stages a test says nothing to a person
			continue
		}
		for _, file := range p.GoFiles {
			text, err := os.ReadFile(file) // #nosec G304 -- one of our own files
			if err != nil {
				t.Fatal(err)
			}
			for n, line := range strings.Split(string(text), "\n") {
				if found := counted.FindString(line); found != "" {
					t.Errorf("%s:%d: %q may be one of them", file, n+1, found)
				}
			}
		}
	}
}
