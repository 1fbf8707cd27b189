package tootctl

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/remote/clean"
)

// lines are those of a capture, as a job's follower gets them.
func lines(t *testing.T, name string) (out []string) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	s := clean.NewSplitter(0, nil, func(l string) { out = append(out, l) })
	_, _ = s.Write(raw)
	_ = s.Close()
	return out
}

func TestCapturedBars(t *testing.T) {
	for name, want := range map[string]struct {
		bars  int
		known bool
		done  bool
	}{
		"tootctl_progress_tty.raw":               {10, true, true},
		"tootctl_progress_indeterminate_tty.raw": {5, false, true},
		"tootctl_progress_pipe.raw":              {0, false, false},
	} {
		bars, known := 0, false
		r := NewReading(Known().Command("media", "remove"))
		for _, l := range lines(t, name) {
			if r.Take(l) {
				bars++
				known = known || r.Bar.Of > 0 && !r.Bar.Done
			}
		}
		if bars < want.bars || want.bars == 0 && bars > 0 || known != want.known || r.Bar.Done != want.done || bars > 0 && r.Bar.Title != "media remove" {
			t.Errorf("%s: %d bars, %+v, %q", name, bars, r.Bar, lines(t, name))
		}
	}
}

func TestBarsOfEveryForm(t *testing.T) {
	for line, want := range map[string]Progress{
		"1234/98765 |====      |  ETA: 00:41:07":                                 {At: 1234, Of: 98765, Left: 41*time.Minute + 7*time.Second},
		"98765/98765 |====| Time: 01:02:03":                                      {At: 98765, Of: 98765, Done: true, Took: time.Hour + 2*time.Minute + 3*time.Second},
		"1234/?? |=---=---| ETA: ??:??:??":                                       {At: 1234, Left: -1},
		"Importing StatusesIndex 1200/50000 |==  | ETA: 00:10:00 (812.3 docs/s)": {Title: "Importing StatusesIndex", At: 1200, Of: 50000, Left: 10 * time.Minute},
		"Done! 5/5 |==| Time: 100:00:01":                                         {Title: "Done!", At: 5, Of: 5, Done: true, Took: 100*time.Hour + time.Second},
	} {
		if got, ok := ReadProgress(line); !ok || got != want {
			t.Errorf("%q: %+v", line, got)
		}
	}
	for _, line := range []string{"", "OK", "Progress: |====", "Removed 3/4 things", "Error processing 12: 1/2 |"} {
		if got, ok := ReadProgress(line); ok {
			t.Errorf("%q: %+v", line, got)
		}
	}
}

func TestResults(t *testing.T) {
	for _, c := range []struct {
		said string
		code int
		want Result
		why  string
	}{
		{"Removed 40 media attachments (approx. 1.2 MB)", 0, Success, "Removed 40"},
		{"Removed 40 media attachments (approx. 1.2 MB) (DRY RUN)", 0, Success, "DRY RUN"},
		{"Error processing 12: boom\nRemoved 39 media attachments (approx. 1.2 MB)", 0, Partly, "1 failed"},
		{"", 0, Unsure, "is missing"},
		{"--prune-profiles and --remove-headers should not be specified simultaneously", 1, Failure, "simultaneously"},
		{"", 143, Cancelled, "signal"},
		{"Interrupted", 130, Cancelled, "signal"},
		{"19/40 |===   |  ETA: 00:00:07", 137, Failure, "want of memory"},
	} {
		r := NewReading(Known().Command("media", "remove"))
		for l := range strings.Lines(c.said) {
			r.Take(strings.TrimSpace(l))
		}
		if got, why := r.Result(c.code); got != c.want || !strings.Contains(why, c.why) {
			t.Errorf("%q, %d: %s, %s", c.said, c.code, got, why)
		}
	}
}

