package root

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/internal/stage"
	"github.com/vmtui/vmtui/ui/widget"
)

// where is a cell in which a text begins.
func (d *driver) where(text string) (x, y int) {
	d.t.Helper()
	for y, l := range strings.Split(d.screen(), "\n") {
		if i := strings.Index(l, text); i >= 0 {
			return widget.Width(l[:i]), y
		}
	}
	d.t.Fatalf("%q is not on the screen:\n%s", text, d.screen())
	return 0, 0
}

func (d *driver) clickOn(text string) {
	d.t.Helper()
	x, y := d.where(text)
	d.send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
}

func (d *driver) wheelOver(text string) {
	d.t.Helper()
	x, y := d.where(text)
	d.send(tea.MouseWheelMsg{X: x, Y: y, Button: tea.MouseWheelDown})
}

func TestAClickOnAHeadSortsAndTheWheelMovesItsPane(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 120, 22)
		defer d.stop()
		d.clickOn("MEM")
		d.sees("↓MEM", "[4] worker-1")
		d.clickOn("↓MEM")
		d.sees("↑MEM")
		d.clickOn("Services")
		d.sees("▸[2] Services", " [1] Nodes")
		d.wheelOver("CONTAINER")
		d.sees("▸[2] Services", "[4] worker-1")
		d.lacks("seen 1s ago in 12 ms")
		d.wheelOver("exec     exec")
		d.sees("▸[1] Nodes")
		d.press("H")
		d.clickOn("STARTED")
		d.sees("STARTED↓")
	})
}

// A click on the breadcrumb leads back there, over several screens at once, and a click on a key of the footer is that key.
func TestAClickOnTheBreadcrumbLeadsBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(stage.Waiting()), 120, 36)
		defer d.stop()
		d.press("H", "enter")
		d.rest(100 * time.Millisecond)
		d.sees("Fleet ▸ History ▸ reimage worker-2")
		d.clickOn("reimage worker-2") // where one is
		d.sees("Fleet ▸ History ▸ reimage worker-2")
		d.clickOn("? help")
		d.sees("HERE: reimage worker-2", "▸ Help")
		d.clickOn("History")
		d.sees("Fleet ▸ History")
		d.lacks("▸ reimage", "HERE:")
		d.press("enter")
		d.rest(100 * time.Millisecond)
		d.clickOn("Fleet")
		d.sees("Nodes")
		d.lacks("▸ History")
	})
}

// roundOf marks every worker and says that they shall come back: worker-1 cannot, because it is in service.
func roundOf(t *testing.T, fake *stage.Desk) *driver {
	t.Helper()
	fake.List = nil
	d := opened(t, fake, 120, 36)
	d.press("space", "space", "space")
	d.sees("◆ 3 marked")
	d.press("b")
	return d
}

func TestAVerbGoesOverTheMarkedOneAfterAnother(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(stage.Finished())
		fake.Review.Confirm = "asked"
		d := roundOf(t, fake)
		defer d.stop()
		d.sees("left out: worker-1 (1 of 3): worker-1 is in service already", "Plan return worker-2 (2 of 3)", "2 of 3 marked, then worker-3")
		// The rows move, and one that is still to come vanishes.
		slices.Reverse(fake.Snapshot.Nodes)
		fake.Change()
		d.rest(time.Second)
		d.press("g")
		d.sees("(2 of 3)", "type worker-2 to go on")
		d.write("worker-2")
		d.press("enter")
		d.rest(time.Second)
		d.sees("worker-2 (2 of 3)", "goes on with worker-3")
		fake.Snapshot.Nodes = fake.Snapshot.Nodes[1:] // worker-3 stood first
		fake.Change()
		d.rest(time.Second)
		d.press("n")
		d.sees("return: 1 of 3 had their turn", "worker-1 (1 of 3): worker-1 is in service already", "worker-3 (3 of 3): it is not in the fleet any more")
		d.press("enter")
		d.sees("Nodes")
		d.lacks("marked,", "◆")
		want := []string{"plan worker-return worker-2", `start worker-return worker-2 typed "worker-2"`}
		if !slices.Equal(fake.Calls(), want) {
			t.Errorf("the desk was told %q, want %q", fake.Calls(), want)
		}
	})
}

func TestARoundWaitsForTheRunBeforeAndCanBePassedOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(stage.Waiting())
		fake.Review.Confirm = ""
		d := roundOf(t, fake)
		defer d.stop()
		d.press("g")
		d.rest(time.Second)
		d.press("n")
		d.sees("next marked is off: return worker-2 (2 of 3) is not over yet")
		d.press("esc")
		d.sees("◆ return 2 of 3: worker-2, then worker-3")
		d.press("n")
		d.sees("is not over yet")
		fake.List = stage.Runs()[:1]
		fake.List[0].State = run.Done
		fake.Change()
		d.rest(time.Second)
		d.sees("n goes on with worker-3")
		d.press("n")
		d.sees("Plan return worker-3 (3 of 3)")
		d.rest(time.Second) // a key that comes again at once is held, not meant
		d.press("n")
		d.sees("return: 1 of 3 had their turn", "worker-3 (3 of 3): you passed it over")
		if calls := strings.Join(fake.Calls(), "; "); strings.Count(calls, "start") != 1 {
			t.Errorf("the desk was told %q", calls)
		}
	})
}

