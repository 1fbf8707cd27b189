package job

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ops/tootctl"
)

// How a job ended is known though nobody watched it, days later, by all that it printed and not by its exit status; and whoever reads all of it is told the same.
func TestHowItEndedIsKnownToWhoeverAsksLater(t *testing.T) {
	bars := `for i in 1 2 3; do printf '%s/3 |==    |  ETA: 00:00:01\r' $i; done; `
	for name, x := range map[string]struct {
		words  string
		script string
		want   string // in words
		why    string
	}{
		"well":              {"media remove", bars + `printf '3/3 |====| Time: 00:00:01\n\033[32mRemoved 3 media attachments (approx. 1 MB)\033[0m\n'`, "success", "Removed 3 media"},
		"with errors":       {"media remove", bars + `printf '          \rError processing 12: boom\nError processing 13: a: b\n3/3 |====| Time: 00:00:01\n'; echo "Removed 1 media attachments (approx. 1 MB)"`, "success with 2 errors", "2 failed; Removed 1"},
		"with many errors":  {"media remove", `i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo "Error processing $i: boom"; done; echo "Removed 1 media attachments (approx. 1 MB)"`, "success with 3000 errors", "3000 failed"},
		"counted":           {"ip_blocks add 10.0.0.1 --severity=no_access", `echo "Added 1, skipped 0, failed 1"`, "success with 1 error", "1 failed"},
		"much behind":       {"accounts cull", `echo "Visited 9 accounts, removed 2"; i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo "dead-$i.example"; done`, "success", "removed 2"},
		"it says nothing":   {"media remove", bars, "unknown", "is missing"},
		"it says otherwise": {"accounts approve --all", `echo nothing to approve`, "unknown", "is missing: nothing to approve"},
		"by its list":       {"email_domain_blocks list", `echo spam.example`, "success", ""},
		"broken off":        {"media remove-orphans", `echo "Error fetching list of files: timeout"; echo "Use --start-after=abc to continue"`, "success with 1 error", "did not come to its end: Use --start-after=abc"},
		"badly":             {"media remove", bars + `echo "No such thing" >&2; exit 1`, "failed", "exit status 1: No such thing"},
		"Ruby broke":        {"media usage", `printf "bin/tootctl:7:in '<main>': \033[1mcannot connect (\033[1;4mPG::ConnectionBad\033[m)\n\tIs it running?\n\tfrom /live/cli/media.rb:3:in 'usage'\n" >&2; exit 1`, "failed", "cannot connect (PG::ConnectionBad)"},
		"in a table":        {"media usage", `printf 'Object         Total    Local\nSettings       4.8 MB   \n'; exit 1`, "failed", "exit status 1: nothing that it printed says why"},
		"a table":           {"media usage", `printf 'Object         Total    Local\nSettings       4.8 MB   \n'`, "success", ""},
		"by a signal":       {"media remove", `kill -s TERM $$; sleep 1`, "cancelled", "signal"},
		"at an answer":      {"self-destruct", `printf 'Type in the domain of the server to confirm: wrong.example\n'; exit 1`, "failed", "exit status 1: it ended at “Type in the domain of the server to confirm”: the answer was not the domain of the server"},
		"for want of room":  {"media remove", `kill -s KILL $$; sleep 1`, "failed", "want of memory"},
		"no program":        {"media remove", `exec /nowhere`, "failed", "exit status 127"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := bench(t, x.script)
			j := begin1(t, r, strings.Fields(x.words)...)
			reading := j.Reading()
			if err := r.Follow(t.Context(), j, func(l string) { reading.Take(l) }); err != nil {
				t.Fatal(err)
			}
			later, err := r.Find(t.Context(), j.ID)
			if err != nil || later.Ending() != x.want || !strings.Contains(later.Why, x.why) || x.why == "" && later.Why != "" {
				t.Errorf("%s: %s, %v", later.Ending(), later.Why, err)
			}
			watched := later
			watched.Weigh(reading)
			if watched.Ending() != x.want || watched.Why != later.Why {
				t.Errorf("watched: %s: %s; later: %s", watched.Ending(), watched.Why, later.Why)
			}
			if _, err := os.Stat(filepath.Join(r.Dir, j.ID, "room")); err == nil {
				t.Error("the room that was kept for its end is kept for ever")
			}
			glanced, _, found, err := r.Look(t.Context(), j.ID)
			if err != nil || !found || glanced.Ending() != x.want || glanced.Why != later.Why {
				t.Errorf("a look: %s: %s, %v, %v", glanced.Ending(), glanced.Why, found, err)
			}
		})
	}
}

// What is said on the command line is not taken for what tootctl has said.
func TestNoArgumentPassesForAnEnd(t *testing.T) {
	r := bench(t, "exit 0")
	for _, word := range []string{"x\nOK\n", "x\n\"]\nOK\n", "Error processing 1: x\nOK", "x\" <not executed on terminal>]\nOK"} {
		j := begin1(t, r, "accounts", "modify", "--email="+word, "--approve", "--", "picard")
		if got := strings.Join(output(t, r, j), ""); got != "" {
			t.Errorf("%q: it is said to have printed %q", word, got)
		}
		if got := until(t, r, j.ID, Done); got.Result != tootctl.Unsure || got.Failed != 0 {
			t.Errorf("%q: %s: %s", word, got.Ending(), got.Why)
		}
	}
}

