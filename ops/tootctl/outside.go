package tootctl

import (
	"regexp"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
)

// program are the ways in which people write the program itself, and setting is what they write before it.
var (
	program = regexp.MustCompile(`^(\S*/)?tootctl$`)
	setting = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)
)

// own are the words of tootctl itself: a line that was copied from somewhere may begin with how it is called there.
func (t *Tree) own(words []string) ([]string, error) {
	for len(words) > 0 && words[0] == "RAILS_ENV=production" { // which it always is
		words = words[1:]
	}
	if len(words) == 0 || slices.Contains(t.below(nil), words[0]) {
		return words, nil
	}
	switch i := slices.IndexFunc(words, program.MatchString); {
	case i == 0:
		words = words[1:]
	case i > 0 || setting.MatchString(words[0]):
		return nil, &fault.Error{
			What: "that is more than tootctl's own words", On: strings.Join(words[:max(i, 1)], " "), Why: "where, as whom and in which environment it runs is said by the config: mastodon, of the exec node",
			Next: "begin with the command: " + strings.Join(t.below(nil)[:3], ", ") + ", …", Code: fault.Usage,
		}
	}
	return words, nil
}

// helps are the words by which Thor is asked for help.
var helps = []string{"help", "--help", "-h"}

// helped answers whoever asks tootctl for help: what it takes is known here, and Rails need not start for it. Nil for whoever does not ask.
func (t *Tree) helped(words []string) error {
	var path []string
	asked := false
	if end := slices.Index(words, "--"); end >= 0 { // behind it are arguments
		words = words[:end]
	}
	for _, w := range words {
		switch {
		case slices.Contains(helps, w) && (w != "help" || t.Command(path...) == nil): // behind a whole command it is an argument
			asked = true
		case slices.Contains(t.below(path), w):
			path = append(path, w)
		}
	}
	if !asked {
		return nil
	}
	f := &fault.Error{What: "tootctl's help is here", On: strings.Join(path, " "), Next: "see each with its form in the console: t; or complete it with tab", Code: fault.Usage}
	if c := t.Command(path...); c != nil {
		said := []string{c.Summary}
		for _, o := range c.Options {
			said = append(said, o.Name+": "+o.Summary)
		}
		f.On, f.Why = "tootctl "+c.Usage(), strings.Join(said, "; ")
		return f
	}
	f.Why = "it goes on with " + strings.Join(t.below(path), ", ")
	return f
}
