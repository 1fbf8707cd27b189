package upkeep

import (
	"context"
	"fmt"
	"strconv"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/tootctl"
)

// sheet is a runbook as it is written down: what the shelf shows, what it takes, and its steps for what was said.
type sheet struct {
	id, title, summary string
	danger             act.Danger
	dangers            []string
	asks               []ask
	steps              func(*chore) []run.Step
}

// chore is one runbook being built: its hands, and what was said.
type chore struct {
	Deps
	said    map[string]string
	dangers []string // the sheet's
	err     error    // the first call that tootctl would not take
}

func (s sheet) book(d Deps) run.Book {
	b := run.Book{ID: s.id, Title: s.title, Summary: s.summary, Danger: s.danger, Dangers: s.dangers}
	for _, a := range s.asks {
		b.Inputs = append(b.Inputs, a.shown())
	}
	b.Build = func(_ context.Context, target string, given map[string]string) (run.Runbook, error) {
		return s.build(d, target, given)
	}
	return b
}

// build makes the runbook. Given is what was said, or the inputs of a run that is resumed, which are the same.
func (s sheet) build(d Deps, target string, given map[string]string) (run.Runbook, error) {
	if target != "" {
		return run.Runbook{}, &fault.Error{What: "it has no target", On: target, Why: s.id + " is done to the whole instance, by its exec node", Next: "leave the target out; inputs are said by --set", Code: fault.Usage}
	}
	c := &chore{Deps: d, said: map[string]string{}, dangers: s.dangers}
	for _, a := range s.asks {
		value, err := a.read(s.id, given)
		if err != nil {
			return run.Runbook{}, err
		}
		c.said[a.name] = value
	}
	steps := append([]run.Step{c.preflight()}, s.steps(c)...)
	return run.Runbook{ID: s.id, Version: 1, Title: s.title + c.about(), Inputs: c.said, Steps: steps}, c.err
}

// about is what the run is about, in its title.
func (c *chore) about() string {
	for _, name := range []string{"domain", "username"} {
		if c.said[name] != "" {
			return ": " + c.said[name]
		}
	}
	return ""
}

// warnings are the dangers, for the gate at which somebody decides: whoever resumes a run, or answers from elsewhere, has not seen its plan.
func (c *chore) warnings() []string {
	lines := make([]string, len(c.dangers))
	for i, d := range c.dangers {
		lines[i] = "danger: " + d
	}
	return lines
}

// yes is an input that is true or false.
func (c *chore) yes(name string) bool { return c.said[name] == "true" }

// option is an option with the value of an input.
func (c *chore) option(name, input string) string { return name + "=" + c.said[input] }

// call is a command line of tootctl, in words that nothing reads again.
func (c *chore) call(words ...string) *tootctl.Call {
	call, err := tootctl.Known().Parse(words, tootctl.Version{})
	if err != nil && c.err == nil {
		c.err = err
	}
	if err != nil {
		return &tootctl.Call{Command: &tootctl.Command{Path: words[:1]}}
	}
	return call
}

// ask is something that may be said when a run begins, and what it can be.
type ask struct {
	name, about string
	kind        string // "int", "bool", "string"
	without     string // what holds when nothing is said
	needed      bool
	least, most int // of an int
	shape       shape
}

func (a ask) shown() run.Input {
	in := run.Input{Name: a.name, About: a.about, Type: a.kind, Default: a.without, Needed: a.needed}
	if a.kind == "bool" {
		in.Values = []string{"true", "false"}
	}
	return in
}

// read gives what was said, checked.
func (a ask) read(book string, given map[string]string) (string, error) {
	value, said := given[a.name]
	if !said || value == "" {
		value = a.without
	}
	if why := a.wrong(value); why != "" {
		return "", &fault.Error{What: "an input cannot be used", On: book + ", " + a.name, Why: why, Next: "say it: --set " + a.name + "=VALUE   (" + a.about + ")", Code: fault.Usage}
	}
	return value, nil
}

// wrong says why a value is none, "" when it is one.
func (a ask) wrong(value string) string {
	switch {
	case value == "" && a.needed:
		return "it has to be said"
	case value == "":
		return ""
	case a.kind == "bool" && value != "true" && value != "false":
		return fmt.Sprintf("%q is neither true nor false", value)
	case a.kind == "string" && !a.shape.fits(value):
		return fmt.Sprintf("%q is not %s", value, a.shape.words)
	case a.kind == "int":
		n, err := strconv.Atoi(value)
		if err != nil || n < a.least || n > a.most {
			return fmt.Sprintf("%q is no number from %d to %d", value, a.least, a.most)
		}
	}
	return ""
}