// Of what prints a password it is known how it ended, and nothing of the password is written anywhere on the way.
func TestHowASecretOneEndedIsKnown(t *testing.T) {
	for script, want := range map[string]tootctl.Result{
		`printf '\033[32mOK\033[0m\n'; echo "New password: hunter2"`: tootctl.Success,
		`echo "Error: the username is taken"; echo hunter2`:          tootctl.Unsure,
		`echo "hunter2 is no user" >&2; exit 1`:                      tootctl.Failure,
	} {
		r := bench(t, script)
		b, _ := r.Start(t.Context(), call(t, "accounts", "modify", "picard", "--reset-password"), "")
		got, err := r.Find(t.Context(), b.ID)
		if err != nil || got.Result != want || got.Log {
			t.Errorf("%s: %s: %s, %v", script, got.Ending(), got.Why, err)
		}
		if want == tootctl.Failure && !strings.Contains(got.Why, "nothing that it printed was kept") {
			t.Errorf("%s: %s", script, got.Why)
		}
		files, err := filepath.Glob(filepath.Join(r.Dir, b.ID, "*"))
		if err != nil || len(files) != 4 { // record, pid, end, exit
			t.Errorf("%q, %v", files, err)
		}
		for _, f := range files {
			if text, err := os.ReadFile(f); err != nil || strings.Contains(string(text), "hunter2") { // #nosec G304 -- our own
				t.Errorf("%s: %q, %v", f, text, err)
			}
		}
	}
}

// A job of which nothing was written down at its end is not believed to have ended well.
func TestAnExitStatusAloneIsNotBelieved(t *testing.T) {
	r := bench(t, `echo "Removed 3 media attachments (approx. 1 MB)"`)
	j := until(t, r, begin1(t, r, "media", "remove").ID, Done)
	if j.Result != tootctl.Success {
		t.Errorf("%s: %s", j.Ending(), j.Why)
	}
	if err := os.Remove(filepath.Join(r.Dir, j.ID, "end")); err != nil {
		t.Fatal(err)
	}
	j, err := r.Find(t.Context(), j.ID)
	if err != nil || j.Result != tootctl.Unsure || !strings.Contains(j.Why, "alone says nothing") {
		t.Errorf("%s: %s, %v", j.Ending(), j.Why, err)
	}
}

// Of a job whose log was removed in the middle it is said that the log is gone, to whoever watched it and to whoever asks later.
func TestALogThatIsGoneIsSaid(t *testing.T) {
	for name, x := range map[string]struct{ script, want, why string }{
		"before it ended":  {`echo "Removed 3 media attachments (approx. 1 MB)"`, "unknown", "exit status 0, and its log is gone from exec"},
		"before it failed": {`echo "No such thing" >&2; exit 1`, "failed", "its log is gone from exec"},
	} {
		r := bench(t, "rm ../jobs/*/log; "+x.script)
		j := begin1(t, r, "media", "remove")
		reading := j.Reading()
		if err := r.Follow(t.Context(), j, func(l string) { reading.Take(l) }); err != nil {
			t.Fatal(err)
		}
		later, err := r.Find(t.Context(), j.ID)
		watched := later
		watched.Weigh(reading)
		for who, got := range map[string]Job{"later": later, "watched": watched} {
			if err != nil || got.Ending() != x.want || !strings.Contains(got.Why, x.why) || strings.Contains(got.Why, "the line that says so") {
				t.Errorf("%s, %s: %s: %s, %v", name, who, got.Ending(), got.Why, err)
			}
		}
	}
	r := bench(t, `echo "Removed 3 media attachments (approx. 1 MB)"`)
	j := until(t, r, begin1(t, r, "media", "remove").ID, Done)
	if err := os.Remove(filepath.Join(r.Dir, j.ID, "log")); err != nil {
		t.Fatal(err)
	}
	j, err := r.Find(t.Context(), j.ID)
	if j.Weigh(j.Reading()); err != nil || j.Result != tootctl.Success {
		t.Errorf("removed when it had ended: %s: %s, %v", j.Ending(), j.Why, err)
	}
}

// Of what was not let end it is said how far it had come, by whoever has seen that; and who ended it is said once.
func TestHowFarItHadComeIsSaid(t *testing.T) {
	j := Job{Record: Record{Words: []string{"media", "remove"}}, State: Cancelled, Why: "cancelled by anna@desk"}
	j.Weigh(nil)
	if got := j.Account(); got != "cancelled by anna@desk" {
		t.Errorf("%q", got)
	}
	read := j.Reading()
	read.Take("38/40 |===   |  ETA: 00:00:01")
	j.Weigh(read)
	if got := j.Account(); got != "cancelled by anna@desk, at 38 of 40" {
		t.Errorf("%q", got)
	}
	j = Job{Record: j.Record, State: Unknown, Why: "the node was restarted while it ran"}
	j.Weigh(read)
	if got := j.Account(); got != "unknown: the node was restarted while it ran, at 38 of 40" {
		t.Errorf("%q", got)
	}
}
