package tootctl

import (
	"strings"
	"testing"
)

// What destroys wants its answer whole: no key that was held down, meant for something else or pressed for nothing is one.
func TestWhatIsNoAnswer(t *testing.T) {
	const (
		domain = "Type in the domain of the server to confirm: "
		sure   = "Are you sure you want to proceed? "
		anyway = "Continue anyway? (Yes/No) "
		goOn   = "Continue? (Yes/No) "
		keep   = "Account to keep unchanged: (0) "
		other  = "What else? "
	)
	for _, x := range []struct{ question, answers, not string }{
		{domain, "vmst.io vmst.oi", "\r"},
		{sure, "yes no Yes NO", "y n a yy aa q 1 yesyes"},
		{anyway, "yes no", "y n"},
		{goOn, "Yes No", "y j"},
		{keep, "0 1 12", "a -1 1a 1.5 y"},
		{other, "y 1 yes", "\x03"},
	} {
		for _, text := range strings.Split(x.answers, " ") {
			if why := Unanswerable(x.question, text); why != "" {
				t.Errorf("%s%q: %s", x.question, text, why)
			}
		}
		for _, text := range append(strings.Split(x.not, " "), "", " ", "yes\nyes") {
			if Unanswerable(x.question, text) == "" {
				t.Errorf("%s%q is an answer", x.question, text)
			}
		}
	}
}

// Where a command ends at the answer to its question that is said, and what was typed is no word of tootctl's: watched as it comes, a line for the question and
// one for the answer, or read later, both on one line.
func TestWhyItEndedAtAnAnswer(t *testing.T) {
	const domain = "Type in the domain of the server to confirm:"
	for _, x := range []struct {
		lines, why string
	}{
		{domain + " |wrong.example", "it ended at “" + domain[:len(domain)-1] + "”: the answer was not the domain of the server"},
		{domain + " wrong.example", "it ended at “" + domain[:len(domain)-1] + "”: the answer was not the domain of the server"},
		{domain + " |" + domain + " |Error: mine", "it ended at “" + domain[:len(domain)-1] + "”: the answer was not the domain of the server"},
		{domain + " |vmst.io|This operation WILL NOT be reversible.|Are you sure you want to proceed? |no", "it ended at “Are you sure you want to proceed?”: the answer was not to go on"},
		{domain + " |vmst.io|Are you sure you want to proceed? (y/N) |n", "it ended at “Are you sure you want to proceed? (y/N)”: the answer was not to go on"},
		{domain + " ", "it ended at “" + domain[:len(domain)-1] + "”: it was not answered"},
		{domain + " |vmst.io|Are you sure you want to proceed? |yes", "it ended at “Are you sure you want to proceed?”: nothing that it printed since says why"},
		{domain + " |wrong.example|The domains do not match.", "The domains do not match."},
		{domain + " |vmst.io|bin/tootctl:7:in '<main>': no database", "bin/tootctl:7:in '<main>': no database"},
	} {
		r := readingOf(t, "self-destruct")
		for _, l := range strings.Split(x.lines, "|") {
			r.Take(l)
		}
		if result, why := r.Result(1); result != Failure || why != "exit status 1: "+x.why {
			t.Errorf("%s: %s: %s", x.lines, result, why)
		}
	}
	r := readingOf(t, "cache clear") // it asks nothing, and may say what it likes
	if r.Take("Continue? no"); r.said() != "Continue? no" {
		t.Errorf("%q", r.said())
	}
}

func readingOf(t *testing.T, line string) *Reading {
	t.Helper()
	c, err := Known().Read(line, Version{})
	if err != nil {
		t.Fatal(err)
	}
	return NewReading(c.Command)
}
