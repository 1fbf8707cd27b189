package tootctl

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
)

// check refuses what tootctl would refuse, what it would silently not do, and what the version does not have.
func (c *Call) check(v Version) error {
	if why := c.Command.Lacks(v); why != "" {
		return c.wrong(c.Command.Name(), why, "choose another command")
	}
	for _, rule := range []func(Version) error{c.checkValues, c.checkRequired, c.checkArgs, c.checkConstraints} {
		if err := rule(v); err != nil {
			return err
		}
	}
	return nil
}

func (c *Call) wrong(on, why, next string) error {
	return &fault.Error{What: "tootctl would not do that", On: on, Why: why, Next: next, Code: fault.Usage}
}

// number is what tootctl takes for one. None of its numbers makes sense below zero: --days=-1 would mean everything.
var number = regexp.MustCompile(`^\+?(\d*\.\d+|\d+)$`)

// checkValues looks at each option and argument by itself.
func (c *Call) checkValues(v Version) error {
	if err := c.checkOptions(v); err != nil {
		return err
	}
	switch {
	case slices.ContainsFunc(c.Args, func(a string) bool { return strings.ContainsRune(a, 0) }):
		return c.wrong(c.Command.Name(), "an argument cannot have a NUL in it", "leave the NUL out")
	case slices.Contains(c.Args, "--"):
		return c.wrong(c.Command.Name(), "an argument that is -- does not reach it: its parser drops it", "name what is meant")
	case slices.Contains(c.Args, ""):
		return c.wrong(c.Command.Name(), "an argument is empty", "name what is meant, or leave it out")
	}
	for _, rule := range c.Command.Constraints {
		if err := c.obeysEnum(rule); err != nil {
			return err
		}
	}
	return nil
}

func (c *Call) checkOptions(v Version) error {
	for _, g := range c.Given {
		if why := g.Option.Lacks(v); why != "" {
			return c.wrong(g.Option.Name, why, "leave it out")
		}
		for _, value := range g.Values {
			if strings.ContainsRune(value, 0) {
				return c.wrong(g.Option.Name, "a value with a NUL in it cannot be an argument", "leave the NUL out")
			}
			if strings.Contains(value, "\n") && looksLikeOption(value) {
				return c.wrong(g.Option.Name, "its parser reads line by line, and takes a line that begins with - for an option", "give a value without such a line")
			}
			if value == "--" {
				return c.wrong(g.Option.Name, "its parser drops a -- that is alone", "give another value")
			}
			if why := g.Option.amount(value); why != "" {
				return c.wrong(g.Option.Name+"="+value, why, "write such a number")
			}
			if err := c.among(g.Option.Name, value, g.Option.Enum); err != nil {
				return err
			}
		}
	}
	return nil
}

// among refuses a value that is none of those there are.
func (c *Call) among(name, value string, enum []string) error {
	if len(enum) == 0 || slices.Contains(enum, value) {
		return nil
	}
	return c.wrong(name+" "+value, "it takes "+strings.Join(enum, ", "), cmp.Or(spelling.Hint("did you mean ", value, enum, "?"), "say one of them"))
}

func (c *Call) checkRequired(Version) error {
	for _, o := range c.Command.Options {
		if o.Required && !c.Has(o.Name) {
			return c.wrong(c.Command.Name(), "it needs "+o.Name+": "+o.Summary, "add "+o.Name+"=…")
		}
	}
	return nil
}

func (c *Call) checkArgs(Version) error {
	least, most := 0, 0
	for _, a := range c.Command.Args {
		most++
		if a.Required {
			least++
		}
		if a.Variadic {
			most = 1 << 20
		}
	}
	switch {
	case len(c.Args) < least:
		return c.lacks(c.Command.Args[len(c.Args)])
	case len(c.Args) > most:
		return c.wrong(c.Command.Name(), fmt.Sprintf("%q is one argument too many", c.Args[most]), "it is called as tootctl "+c.Command.Usage())
	}
	return nil
}

func (c *Call) lacks(a Arg) error {
	return c.wrong(c.Command.Name(), a.Name+" is missing: "+a.Summary, "it is called as tootctl "+c.Command.Usage())
}

func (c *Call) checkConstraints(Version) error {
	for _, rule := range c.Command.Constraints {
		if err := c.obeys(rule); err != nil {
			return err
		}
	}
	return nil
}

func (c *Call) obeys(rule Constraint) error {
	list := func(names []string) string { return strings.Join(names, ", ") }
	there := func(names []string) (n int) {
		for _, name := range names {
			if c.gives(name) {
				n++
			}
		}
		return n
	}
	switch {
	case len(rule.Conflicts) > 0 && there(rule.Conflicts) > 1:
		return c.wrong(list(rule.Conflicts), "they exclude each other", "keep one of them")
	case len(rule.Exactly) > 0 && there(rule.Exactly) != 1:
		return c.wrong(c.Command.Name(), "it needs one of "+list(rule.Exactly)+", and only one", "give one of them")
	case len(rule.NeedsOne) > 0 && there(rule.NeedsOne) == 0 && (rule.Option == "" || c.Has(rule.Option)):
		return c.wrong(cmp.Or(rule.Option, c.Command.Name()), "it needs one of "+list(rule.NeedsOne)+silently(rule), "give one of them")
	}
	return nil
}

// Words say the rule before anybody breaks it, "" for one that a field says itself.
func (r Constraint) Words() string {
	list := func(names []string) string { return strings.Join(names, ", ") }
	switch {
	case len(r.Conflicts) > 0:
		return list(r.Conflicts) + " exclude each other"
	case len(r.Exactly) > 0:
		return "it needs one of " + list(r.Exactly) + ", and only one"
	case len(r.NeedsOne) > 0:
		return cmp.Or(r.Option, "it") + " needs one of " + list(r.NeedsOne)
	}
	return ""
}

func silently(rule Constraint) string {
	if rule.Unenforced {
		return "; without it tootctl does nothing and says OK"
	}
	return ""
}

// obeysEnum looks for what is none of a rule's values.
func (c *Call) obeysEnum(rule Constraint) error {
	for _, g := range c.Given {
		if g.Option.Name == rule.Option && len(g.Values) > 0 {
			return c.among(rule.Option, g.Values[0], rule.Enum)
		}
	}
	if i := c.argument(rule.Argument); i >= 0 && i < len(c.Args) {
		return c.among(rule.Argument, c.Args[i], rule.Enum)
	}
	return nil
}

// argument is the place of an argument, -1 when there is none of that name.
func (c *Call) argument(name string) int {
	return slices.IndexFunc(c.Command.Args, func(a Arg) bool { return a.Name == name })
}

// gives reports that an option or an argument is there.
func (c *Call) gives(name string) bool {
	if strings.HasPrefix(name, "--") {
		return c.Has(name)
	}
	i := c.argument(name)
	return i >= 0 && i < len(c.Args)
}
