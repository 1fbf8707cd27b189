package tootctl

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
)

// Read understands a line as it was typed, with or without tootctl in front, and checks it.
func (t *Tree) Read(line string, v Version) (*Call, error) {
	words, err := Split(line)
	if err != nil {
		return nil, err
	}
	return t.Parse(words, v)
}

// Parse understands words and checks them against the tree and against what the version has.
func (t *Tree) Parse(words []string, v Version) (*Call, error) {
	cmd, rest, err := t.find(words)
	if err != nil {
		return nil, err
	}
	c := &Call{Command: cmd}
	if err := c.take(rest); err != nil {
		return nil, err
	}
	return c, c.check(v)
}

// find follows the words to a leaf. As in tootctl itself - and _ are alike, and so much of a word as no other one begins with is enough.
func (t *Tree) find(words []string) (*Command, []string, error) {
	words, err := t.own(words)
	if err != nil {
		return nil, nil, err
	}
	if err := t.helped(words); err != nil {
		return nil, nil, err
	}
	var path []string
	for i, word := range words {
		next, err := one(word, t.below(path), path)
		if err != nil {
			return nil, nil, err
		}
		path = append(path, next)
		if cmd := t.Command(path...); cmd != nil {
			return cmd, words[i+1:], nil
		}
	}
	return nil, nil, &fault.Error{What: "no command", On: strings.Join(path, " "), Why: "it goes on with " + strings.Join(t.below(path), ", "), Next: "name one of them", Code: fault.Usage}
}

// one is the word that is meant.
func one(word string, words, path []string) (string, error) {
	like := func(s string) string { return strings.ReplaceAll(s, "-", "_") }
	var begun []string
	for _, w := range words {
		if like(w) == like(word) {
			return w, nil
		}
		if word != "" && strings.HasPrefix(like(w), like(word)) {
			begun = append(begun, w)
		}
	}
	if len(begun) == 1 {
		return begun[0], nil
	}
	f := &fault.Error{What: "no such command", On: strings.Join(append(slices.Clone(path), word), " "), Code: fault.Usage}
	if len(begun) > 1 {
		f.Why, f.Next = "it may be "+strings.Join(begun, " or "), "type it further"
		return "", f
	}
	f.Why, f.Next = "tootctl has none of that name", "name one of "+strings.Join(words, ", ")
	if near := spelling.Nearest(word, words); near != "" {
		f.Next = "did you mean " + strings.Join(append(slices.Clone(path), near), " ") + "?"
	}
	return "", f
}

// take sorts the words behind the command into options and arguments, as tootctl's parser does.
func (c *Call) take(words []string) error {
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		switch {
		case word == "--":
			for more := len(c.Command.Path) - 1; more > 0 && len(words) > 1 && words[0] == "--"; more-- {
				words = words[1:] // of Words: one for each level
			}
			c.Args = append(c.Args, words...)
			return nil
		case len(word) > 1 && word[0] == '-':
			var err error
			if words, err = c.option(word, words); err != nil {
				return err
			}
		default:
			c.Args = append(c.Args, word)
		}
	}
	return nil
}

var (
	shorts  = regexp.MustCompile(`^-[a-zA-Z]{2,}$`)          // -vf
	counted = regexp.MustCompile(`^(-[a-zA-Z])(\d*\.?\d+)$`) // -c5
)

// option takes one option and as many of the words behind it as belong to it.
func (c *Call) option(word string, rest []string) ([]string, error) {
	if m := counted.FindStringSubmatch(word); m != nil {
		word = m[1] + "=" + m[2]
	}
	if o, _ := c.Command.Option(word); o == nil && shorts.MatchString(word) {
		return c.several(word, rest)
	}
	name, value, valued := strings.Cut(word, "=")
	o, no := c.Command.Option(dashes(name))
	if o == nil {
		return nil, c.unknown(name)
	}
	if valued {
		rest = append([]string{value}, rest...)
	}
	g := Given{Option: o, No: no}
	rest, err := g.fill(rest, valued)
	if err != nil {
		return nil, err
	}
	c.Given = append(slices.DeleteFunc(c.Given, func(old Given) bool { return old.Option == o }), g) // the last one counts
	return rest, nil
}

// several takes short options that stand in one word.
func (c *Call) several(word string, rest []string) ([]string, error) {
	letters := word[1:]
	for i := range letters {
		short := "-" + letters[i:i+1]
		if o, _ := c.Command.Option(short); o == nil {
			return nil, c.unknown(word)
		}
		var err error
		behind := rest
		if i < len(letters)-1 {
			behind = []string{} // only the last one takes what follows
		}
		if behind, err = c.option(short, behind); err != nil {
			return nil, err
		}
		if i == len(letters)-1 {
			rest = behind
		}
	}
	return rest, nil
}

// dashes writes a long option as the tree does.
func dashes(name string) string {
	if strings.HasPrefix(name, "--") {
		return strings.ReplaceAll(name, "_", "-")
	}
	return name
}

func (c *Call) unknown(name string) error {
	var names []string
	for _, o := range c.Command.Options {
		names = append(names, o.Name)
	}
	f := &fault.Error{What: "no such option", On: name, Why: c.Command.Name() + " has none of that name", Code: fault.Usage}
	if near := spelling.Nearest(name, names); near != "" {
		f.Next = "did you mean " + near + "? An argument that begins with - stands behind --"
	} else {
		f.Next = "leave it out; an argument that begins with - stands behind --"
	}
	return f
}

// fill takes the option's values. Sure says that the first word stood behind a = and is one whatever it looks like.
func (g *Given) fill(rest []string, sure bool) ([]string, error) {
	is := len(rest) > 0 && (sure || !looksLikeOption(rest[0]))
	switch {
	case g.Option.Type == Boolean:
		return g.decide(rest, sure, is)
	case g.No:
		return rest, nil
	case g.Option.Type == Array:
		for len(rest) > 0 && (sure || !looksLikeOption(rest[0])) {
			g.Values, rest, sure = append(g.Values, rest[0]), rest[1:], false
		}
		if len(g.Values) == 0 {
			return nil, g.missing()
		}
		return rest, nil
	case is:
		g.Values = rest[:1:1]
		return rest[1:], nil
	case g.Option.bare():
		return rest, nil
	}
	return nil, g.missing()
}

// bare reports that an option that is declared to have a value is meant to have none.
func (o *Option) bare() bool { return o.Name == "--skip-filled-timelines" }

// decide reads true or false behind a boolean; a boolean takes nothing else.
func (g *Given) decide(rest []string, sure, is bool) ([]string, error) {
	if !is {
		return rest, nil
	}
	switch strings.ToLower(rest[0]) {
	case "true", "t":
		return rest[1:], nil
	case "false", "f":
		g.No = !g.No
		return rest[1:], nil
	}
	if sure {
		return nil, &fault.Error{What: "that is no value", On: g.Option.Name + "=" + rest[0], Why: "it is on or off", Next: fmt.Sprintf("write %s or %s", g.Option.Name, g.Option.Negation), Code: fault.Usage}
	}
	return rest, nil
}

func (g *Given) missing() error {
	return &fault.Error{What: "a value is missing", On: g.Option.Name, Why: g.Option.Summary, Next: "write " + g.Option.Name + "=…", Code: fault.Usage}
}
