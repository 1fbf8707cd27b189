package tootctl

import (
	"slices"
	"strings"
)

// Search finds the commands that all the words typed so far are found in, best first. Nothing typed finds all of them.
func (t *Tree) Search(typed string) []*Command {
	type hit struct {
		cmd   *Command
		worth int
	}
	words := strings.Fields(strings.TrimPrefix(strings.ToLower(typed), "tootctl "))
	var hits []hit
	for i := range t.Commands {
		if worth := t.Commands[i].worth(words); worth > 0 {
			hits = append(hits, hit{&t.Commands[i], worth})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return b.worth - a.worth })
	out := make([]*Command, 0, len(hits))
	for _, h := range hits {
		out = append(out, h.cmd)
	}
	return out
}

// worth is how well a command fits, 0 when a word is nowhere in it.
func (c *Command) worth(words []string) int {
	worth := 1
	for _, w := range words {
		got := c.fits(w)
		if got == 0 {
			return 0
		}
		worth += got
	}
	return worth
}

func (c *Command) fits(word string) int {
	name := strings.ToLower(c.Name())
	switch {
	case slices.Contains(c.Path, word):
		return 16
	case slices.ContainsFunc(c.Path, func(p string) bool { return strings.HasPrefix(p, word) }):
		return 8
	case strings.Contains(strings.ReplaceAll(name, "_", "-"), strings.ReplaceAll(word, "_", "-")):
		return 6
	case slices.ContainsFunc(c.Options, func(o Option) bool { return strings.Contains(o.Name, word) }):
		return 4
	case strings.Contains(strings.ToLower(c.Summary), word):
		return 3
	case slices.ContainsFunc(c.Options, func(o Option) bool { return strings.Contains(strings.ToLower(o.Summary), word) }):
		return 2
	case strings.Contains(strings.ToLower(c.Notes), word):
		return 1
	}
	return 0
}
