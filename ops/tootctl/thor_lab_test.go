//go:build lab

package tootctl

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// heard is what a command was called with.
type heard struct {
	Path    []string
	Args    []string
	Options map[string]any
	Error   string
}

// thor gives calls to the parser that tootctl is made of.
func thor(t *testing.T, calls []*Call) []heard {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "ruby", "-e", "require 'thor'").CombinedOutput(); err != nil {
		t.Fatalf("the lab needs ruby-thor: %v: %s", err, out)
	}
	var in strings.Builder
	for _, c := range calls {
		b, err := json.Marshal(c.Words())
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(b, '\n'))
	}
	cmd := exec.CommandContext(t.Context(), "ruby", "testdata/thor.rb", "tootctl.json")
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []heard
	for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
		var h heard
		if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
			t.Fatal(err)
		}
		all = append(all, h)
	}
	if len(all) != len(calls) {
		t.Fatalf("%d answers to %d calls", len(all), len(calls))
	}
	return all
}

// agrees compares what was said with what was heard.
func agrees(t *testing.T, c *Call, h heard) {
	t.Helper()
	if h.Error != "" {
		t.Errorf("%s: %s", c.Line(), h.Error)
		return
	}
	if d := cmp.Diff(c.Command.Path, h.Path); d != "" {
		t.Errorf("%s: %s", c.Line(), d)
	}
	if got := strings.Join(h.Args, "\x00"); got != strings.Join(c.Args, "\x00") {
		t.Errorf("%s: arguments %q", c.Line(), h.Args)
	}
	for _, g := range c.Given {
		key := strings.ReplaceAll(strings.TrimPrefix(g.Option.Name, "--"), "-", "_")
		got := h.Options[key]
		switch {
		case g.Option.bare(): // tootctl takes --skip-… for a negation, and sets nothing
		case g.Option.Type == Boolean && got != !g.No,
			g.Option.Type == Array && fmt.Sprint(got) != fmt.Sprint(g.Values),
			g.Option.Type == String && got != g.Values[0],
			g.Option.Type == Numeric && got != atof(g.Values[0]):
			t.Errorf("%s: %s came as %v", c.Line(), g.Option.Name, got)
		}
	}
}

func atof(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64) // the calls here have numbers
	return f
}

// What passes the tree's checks passes tootctl's own parser, and arrives as it was meant.
func TestThorTakesWhatTheTreeTakes(t *testing.T) {
	var calls []*Call
	for i := range Known().Commands {
		c := &Known().Commands[i]
		calls = append(calls, least(c, nil))
		for j := range c.Options {
			o := &c.Options[j]
			calls = append(calls, least(c, o))
			if o.Type == Boolean && !o.Required {
				off := least(c, nil)
				off.Given = slices.DeleteFunc(off.Given, func(g Given) bool { return g.Option == o })
				off.Given = append([]Given{{Option: o, No: true}}, off.Given...)
				if off.check(Version{}) == nil {
					calls = append(calls, off)
				}
			}
			for k := range o.Enum {
				choice := least(c, o)
				choice.Given[0].Values = o.Enum[k : k+1]
				calls = append(calls, choice)
			}
		}
	}
	whole(t, calls)
	for i, h := range thor(t, calls) {
		if err := calls[i].check(Version{}); err != nil {
			t.Errorf("%s: %v", calls[i].Line(), err)
		}
		agrees(t, calls[i], h)
	}
}

// What a form lets through passes as well, whichever two of its fields are filled in, each with each of its choices; and what arrives is what the form says.
func TestThorTakesWhatFormsBuild(t *testing.T) {
	var calls []*Call
	for i := range Known().Commands {
		c := &Known().Commands[i]
		if bare, err := NewForm(c).Call(Version{}); err == nil { // nothing filled in; some have nothing to fill in
			calls = append(calls, bare)
		}
		fields := NewForm(c).Fields(Version{})
		for j, one := range fields {
			for _, other := range fields[j:] {
				calls = append(calls, built(c, one, other)...)
			}
		}
	}
	if len(calls) < 1000 {
		t.Fatalf("only %d calls", len(calls))
	}
	whole(t, calls)
	for i, h := range thor(t, calls) {
		agrees(t, calls[i], h)
	}
}

// whole counts what is in calls: every command, and every option of each.
func whole(t *testing.T, calls []*Call) {
	t.Helper()
	commands, options := map[string]bool{}, map[string]bool{}
	for _, c := range calls {
		commands[c.Command.Name()] = true
		for _, g := range c.Given {
			options[c.Command.Name()+" "+g.Option.Name] = true
		}
	}
	if len(commands) != 48 || len(options) != 118 {
		for _, c := range Known().Commands {
			for _, o := range c.Options {
				if !options[c.Name()+" "+o.Name] {
					t.Errorf("%s %s is not tried", c.Name(), o.Name)
				}
			}
		}
		t.Errorf("%d commands and %d options are tried", len(commands), len(options))
	}
}

// built are the calls that a form with two of its fields filled in makes, beside what it needs and without, leaving out those that it refuses.
func built(c *Command, one, other Field) []*Call {
	var calls []*Call
	for _, x := range fillings(one) {
		for _, y := range fillings(other) {
			for _, f := range []*Form{FormOf(least(c, nil)), NewForm(c)} {
				f.Set(one.Name, x)
				f.Set(other.Name, y)
				if call, err := f.Call(Version{}); err == nil {
					calls = append(calls, call)
				}
			}
		}
	}
	return calls
}

// fillings are what may stand in a field.
func fillings(f Field) []string {
	switch {
	case len(f.Choices) > 0 && f.Type == Array:
		return []string{f.Choices[0], Quote(f.Choices)}
	case len(f.Choices) > 0:
		return f.Choices
	case f.Type == Numeric:
		return []string{"3"}
	case f.Type == Array:
		return []string{"picard", "riker 'two words' -3", "'; rm -rf $(id)'"}
	}
	return []string{"picard", "-rf", "--all", "; rm -rf $(id)"}
}

func TestThorTakesHostileNamesAsTheyAre(t *testing.T) {
	email, _ := Known().Command("accounts", "modify").Option("--email")
	var calls []*Call
	for _, name := range []string{"; rm -rf /", "a\nb", "$(id)", "`id`", `it's "quoted"`, "-rf", "--all", "a\n-b", "-", "--", "-x=1", "\\", "*", "é\u202e", "~", "true", "no"} {
		c := Known().Command("accounts", "modify")
		if bare := (&Call{Command: c, Args: []string{name}}); bare.check(Version{}) == nil {
			calls = append(calls, bare)
		}
		with := &Call{Command: c, Args: []string{"picard"}, Given: []Given{{Option: email, Values: []string{name}}}}
		if with.check(Version{}) == nil {
			calls = append(calls, with)
		}
	}
	if len(calls) < 30 {
		t.Fatalf("only %d calls", len(calls))
	}
	for i, h := range thor(t, calls) {
		agrees(t, calls[i], h)
	}
}
