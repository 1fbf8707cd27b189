package root

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestWalkFromTheFleetToARun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		desk := stage.New(stage.Waiting())
		d := opened(t, desk, 120, 36)
		defer d.stop()
		d.sees("vmst.example", "Nodes", "worker-3", "1/3 serving", "reimage worker-2")
		d.press("down", "down", "r") // worker-1 is where it rests
		d.sees("Plan reimage worker-3", "What will happen", "▲ no way back", "nothing stands in the way")
		d.press("g")
		d.sees("type worker-3 to go on", "3164502")
		d.write("worker-1")
		d.press("enter")
		d.sees("“worker-1” is not worker-3. Nothing was done.")
		d.press("backspace")
		d.write("3")
		d.press("enter")
		d.rest(100 * time.Millisecond)
		d.sees("Let what is in flight finish", "WAITING FOR", "connections of wo", "Transcript")
		if want := []string{`plan worker-reimage worker-3`, `start worker-reimage worker-3 typed "worker-3"`}; !slices.Equal(desk.Calls(), want) {
			t.Errorf("the desk was told %q, want %q", desk.Calls(), want)
		}
		d.press("esc")
		d.sees("Nodes")
		d.lacks("WAITING FOR")
	})
}

// From its first frame on a run's screen says what was begun, and its keys are where keys are.
func TestARunThatHasBegunSaysWhat(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		fake.Review.Confirm = ""
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press("down", "down", "r", "g")
		d.sees("▸ reimage worker-3", "it has begun: ", "and first “"+fake.Review.Steps[0].Title+"”", "q quit")
		d.lacks("starting", "Plan reimage")
	})
}

func TestAVerbThatIsOffSaysWhy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 120, 36)
		defer d.stop()
		d.sees("d drain", "b bring back")
		d.press("d")
		d.sees("drain is off: worker-1 is the last healthy backend")
		d.rest(20 * time.Second)
		d.lacks("is off:")
	})
}

func TestReadOnly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(stage.Confirming())
		o := options()
		o.About.ReadOnly = true
		d := drive(t, fake, o, 120, 36)
		defer d.stop()
		d.sees("READ-ONLY")
		d.press("down", "down", "r")
		d.sees("this console is read-only")
		d.press("g")
		d.sees("start is off: this console is read-only")
		d.press("esc", "R")
		d.sees("resume is off")
		if calls := fake.Calls(); len(calls) != 1 {
			t.Errorf("the desk was told %q", calls)
		}
	})
}

func TestFilterFollowsEveryKeyAndEscDropsIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 120, 36)
		defer d.stop()
		d.press("/")
		d.write("er-3")
		d.sees("worker-3")
		d.lacks("root@10.0.0.11:22", "worker-1 worker")
		d.press("enter", "esc")
		d.sees("worker-1 worker")
		d.press("/")
		d.write("!worker")
		d.sees("exec")
		d.lacks("worker-2 worker")
	})
}

func TestAChangeIsSeenAndTheSelectionStays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press("down") // worker-2
		slices.Reverse(fake.Snapshot.Nodes)
		fake.Change()
		d.rest(200 * time.Millisecond)
		d.sees("[4] worker-2 ─")
		rows := strings.Split(d.screen(), "\n")
		if !strings.Contains(rows[3], "worker-3") {
			t.Errorf("the order did not change: %q", rows[3])
		}
	})
}

// Whoever types as soon as there is something to see is understood, whether or not anything has answered by then.
func TestAVerbTypedAtOnceIsNotLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		blocked := make(stage.Blocked)
		defer close(blocked)
		o := options()
		o.Verbs = VerbsOf(t.Context(), stage.New(nil), o.Fleet)
		d := drive(t, blocked, o, 120, 36)
		defer d.stop()
		d.press(":")
		d.write("drain worker-3")
		d.press("enter")
		d.sees("Plan drain worker-3")
	})
}

func TestNothingWaitsForADeskThatNeverAnswers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		blocked := make(stage.Blocked)
		defer close(blocked)
		d := drive(t, blocked, options(), 120, 36)
		defer d.stop()
		began := time.Now()
		first := d.screen()
		for _, want := range []string{"worker-1", "worker-2", "worker-3", "48s", "1s", "load balancer"} {
			if !strings.Contains(first, want) {
				t.Errorf("%q is not in the first frame:\n%s", want, first)
			}
		}
		// Every screen, and every key on it.
		for _, open := range [][]string{{}, {"enter"}, {"H"}, {"?"}, {":", "r", "u", "n", "s", "enter"}} {
			d.press(open...)
			for _, key := range []string{"up", "down", "tab", "d", "r", "b", "R", "g", "s", "u", "x", "enter", "home", "esc",
				"space", "*", "-", "o", "O", "w", "right", "left", "n", "1", "4", "6", "ctrl+d", "ctrl+u", "pgdown", "pgup", "G", "esc"} {
				d.press(key)
			}
		}
		d.root.do(d.root.top(), nil)
		seen := map[string]bool{}
		for _, s := range blockedScreens(d) {
			seen[fmt.Sprintf("%T", s)] = true
			d.start(d.root.push(s))
			d.settle()
			for _, b := range s.Bindings() {
				if b.ID == "quit" || b.ID == "suspend" {
					continue
				}
				for d.root.top() != s { // what a key before has opened
					d.root.pop()
				}
				for _, key := range b.Keys {
					d.press(key)
				}
				for len(d.root.dialogs) > 0 || d.root.filter != nil {
					d.press("esc")
				}
				if !slices.Contains(d.root.stack, s) {
					d.start(d.root.push(s))
				}
			}
		}
		all, err := stage.Screens("../screen")
		if err != nil || len(all) < 8 {
			t.Fatalf("%v were found: %v", all, err)
		}
		for _, name := range all {
			if !seen[name] {
				t.Errorf("%s was not tried", name)
			}
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("something waited for %s", took)
		}
	})
}

// Every key can be another one: those of a place, those of a dialog, and those of a line that is typed.
func TestKeysOfDialogsAreRemapped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := options()
		o.Keys = map[string]string{"dialog-cancel": "ctrl+g", "dialog-take": "ctrl+t", "dialog-past": "ctrl+o", "type-back": "ctrl+x"}
		d := drive(t, stage.New(nil), o, 120, 36)
		defer d.stop()
		d.rest(time.Second)
		d.press(":")
		d.sees("^g cancel", "^t do it", "^o said before")
		d.press("esc", "enter") // mean nothing here any more
		d.sees("^g cancel")
		d.write("runsx")
		d.press("ctrl+x", "ctrl+t")
		d.sees("▸ History")
		d.press("/")
		d.write("drain")
		d.sees("^t keeps")
		d.press("ctrl+t", ":", "ctrl+g")
		d.lacks("^g cancel")
		d.sees("History  /drain")
	})
}

func TestTinyTerminalsAreTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 40, 10)
		defer d.stop()
		d.sees("too small", "40x10, needs 60x16")
	})
}
