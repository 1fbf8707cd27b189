package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/ops/config"
)

// written are the pages that tell of commands.
func written(t *testing.T) map[string]string {
	t.Helper()
	paths := []string{"../../README.md", "../../CHANGELOG.md"}
	for _, pattern := range []string{"../../docs/*.md", "../../docs/runbooks/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) < 7 {
			t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		paths = append(paths, found...)
	}
	pages := map[string]string{}
	for _, p := range paths {
		pages[p] = text(t, p)
	}
	return pages
}

var (
	// a command stands between backquotes or at the beginning of a line of its own.
	aCommand = regexp.MustCompile("(?m)(?:`|^)(?:go run \\./cmd/)?vmtui ([^`\n]*)")
	aWord    = regexp.MustCompile(`^[a-z][a-z-]*`)
	aFlag    = regexp.MustCompile(`--[a-z][a-z-]*`)
	fenced   = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```")
)

// Every command that a page tells of is there, and takes the options that stand behind it.
func TestThePagesCommandsAreThere(t *testing.T) {
	root := newRoot(newFlags(streams{strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}}))
	seen := 0
	for page, text := range written(t) {
		for _, m := range aCommand.FindAllStringSubmatch(text, -1) {
			line, _, _ := strings.Cut(m[1], " -- ") // what stands behind is another program's
			cmd, rest := commandOf(root, strings.Fields(line))
			if cmd == root && !strings.HasPrefix(line, "-") {
				if strings.HasPrefix(m[0], "`") {
					t.Errorf("%s: there is no `vmtui %s`", page, line)
				}
				continue // a sentence that begins with the program's name
			}
			seen++
			if word := aWord.FindString(rest); word != "" && cmd.HasSubCommands() && cmd.ValidateArgs([]string{word}) != nil {
				t.Errorf("%s: `%s` has no %s", page, cmd.CommandPath(), word)
			}
			for _, flag := range aFlag.FindAllString(rest, -1) {
				name := strings.TrimPrefix(flag, "--")
				if cmd.Flags().Lookup(name) == nil && cmd.InheritedFlags().Lookup(name) == nil && name != "help" {
					t.Errorf("%s: `%s` takes no %s", page, cmd.CommandPath(), flag)
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d commands were found", seen)
	}
}

// commandOf is the command that words begin with, and the rest of them.
func commandOf(root *cobra.Command, words []string) (*cobra.Command, string) {
	cmd := root
	for len(words) > 0 {
		i := -1
		for j, c := range cmd.Commands() {
			if c.Name() == strings.Trim(words[0], ",.;:") {
				i = j
			}
		}
		if i < 0 {
			break
		}
		cmd, words = cmd.Commands()[i], words[1:]
	}
	return cmd, strings.Join(words, " ")
}

// Every command that somebody may use is told of in the guide.
func TestTheGuideKnowsEveryCommand(t *testing.T) {
	guide := text(t, "../../docs/guide.md")
	root := newRoot(newFlags(streams{strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}}))
	for _, name := range names(root) {
		if name != "help" && name != "completion" && !strings.Contains(guide, "`vmtui "+name) {
			t.Errorf("docs/guide.md does not tell of vmtui %s", name)
		}
	}
}

// The guide's config is one that is taken as it stands there.
func TestTheGuidesConfigIsGood(t *testing.T) {
	blocks := fenced.FindAllStringSubmatch(text(t, "../../docs/guide.md"), -1)
	for _, b := range blocks {
		if b[1] != "yaml" || !strings.HasPrefix(b[2], "instance:") {
			continue
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "provision-worker.sh"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := config.Parse(filepath.Join(dir, "config.yaml"), []byte(b[2])); err != nil {
			t.Error(err)
		}
		return
	}
	t.Error("docs/guide.md shows no config")
}
