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

// Queues have a plan and a name each: they are not marked, and that is said. Processes are.
func TestOnlyProcessesAreMarkedInSidekiq(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press("s", "space")
		d.sees("mark is off: this is acted on one at a time; only processes in [2] are marked")
		d.press("2", "space", "space", "z")
		d.sees("quiet")
		if last := fake.Calls()[len(fake.Calls())-1]; !strings.HasPrefix(last, "plan quiet") {
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
