package tootctl

import (
	"slices"
	"strings"
)

// Completion is a word that can stand where one is being typed.
type Completion struct {
	Word  string
	About string
}

// Complete finds what the last, half-typed word of a line can become.
func (t *Tree) Complete(line string, v Version) []Completion {
	at := strings.LastIndexAny(line, " \t") + 1
	words, err := Split(line[:at])
	if err != nil {
		return nil // inside quotes
	}
	half := line[at:]
	if len(words) > 0 && program.MatchString(words[0]) {
		words = words[1:]
	}
	cmd, rest, _ := t.find(words)
	if cmd == nil {
		return t.completeCommand(words, half)
	}
	if cmd.Lacks(v) != "" || slices.Contains(rest, "--") {
		return nil
	}
	return cmd.complete(rest, half, v)
}

func (t *Tree) completeCommand(path []string, half string) []Completion {
	var out []Completion
	for _, w := range t.below(path) {
		if !strings.HasPrefix(w, half) {
			continue
		}
		about := "…"
		if cmd := t.Command(append(slices.Clone(path), w)...); cmd != nil {
			about = cmd.Summary
		}
		out = append(out, Completion{w, about})
	}
	return out
}

// complete finds values behind an option that has some to choose from, and else the options that are not there yet.
func (c *Command) complete(before []string, half string, v Version) []Completion {
	if name, value, valued := strings.Cut(half, "="); valued {
		return c.completeValue(name, value, name+"=")
	}
	if len(before) > 0 && !strings.HasPrefix(half, "-") {
		if values := c.completeValue(before[len(before)-1], half, ""); len(values) > 0 {
			return values
		}
	}
	var out []Completion
	for _, rule := range c.Constraints {
		for _, value := range rule.Enum {
			if rule.Argument != "" && strings.HasPrefix(value, half) {
				out = append(out, Completion{value, rule.Argument})
			}
		}
	}
	for _, o := range c.Options {
		given := slices.ContainsFunc(before, func(w string) bool { return w == o.Name || strings.HasPrefix(w, o.Name+"=") })
		if strings.HasPrefix(o.Name, half) && !given && o.Lacks(v) == "" {
			out = append(out, Completion{o.Name, o.Summary})
		}
	}
	return out
}

func (c *Command) completeValue(name, half, front string) []Completion {
	o, _ := c.Option(dashes(name))
	if o == nil {
		return nil
	}
	enum := o.Enum
	for _, rule := range c.Constraints {
		if rule.Option == o.Name && len(rule.Enum) > 0 {
			enum = rule.Enum
		}
	}
	var out []Completion
	for _, value := range enum {
		if strings.HasPrefix(value, half) {
			out = append(out, Completion{front + value, o.Summary})
		}
	}
	return out
}
