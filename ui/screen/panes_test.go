package screen

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestANumberGivesAPaneTheKeys(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	for name, want := range map[string][]string{
		"fleet": {"Nodes", "Services", "Under way", "worker-2"}, "node": {"worker-2", "Load and traffic", "Last line", "Runs on worker-2"},
		"run-waiting": {"reimage worker-2", "Let what is in flight", "Transcript", "connections of", "load balancer", "nginx on worker-2"},
	} {
		for _, size := range [][2]int{{120, 34}, {200, 58}, {270, 64}} {
			s := scenes(env(ctx, stage.New(nil)))[name]
			s.Draw(size[0], size[1])
			for i, title := range want {
				say(s, fmt.Sprintf("pane-%d", i+1))
				f := s.Draw(size[0], size[1])
				if got := f.String(); !strings.Contains(got, fmt.Sprintf("─▸[%d] %s", i+1, title)) || strings.Count(got, "▸[") != 1 {
					t.Errorf("%s at %v: pane %d is not shown to have the keys:\n%s", name, size, i+1, got)
				}
			}
		}
	}
}

func TestAPaneThatIsNotDrawnGetsNoKeys(t *testing.T) {
	f := fleetOf(t, stage.New(nil), 60, 14)
	say(f, "pane-4")
	if f.panes.on != paneNodes {
		t.Errorf("%s has the keys", f.panes.on)
	}
	f.Draw(120, 34)
	say(f, "pane-4")
	if f.Draw(60, 14); f.panes.on != paneNodes {
		t.Errorf("on a smaller screen %s has the keys", f.panes.on)
	}
	for range 3 {
		say(f, "next-pane")
	}
	if f.panes.on != paneNodes {
		t.Errorf("after three panes of three %s has the keys", f.panes.on)
	}
}

func TestKeysMoveInThePaneThatHasThem(t *testing.T) {
	d := stage.New(nil)
	d.Snapshot.Nodes[2].Health.Value.Problems = strings.Split(strings.Repeat("free says nothing usable,", 60), ",")
	f := fleetOf(t, d, 120, 20)
	f.nodes.at.id = "worker-2"
	f.Draw(120, 20)
	say(f, "pane-4", "down", "down")
	if from := f.panes.scroll(paneNode).from; from != 2 || f.target() != "worker-2" {
		t.Errorf("scrolled to %d, selected %s", from, f.target())
	}
	s := f.panes.scroll(paneNode)
	for _, c := range []struct {
		id   string
		from int
	}{{"top", 0}, {"half-down", s.rows / 2}, {"half-up", 0}, {"page-down", s.rows - 1}, {"page-up", 0}, {"bottom", s.lines - s.rows}, {"down", s.lines - s.rows}, {"head", 0}, {"up", 0}} {
		if say(f, c.id); s.from != c.from {
			t.Errorf("%s leads to %d, want %d", c.id, s.from, c.from)
		}
	}
	say(f, "pane-3", "down")
	if f.runs.row != 1 || f.target() != "worker-2" {
		t.Errorf("the runs are at %d, the nodes at %s", f.runs.row, f.target())
	}
}

func TestTheWheelMovesWhatIsUnderThePointer(t *testing.T) {
	f := fleetOf(t, stage.New(nil), 120, 20)
	frame := f.Draw(120, 20)
	if p := frame.Pane(100, 10); p != paneNode {
		t.Fatalf("under the pointer is %q", p)
	}
	if p := frame.Pane(10, 3); p != paneNodes {
		t.Fatalf("over a row is %q", p)
	}
	f.Update(Wheeled{Pane: paneNode, Down: true})
	if f.panes.scroll(paneNode).from == 0 || f.panes.on != paneNodes || f.target() != "worker-1" {
		t.Errorf("scrolled to %d, %s has the keys, %s is selected", f.panes.scroll(paneNode).from, f.panes.on, f.target())
	}
	f.Update(Wheeled{Pane: paneNode})
	f.Update(Wheeled{Pane: paneNodes, Down: true})
	if f.panes.scroll(paneNode).from != 0 || f.target() != "worker-2" {
		t.Errorf("scrolled to %d, %s is selected", f.panes.scroll(paneNode).from, f.target())
	}
}

func TestTheStepOfARunIsReadToItsEnd(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	r := runOf(env(ctx, stage.New(nil)), stage.Waiting())
	f := r.Draw(80, 22)
	if strings.Contains(f.String(), "WHAT IT DOES") || !strings.Contains(f.String(), "next  Remove") {
		t.Fatalf("at rest:\n%s", f.String())
	}
	say(r, "pane-2", "down", "down", "down")
	if f = r.Draw(80, 22); !strings.Contains(f.String(), "WHAT IT DOES") {
		t.Errorf("scrolled:\n%s", f.String())
	}
	say(r, "bottom")
	if f = r.Draw(80, 22); !strings.Contains(f.String(), "back  stop") {
		t.Errorf("at its end:\n%s", f.String())
	}
	say(r, "pane-3", "half-up")
	if f = r.Draw(80, 22); !strings.Contains(f.String(), "newer") {
		t.Errorf("the transcript did not move:\n%s", f.String())
	}
}

func TestTheHelpIsReadToItsEnd(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	h := NewHelp(env(ctx, stage.New(nil)), NewFleet(env(ctx, stage.New(nil))))
	h.Draw(80, 22)
	say(h, "bottom")
	if f := h.Draw(80, 22); !strings.Contains(f.String(), "held on purpose") {
		t.Errorf("its end is not seen:\n%s", f.String())
	}
	say(h, "half-up", "page-up")
	if h.at.from >= h.at.lines-h.at.rows-20 {
		t.Errorf("it is at %d of %d", h.at.from, h.at.lines)
	}
	say(h, "top")
	h.Update(Wheeled{Pane: "help", Down: true})
	if h.at.from != 3 {
		t.Errorf("the wheel led to %d", h.at.from)
	}
}

// TestASmallScreenSaysWhatMustBeKnown looks at a run at 60x16: what is awaited, what comes next, how to stop, how to go back, and whose turn it is.
func TestASmallScreenSaysWhatMustBeKnown(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	for name, want := range map[string][]string{
		"run-waiting": {"2 in flight", "gives up at", "next  Remove", "stop  x", "back  stop"},
		"run-confirm": {"NO WAY BACK FROM HERE", " g  go", " u  undo", " x  stop"},
	} {
		s := scenes(env(ctx, stage.New(nil)))[name].(*Run)
		f := s.Draw(60, 14)
		for _, w := range want {
			if !strings.Contains(f.String(), w) {
				t.Errorf("%s: %q is not seen:\n%s", name, w, f.String())
			}
		}
		say(s, "pane-3")
		if s.Draw(60, 14); s.logRows < 5 {
			t.Errorf("%s: the transcript that is read has %d rows", name, s.logRows)
		}
	}
}

// TestANumberThatIsShownIsAKey presses the number of every pane that is seen on any screen.
func TestANumberThatIsShownIsAKey(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	number := regexp.MustCompile(`─[ ▸]\[([1-9])\] `)
	for name, s := range scenes(env(ctx, stage.New(nil))) {
		for _, size := range sizes {
			f := s.Draw(size.w, size.h)
			for _, m := range number.FindAllStringSubmatch(f.String(), -1) {
				b, ok := binding.Find(s.Bindings(), m[1])
				say(s, b.ID)
				if f = s.Draw(size.w, size.h); !ok || !strings.Contains(f.String(), "─▸["+m[1]+"] ") {
					t.Errorf("%s at %s shows pane %s, and its number does not lead there", name, size.name, m[1])
				}
			}
		}
	}
}
