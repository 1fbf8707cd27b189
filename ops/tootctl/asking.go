package tootctl

import (
	"regexp"
	"strings"
	"unicode"
)

// Asking says what a command that asks will ask and do in a version, "" for one that asks nothing.
func (c *Call) Asking(v Version) string {
	switch c.Command.Name() {
	case "self-destruct":
		said := "it asks for the domain, and then whether you are sure, where anything but n or no goes on"
		if v.before(Version{4, 3, 0}) {
			return said + "; then it begins at once"
		}
		return said + "; then it only prints a variable: the destruction begins when that is in the environment"
	case "maintenance fix-duplicates":
		said := "it asks whether to continue, and which of two local accounts of one name stays; killed on its way it leaves unique indexes dropped until it is run again"
		if v.before(Version{4, 4, 0}) {
			return said
		}
		return "it first asks whether to continue though the schema is newer than it knows; " + said
	}
	return ""
}

// question is one that tootctl is known to ask.
type question struct {
	shape *regexp.Regexp             // its words, with what it proposes
	takes func(answer string) string // why something is no answer, "" for one that is
	ends  func(answer string) string // why tootctl has ended behind an answer without a word more
}

// questions are all of them. To tootctl much more is an answer: y is as good as yes, anything but n or no is sure enough, and what is no number is the first account.
var questions = []question{
	{regexp.MustCompile(`^Type in the domain of the server to confirm:`), anything, wrongDomain},
	{regexp.MustCompile(`^(Are you sure you want to proceed|Continue( anyway)?)\?( \([^)]*\))?`), yesOrNo, notOn},
	{regexp.MustCompile(`^Account to keep unchanged:( \([^)]*\))?`), count, wordless},
}

// asked is the question with which a line begins, and what stands behind it. known is false for a line that begins with none.
func asked(line string) (q question, words, answer string, known bool) {
	for _, q := range questions {
		if words = q.shape.FindString(line); words != "" {
			return q, words, strings.TrimSpace(strings.TrimPrefix(line, words)), true
		}
	}
	return question{}, "", "", false
}

// endedAt is why a command has ended whose last line this is, if that is a question.
func endedAt(line string) (why string, is bool) {
	q, words, answer, known := asked(line)
	if !known {
		return "", false
	}
	why = "it was not answered"
	if answer != "" {
		why = q.ends(answer)
	}
	return "it ended at “" + strings.TrimSuffix(words, ":") + "”: " + why, true
}

// Unanswerable says why a text is no answer to a question, "" for one that is. No answer is a key that was held down or meant for something else: none is
// empty, and what destroys wants its word whole.
func Unanswerable(question, text string) string {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "an answer is one line, of what can be seen"
	}
	if strings.TrimSpace(text) == "" {
		return "an empty line is no answer"
	}
	if q, _, _, known := asked(question); known {
		return q.takes(strings.TrimSpace(text))
	}
	return ""
}

func anything(string) string    { return "" }
func wrongDomain(string) string { return "the answer was not the domain of the server" }
func wordless(string) string    { return "nothing that it printed since says why" }

// notOn is for a question where all but a yes, or a no, ends it.
func notOn(answer string) string {
	if strings.EqualFold(answer, "yes") || strings.EqualFold(answer, "y") {
		return wordless(answer)
	}
	return "the answer was not to go on"
}

func yesOrNo(answer string) string {
	if strings.EqualFold(answer, "yes") || strings.EqualFold(answer, "no") {
		return ""
	}
	return "it takes yes or no, typed whole"
}

func count(answer string) string {
	if strings.Trim(answer, "0123456789") == "" {
		return ""
	}
	return "it takes the number of an account"
}
