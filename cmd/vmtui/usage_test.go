package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vmtui/vmtui/ops/fleet"
)

// What cannot be is refused by who is called, with exit code 2, in words that name it; no word of a library's parser gets through.
func TestWordsThatMeanNothing(t *testing.T) {
	for _, c := range []struct {
		line  string
		names []string
	}{
		{"statsu", []string{`"statsu"`, "the nearest is status"}},
		{"frobnicate", []string{`there is no command "frobnicate"; known: `}},
		{"status --frobnicate", []string{"there is no --frobnicate; there are --"}},
		{"status extra", []string{`takes nothing behind it`, `"extra"`}},
		{"runs show", []string{"something is missing", "show ID"}},
		{"runs lst", []string{"the nearest is list"}},
		{"sidekiq prak", []string{"the nearest is park"}},
		{"help nosuch", []string{"nosuch"}},
		{"help run nosuch", []string{"run nosuch"}},
		{"completion nosuch", []string{"nosuch", "bash"}},
		{"status --jsno", []string{"--jsno", "the nearest is --json"}},
		{"status --json=maybe", []string{`"maybe"`, "true or false"}},
		{"status -Z", []string{"-Z"}},
		{"run --set", []string{"--set takes KEY=VALUE"}},
		{"logs worker-1 --tail many", []string{"a whole number", `"many"`}},
		{"logs worker-1 --tail=-5", []string{"--tail is -5"}},
		{"exec -n worker-1 --timeout soon -- uptime", []string{"30s", `"soon"`}},
		{"exec -n worker-1 --timeout=-3s -- uptime", []string{"--timeout is -3s"}},
		{"audit --outcome godo", []string{"--outcome godo", "stopped"}},
		{"audit --kind acts", []string{"the nearest is act"}},
		{"status --config=", []string{"--config names no file"}},
		{"status --config " + t.TempDir(), []string{"it is a directory", "config.yaml"}},
	} {
		t.Run(c.line, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := Main(strings.Fields(c.line), streams{strings.NewReader(""), &out, &errs})
			if code != 2 || out.Len() > 0 || strings.Contains(errs.String(), "strconv") {
				t.Errorf("exit %d\n%s%s", code, out.String(), errs.String())
			}
			for _, word := range append(c.names, "next:") {
				if !strings.Contains(errs.String(), word) {
					t.Errorf("%q is not in:\n%s", word, errs.String())
				}
			}
		})
	}
}

// What was typed is told without what a terminal would obey, and not without end.
func TestAComplaintIsCleanAndShort(t *testing.T) {
	var out, errs bytes.Buffer
	code := Main([]string{"status", "--config", "\x1b]52;c;YQ==\a\x1b[31mx\n" + strings.Repeat("y", 10_000)}, streams{strings.NewReader(""), &out, &errs})
	if code != 2 || strings.ContainsAny(errs.String(), "\x1b\a") || errs.Len() > 2000 {
		t.Errorf("exit %d, %d bytes\n%q", code, errs.Len(), errs.String())
	}
}

// An input that is said twice in two ways is not the last one's.
func TestAnInputIsSaidOnce(t *testing.T) {
	got := vmtui(t, withKey(t), "run", "worker-drain", "worker-1", "--set", "why=disk", "--set", "why=kernel", "--plan")
	if got.code != 2 || !strings.Contains(got.err, `"disk"`) || !strings.Contains(got.err, `"kernel"`) {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
}

// A record that a run relies on goes when somebody says whose it is, and so does another person's.
func TestWhoseHoldIsCleared(t *testing.T) {
	for _, c := range []struct {
		hold    fleet.Hold
		confirm string
		next    string // "" where it may be cleared
	}{
		{fleet.Hold{Worker: "worker-1", By: "mike"}, "", ""},
		{fleet.Hold{Worker: "worker-1", By: "anna"}, "", "talk to anna"},
		{fleet.Hold{Worker: "worker-1", By: "anna"}, "anna", ""},
		{fleet.Hold{Worker: "worker-1", By: "mike", Run: "r1"}, "", "vmtui runs resume r1"},
		{fleet.Hold{Worker: "worker-1", By: "mike", Run: "r1"}, "anna", "--confirm mike"},
		{fleet.Hold{Worker: "worker-1", By: "mike", Run: "r1"}, "mike", ""},
	} {
		err := mayClear(c.hold, "mike", c.confirm, func(h fleet.Hold) string { return "vmtui runs resume " + h.Run + "; or " + clearing(h) })
		if (err == nil) != (c.next == "") || err != nil && !strings.Contains(err.Error(), c.next) {
			t.Errorf("%+v, %q: %v", c.hold, c.confirm, err)
		}
	}
}

// Every command says what it does and every option what it is for, with a name for what it takes.
func TestEveryOptionIsExplained(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Short == "" {
			t.Errorf("%s says nothing of itself", cmd.CommandPath())
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			name, about := pflag.UnquoteUsage(f)
			if about == "" || name != "" && name != strings.ToUpper(name) && f.Name != "then" && f.Name != "store" { // these two name a value
				t.Errorf("%s --%s %s: %q", cmd.CommandPath(), f.Name, name, about)
			}
		})
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(newRoot(newFlags(streams{strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}})))
}
