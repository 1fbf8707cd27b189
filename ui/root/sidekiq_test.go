package root

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ui/internal/stage"
)

// A queue is parked after its plan was read and its name typed; what becomes of it is a second decision.
func TestAQueueIsParkedByItsName(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press("s")
		d.sees("12,840", "push", "30 of 55 threads busy", "scheduled_statuses")
		d.press("down", "p")
		d.sees("park the queue push", "RENAME queue:push", "privacy problem")
		d.press("g")
		d.sees("type push to go on", "of 400 looked at: ActivityPub::DeliveryWorker 371", "the oldest waited for 12m")
		d.write("pull")
		d.press("enter")
		d.sees("“pull” is not push")
		if slices.ContainsFunc(fake.Calls(), func(c string) bool { return strings.HasPrefix(c, "do ") }) {
			t.Fatalf("it was done by another name: %q", fake.Calls())
		}
		d.press("backspace", "backspace", "backspace", "backspace")
		d.write("push")
		d.press("enter")
		d.sees("12,840 jobs", "push-parked-20260808-120000000")
		if !slices.Contains(fake.Calls(), `do park push typed "push" again ""`) {
			t.Errorf("asked: %q", fake.Calls())
		}
		d.press("D")
		if !slices.Contains(fake.Calls(), "plan delete push-parked-20260808-120000000: every job") {
			t.Errorf("asked: %q", fake.Calls())
		}
	})
}

// Which jobs are meant is said in a form, or by marks; what is done is done to those alone.
func TestJobsAreMeantByAFilterOrByMarks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press(":")
		d.write("sidekiq retry")
		d.press("enter")
		d.sees("Jobs of retry", "slow.example", "HTTP::Timeout")
		d.press("f", "down")
		d.write("*.example")
		d.press("tab", "tab", "tab", "tab", "tab", "enter")
		d.sees("host *.example")
		d.press("R")
		if !slices.Contains(fake.Calls(), "plan retry retry: host *.example") {
			t.Errorf("asked: %q", fake.Calls())
		}
		d.press("esc", "space", "D")
		if last := fake.Calls()[len(fake.Calls())-1]; !strings.HasPrefix(last, "plan delete retry: jid 0") {
			t.Errorf("asked: %q", last)
		}
	})
}

// What was seen once says how long ago that was, and is not added to meanwhile.
func TestWhatWasSeenOnceHasItsAge(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 120, 36)
		defer d.stop()
		d.press("s", "down", "enter")
		d.sees("Jobs of push", "seen 0s ago")
		d.rest(70 * time.Second)
		d.sees("1 to 4 of 12,840 · seen 70s ago", "the oldest waited for 12m")
		d.press("ctrl+r")
		d.sees("1 to 4 of 12,840 · seen 0s ago")
		d.press("enter")
		d.rest(9 * time.Second)
		d.sees("what may be about people is folded · seen 9s ago")
		d.press("esc", "esc", "p")
		d.rest(70 * time.Second)
		d.sees("▲ destroys · seen 70s ago", "the oldest waited for 13m")
		d.press("esc", "esc", "down", "down", "r")
		d.rest(9 * time.Second)
		d.sees("▲ destroys · seen 9s ago")
		d.press("ctrl+r")
		d.sees("▲ destroys · seen 0s ago")
	})
}

// An age that cannot be read changes nothing, and says what can.
func TestAFilterThatCannotBeReadSaysSo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 120, 36)
		defer d.stop()
		d.press("s", "down", "enter", "f", "down", "down", "down", "down")
		d.write("yesterday")
		d.press("tab", "tab", "enter")
		d.sees("“yesterday” is no length of time", "Jobs of push")
	})
}

// What people wrote is folded until somebody asks.
func TestWhatPeopleWroteIsFolded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 120, 36)
		defer d.stop()
		d.press("s", "down", "enter", "enter")
		d.sees("3,912 characters, folded")
		d.lacks("<p>hello</p>")
		d.press("u")
		d.sees("<p>hello</p>")
		d.press("u")
		d.lacks("<p>hello</p>")
	})
}

