package run

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
)

// pair is a word that says an input. A page's address may hold a = too.
var pair = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*=`)

// Said reads what is said behind a runbook's name, word by word: what it is done to, and NAME=VALUE for each input, with --set before it or without.
// Only what the runbook knows is taken.
func (b Book) Said(words []string) (target string, given map[string]string, err error) {
	given = map[string]string{}
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		set := word == "--set" && len(words) > 0
		if set {
			word, words = words[0], words[1:]
		} else {
			word, set = strings.CutPrefix(word, "--set=")
		}
		switch {
		case set || pair.MatchString(word):
			err = b.take(word, given)
		case strings.HasPrefix(word, "-"):
			err = b.wrong("that does not belong here", word, "behind "+b.ID+" stands what it is done to, and its inputs")
		case target != "":
			err = b.wrong("that is too much", word, "it is done to "+target+" already; one run has one target")
		default:
			target = word
		}
		if err != nil {
			return "", nil, err
		}
	}
	return target, given, nil
}

// take notes what one word says.
func (b Book) take(word string, given map[string]string) error {
	name, value, ok := strings.Cut(word, "=")
	names := make([]string, len(b.Inputs))
	for i, in := range b.Inputs {
		names[i] = in.Name
	}
	switch before, twice := given[name]; {
	case !ok:
		return b.wrong("that input has no value", word, "")
	case !b.Passes && !slices.Contains(names, name):
		return b.wrong("that input is not known", name, spelling.Hint("the nearest is ", name, names, ""))
	case twice && before != value:
		return &fault.Error{What: "an input is said twice", On: name, Why: fmt.Sprintf("once it is %q and once %q", before, value), Next: "say it once", Code: fault.Usage}
	}
	given[name] = value
	return nil
}

func (b Book) wrong(what, on, why string) error {
	words := make([]string, len(b.Inputs))
	for i, in := range b.Inputs {
		words[i] = in.Name + "=" + strings.ToUpper(in.Type)
	}
	next := b.ID + " takes no inputs"
	if len(words) > 0 {
		next = "use " + strings.Join(words, " or ")
	}
	return &fault.Error{What: what, On: on, Why: why, Next: next, Code: fault.Usage}
}

// Missing is the first input that must be said and was not, "" when nothing stands in the way of a plan. What is done to no node of the fleet takes its
// target for what it must know: a version, a queue, a name.
func (b Book) Missing(target string, given map[string]string) string {
	for _, in := range b.Inputs {
		if _, said := given[in.Name]; in.Needed && !said && (target == "" || b.Targets != "") {
			return in.Name
		}
	}
	return ""
}
