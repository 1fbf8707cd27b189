package tootctl

import (
	"regexp"
	"slices"
	"strings"
)

// Call is one command line, understood.
type Call struct {
	Command *Command
	Args    []string
	Given   []Given
}

// Given is an option as it was given. A boolean has no value; No says that it was turned off.
type Given struct {
	Option *Option
	Values []string
	No     bool
}

// Has reports that an option is given and not turned off.
func (c *Call) Has(name string) bool {
	return slices.ContainsFunc(c.Given, func(g Given) bool { return g.Option.Name == name && !g.No })
}

// Rehearsal reports that the call only says what it would do.
func (c *Call) Rehearsal() bool { return c.Has("--dry-run") }

// Rehearse is the same call as a dry run; ok is false where there is none.
func (c *Call) Rehearse() (dry *Call, ok bool) {
	o, _ := c.Command.Option("--dry-run")
	if o == nil || !c.Command.DryRun {
		return nil, false
	}
	given := slices.DeleteFunc(slices.Clone(c.Given), func(g Given) bool { return g.Option == o })
	return &Call{Command: c.Command, Args: c.Args, Given: append(given, Given{Option: o})}, true
}

// Secret reports that the call prints a password, which no log may keep.
func (c *Call) Secret() bool {
	return c.Command.Name() == "accounts create" || c.Command.Name() == "accounts modify" && c.Has("--reset-password")
}

// Words are the call in one form, whatever it was typed like: the command, its arguments, its options. Each value is a word of its own or stands behind
// a =, so that one with a dash in front is no option; arguments that look like options stand behind a -- for each word
// of the command.
func (c *Call) Words() []string {
	words := slices.Clone(c.Command.Path)
	dashed := slices.ContainsFunc(c.Args, looksLikeOption)
	if !dashed {
		words = append(words, c.Args...)
	}
	for _, g := range c.Given {
		words = append(words, g.words()...)
	}
	if !dashed {
		return words
	}
	for range c.Command.Path { // each level of tootctl's parser takes one away, and the last one must still see one
		words = append(words, "--")
	}
	return append(words, c.Args...)
}

// looksLikeOption reports that the parser of tootctl, which reads line by line, would see an option in a word.
func looksLikeOption(word string) bool { return dash.MatchString(word) }

var dash = regexp.MustCompile(`(?m)^-`)

func (g Given) words() []string {
	switch {
	case g.No:
		return []string{g.Option.Negation}
	case g.Option.Type == Array:
		return append([]string{g.Option.Name}, g.Values...)
	case len(g.Values) == 0:
		return []string{g.Option.Name}
	case strings.Contains(g.Values[0], "\n") && !looksLikeOption(g.Values[0]):
		return []string{g.Option.Name, g.Values[0]} // behind a = tootctl reads the first line only
	}
	return []string{g.Option.Name + "=" + g.Values[0]}
}

// Line is the call as it can be typed into a shell.
func (c *Call) Line() string { return "tootctl " + Quote(c.Words()) }