// A console that may only look shows the plan, and does nothing.
func TestAReadOnlyConsoleParksNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake, o := stage.New(nil), options()
		o.About.ReadOnly = true
		d := drive(t, fake, o, 120, 36)
		defer d.stop()
		d.press("s", "down", "p")
		d.sees("park is off: this console is read-only")
	})
}

// What was deleted comes back from its backup: chosen among those on this machine, and shown before anything is done.
func TestABackupIsReadBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 80, 24)
		defer d.stop()
		d.press("s", "b")
		d.sees("Read which backup back?", "1  pull, 26h", "2  dead, 2d")
		d.press("2")
		if last := fake.Calls()[len(fake.Calls())-1]; last != "plan load /state/sidekiq/20260806-100000-dead-efgh.jsonl.gz: every job" {
			t.Errorf("asked: %q", last)
		}
		d.sees("load 20260806-100000-dead-efgh.jsonl.gz")
	})
}

// Redis is looked at again every two seconds while somebody looks.
func TestSidekiqIsLookedAtAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press("s")
		d.rest(20 * time.Second)
		looks := 0
		for _, c := range fake.Calls() {
			if c == "sidekiq" {
				looks++
			}
		}
		if looks < 9 || looks > 11 {
			t.Errorf("%d looks in 20 s", looks)
		}
	})
}

// A signal goes to all marked processes at once.
func TestASignalIsToAllMarkedProcesses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press("s", "2", "space", "space", "z")
		d.sees("quiet")
		d.lacks("1 of 2")
		if last := fake.Calls()[len(fake.Calls())-1]; !strings.HasPrefix(last, "plan quiet") {
			t.Errorf("asked: %q", last)
		}
	})
}

// Queues have a plan and a name each: the marked have their turn one after another, and nothing goes on by itself.
func TestMarkedQueuesAreParkedOneAfterAnother(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press("s", "down", "space", "space", "space")
		d.sees("◆ 3 marked")
		d.press("p")
		d.sees("Plan: park push (1 of 3)", "1 of 3 marked, then ingress, mailers: n passes this one over")
		d.press("g")
		d.sees("park the queue push: 12840 jobs (1 of 3)", "type push to go on")
		d.write("push")
		d.press("enter")
		d.sees("12,840 jobs", "n goes on with ingress")
		d.press("esc")
		d.sees("◆ park 1 of 3: push, then ingress, mailers", "n goes on with ingress", "◆ 2 marked")
		d.press("n")
		d.sees("Plan: park ingress (2 of 3)")
		d.rest(time.Second)
		d.press("n")
		d.sees("Plan: park mailers (3 of 3)", "3 of 3 marked: n passes this one over")
		d.press("g")
		d.write("mailers")
		d.press("enter")
		d.sees("n ends it: this was the last")
		d.press("n")
		d.sees("park: 2 of 3 had their turn", "ingress (2 of 3): you passed it over")
		d.press("enter")
		d.lacks("◆")
		var done []string
		for _, c := range fake.Calls() {
			if strings.HasPrefix(c, "do ") {
				done = append(done, c)
			}
		}
		if want := []string{`do park push typed "push" again ""`, `do park mailers typed "mailers" again ""`}; !slices.Equal(done, want) {
			t.Errorf("the desk was told %q, want %q", done, want)
		}
	})
}

// Of what lies aside, too: what a key cannot be done to is left out and named, and jobs of dead hands go back in one plan.
func TestWhatLiesAsideIsMarked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press("s", "3", "*", "r")
		d.sees("left out: retry (1 of 5): only what is parked or possibly lost is put back", "Plan: restore pull-parked-20260808-093000000 (4 of 5)")
		d.press("esc", "esc")
		d.lacks("4 of 5")
		d.sees("◆ 2 marked") // the sets had their turn
		d.press("esc", "G", "space", "r")
		d.sees("Plan: put back")
		d.lacks("marked")
		if last := fake.Calls()[len(fake.Calls())-1]; !strings.HasPrefix(last, "plan put back") {
			t.Errorf("asked: %q", last)
		}
	})
}

// A list without jobs says why it is empty.
func TestAnEmptyBacklogSaysWhy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 120, 36)
		defer d.stop()
		d.press("s", "down", "enter", "/")
		d.write("picard")
		d.press("enter")
		d.sees("none of the 4 jobs on this page matches /picard")
	})
}