// The reason is the line that says why, whatever stands around it; what says nothing of it is never shown as one.
func TestTheReasonIsTheLineThatSaysWhy(t *testing.T) {
	for said, want := range map[string]string{
		"ERROR: \"tootctl accounts create\" was called with no arguments\nUsage: \"tootctl accounts create USERNAME\"":                                                 "ERROR: \"tootctl accounts create\" was called with no arguments",
		"Could not find command \"x\" in \"tootctl media\" namespace.\nDid you mean?  \"refresh\"":                                                                     "Could not find command \"x\" in \"tootctl media\" namespace.",
		"bin/tootctl:7:in '<main>': boom (RuntimeError)\n\tfrom bin/tootctl:7:in '<main>'\n":                                                                           "bin/tootctl:7:in '<main>': boom (RuntimeError)",
		"Traceback (most recent call last):\n\t 1: from a.rb:9:in `<main>'\na.rb:3:in `x': boom (KeyError)":                                                            "a.rb:3:in `x': boom (KeyError)",
		"rails aborted!\nStandardError: An error has occurred:\n\nPG::UndefinedColumn: ERROR:  column \"x\" does not exist\n/live/db/m.rb:7:in `up'\nTasks: TOP => db": "PG::UndefinedColumn: ERROR:  column \"x\" does not exist",
		"Object         Total    Local\nSettings       4.8 MB   ":                                                                                                      "nothing that it printed says why",
		"No such account\n{\n|---|": "No such account",
	} {
		r := NewReading(Known().Command("media", "remove"))
		for l := range strings.Lines(said) {
			r.Take(strings.TrimSuffix(l, "\n"))
		}
		if _, why := r.Result(1); why != "exit status 1: "+want {
			t.Errorf("%q: %s", said, why)
		}
	}
}

// Some commands say in their closing line how many failed, and end with an exit status of 0 all the same.
func TestFailuresThatAClosingLineCounts(t *testing.T) {
	for line, want := range map[string]struct {
		command string
		result  Result
		why     string
	}{
		"Added 1, skipped 0, failed 2":              {"ip_blocks add", Partly, "2 failed"},
		"Added 3, skipped 1, failed 0":              {"ip_blocks add", Success, "Added 3"},
		"Removed 0, skipped 0, failed 1":            {"email_domain_blocks remove", Partly, "1 failed"},
		"Imported 4, skipped 1, failed to import 7": {"emoji import", Partly, "7 failed"},
		"Imported 4, skipped 1, failed to import 0": {"emoji import", Success, "Imported 4"},
	} {
		r := NewReading(Known().Command(strings.Fields(want.command)...))
		r.Take(line)
		if got, why := r.Result(0); got != want.result || !strings.Contains(why, want.why) {
			t.Errorf("%q: %s, %s", line, got, why)
		}
	}
}

// What tells how a command ended is read by Go here and by grep -E on the node.
func TestEverySignCanBeReadByGrep(t *testing.T) {
	for _, c := range Known().Commands {
		signs := c.Signs()
		for _, x := range []string{signs.Errors, signs.Closing, signs.Noise, signs.Reasons} {
			if _, err := regexp.CompilePOSIX(x); err != nil {
				t.Errorf("%s: %v", c.Name(), err)
			}
		}
		first, _, _ := strings.Cut(c.Success, " then ")
		if (signs.Closing == "") != (first == "") {
			t.Errorf("%s: %q became %q", c.Name(), first, signs.Closing)
		}
	}
}

// A digest says what all of the output says.
func TestADigestSaysTheSame(t *testing.T) {
	for _, x := range []struct {
		command string
		d       Digest
		code    int
		want    Result
		why     string
		failed  int
	}{
		{"media remove", Digest{0, "Removed 40 media attachments (approx. 1.2 MB)", "Removed 40 media attachments (approx. 1.2 MB)"}, 0, Success, "Removed 40", 0},
		{"media remove", Digest{3, "Removed 37 media attachments (approx. 1.2 MB)", "Removed 37 media attachments (approx. 1.2 MB)"}, 0, Partly, "3 failed", 3},
		{"media remove", Digest{1, "", "Error processing 12: boom"}, 0, Partly, "1 failed", 1},
		{"media remove", Digest{0, "", "something else"}, 0, Unsure, "is missing: something else", 0},
		{"media remove", Digest{0, "", "No such option"}, 1, Failure, "exit status 1: No such option", 0},
		{"ip_blocks add", Digest{0, "Added 1, skipped 0, failed 2", "Added 1, skipped 0, failed 2"}, 0, Partly, "2 failed", 2},
		{"accounts cull", Digest{0, "Visited 3 accounts, removed 2", "dead.example"}, 0, Success, "removed 2", 0},
		{"email_domain_blocks list", Digest{0, "", "spam.example"}, 0, Success, "", 0},
	} {
		r := Known().Command(strings.Fields(x.command)...).Digested(x.d)
		if got, why := r.Result(x.code); got != x.want || !strings.Contains(why, x.why) || r.Count != x.failed {
			t.Errorf("%+v: %s, %s, %d", x.d, got, why, r.Count)
		}
	}
}