func TestMarkedTargetsWaitUntilItIsKnownWhatCanBeDone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		blocked := make(stage.Blocked)
		defer close(blocked)
		d := drive(t, blocked, options(), 120, 36)
		defer d.stop()
		d.press("space", "space", "d")
		d.sees("still finding out what can be done", "◆ 2 marked")
	})
}

func TestThePaletteDoesAVerbToTheMarked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 120, 36)
		defer d.stop()
		d.press(":")
		d.write("return marked")
		d.press("enter")
		d.sees("nothing is marked here that return could be done to")
		d.press("space", "space", "space", ":")
		d.write("return m")
		d.sees("return marked", "worker-1, worker-2, worker-3")
		d.press("enter")
		d.sees("Plan return worker-2 (2 of 3)")
	})
}

func TestEscCallsARoundOffAndThenTakesTheMarksOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := roundOf(t, stage.New(nil))
		defer d.stop()
		d.press("esc")
		d.sees("◆ return 2 of 3: worker-2, then worker-3", "◆ 2 marked", "n goes on")
		d.press("esc")
		d.lacks("return 2 of 3")
		d.sees("◆ 2 marked")
		d.press("esc")
		d.lacks("◆")
		d.press("n")
		d.sees("no marked targets are waiting")
	})
}

func TestAPlanWhoseTargetVanishesCannotBeStarted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press("down", "down", "r")
		d.sees("Plan reimage worker-3")
		fake.Snapshot.Nodes = fake.Snapshot.Nodes[:3]
		fake.Change()
		d.rest(time.Second)
		d.sees("worker-3 is not in the fleet any more")
		d.press("g")
		d.sees("start is off: worker-3 is not in the fleet any more")
	})
}

func TestMarkedRunsAreResumedOneAfterAnother(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(stage.Finished())
		fake.List[4].State = run.Interrupted
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press("H", "*", "R")
		d.rest(time.Second)
		d.sees("(2 of 6)", "✓ done")
		for _, place := range []string{"(4 of 6)", "(5 of 6)"} {
			d.press("n")
			d.rest(time.Second)
			d.sees(place)
		}
		if want := []string{"resume 01J9XB12QD", "resume 01J9SX77PA", "resume 01J9SV00GH"}; !slices.Equal(fake.Calls(), want) {
			t.Errorf("the desk was told %q, want %q", fake.Calls(), want)
		}
	})
}

// TestEveryRemappedKeyIsShown gives each binding the key f12: the footer, the help and the palette say so, and the old key is not shown any more.
func TestEveryRemappedKeyIsShown(t *testing.T) {
	for _, b := range binding.Default().All() {
		if !b.Holds(binding.Fleet) {
			continue
		}
		t.Run(b.ID, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				o := options()
				o.Keys = map[string]string{b.ID: "f12"}
				d := drive(t, stage.New(nil), o, 270, 66)
				defer d.stop()
				d.settle()
				if !b.Hidden && b.ID != "back" {
					d.sees("f12 " + b.Word)
				}
				d.start(d.root.pressed(d.root.world.Keys.Get("help")))
				d.settle()
				d.sees("f12")
				d.start(d.root.pressed(d.root.world.Keys.Get("palette")))
				d.settle()
				d.write(b.ID)
				if slices.Contains([]string{"drain", "reimage", "return", "refresh", "runs", "help", "quit"}, b.ID) {
					d.sees("f12")
				}
			})
		})
	}
}

func TestARemappedKeyDoesWhatTheOldOneDid(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := options()
		o.Keys = map[string]string{"sort": "f12", "mark": "ctrl+t", "pane-3": "!"}
		d := drive(t, stage.New(nil), o, 120, 36)
		defer d.stop()
		d.press("o", "space", "3")
		d.lacks("NODE↑", "◆", "▸[3]")
		d.press("f12", "ctrl+t", "!")
		d.sees("NODE↑", "◆ 1 marked", "▸[3] Under way")
	})
}

// The shelf is thinned out and sorted as every other list is, and the plan follows what is selected.
func TestTheShelfIsFilteredAndSorted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 120, 36)
		defer d.stop()
		d.press("B", "/")
		d.write("!drain a")
		d.press("enter", "up")
		d.rest(time.Second)
		d.sees("2 of 3 runbooks", "[2] Reimage a worker", "Plan for worker-1")
		d.press("esc")
		d.sees("3 runbooks", "[2] Reimage a worker")
		d.press("o", "o", "g")
		d.sees("DANGER↓", "[2] Reimage a worker")
		d.press("/")
		d.write("holodeck")
		d.press("enter")
		d.sees("no runbook matches /holodeck", "nothing is selected")
		d.press("enter")
		d.sees("open is off: there is no runbook here")
	})
}
