package root

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ui/canvas"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestQuitAsksWhileARunIsUnderWayHere(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 120, 36)
		defer d.stop()
		for _, key := range []string{"q", "ctrl+c"} {
			d.press(key)
			d.sees("stops at the next step", "▸ Stay", "vmtui runs resume 01J9ZQ7K3M")
			d.press("enter") // rests on Stay
			if d.quit {
				t.Fatal("it quit without being told to")
			}
		}
		d.press("q", "tab", "enter")
		if !d.quit {
			t.Error("it did not quit")
		}
	})
}

// A run that was watched to its end stops no one from leaving, though the list of runs was read before.
func TestQuitGoesAtOnceWhenTheRunWasSeenToEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := options()
		o.Open = "01J9ZQ7K3M"
		d := drive(t, stage.New(stage.Finished()), o, 120, 36)
		defer d.stop()
		d.rest(time.Second)
		if d.press("q"); !d.quit {
			t.Errorf("it did not quit:\n%s", d.screen())
		}
	})
}

func TestQuitGoesAtOnceWhenNothingIsUnderWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		fake.List = fake.List[2:]
		d := opened(t, fake, 80, 24)
		defer d.stop()
		if d.press("q"); !d.quit {
			t.Error("it did not quit")
		}
	})
}

func TestAScreenThatWasLeftGetsNoAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(stage.Waiting()), 120, 36)
		defer d.stop()
		s := blockedScreens(d)[0]
		cmd := d.root.push(s)
		d.root.pop()
		d.start(cmd) // its answer comes after it has gone
		d.settle()
		d.sees("Nodes")
	})
}

func TestRunLeavesTheTerminalInOrder(t *testing.T) {
	far, near, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(near, &pty.Winsize{Cols: 120, Rows: 36}); err != nil {
		t.Fatal(err)
	}
	before, err := term.GetState(int(near.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	drawn, written := make(chan struct{}), make(chan string, 1)
	go func() {
		var all strings.Builder
		seen := false
		for buf := make([]byte, 4096); ; {
			n, err := far.Read(buf)
			all.Write(buf[:n])
			if !seen && strings.Contains(all.String(), "worker-3") {
				seen = true
				close(drawn)
			}
			if err != nil {
				written <- all.String()
				return
			}
		}
	}()
	ctx, end := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		c, err := canvas.Open(near, near, []string{"TERM=xterm-256color"})
		if err != nil {
			done <- err
			return
		}
		_, err = Run(ctx, c, stage.New(nil), options())
		done <- errors.Join(err, c.Close())
	}()
	<-drawn
	end()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	after, err := term.GetState(int(near.Fd()))
	if err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("the terminal was left as %+v, %v; it was %+v", after, err, before)
	}
	_ = near.Close() // ends the reading once everything written has been read
	s := <-written
	_ = far.Close()
	for _, pair := range [][2]string{{"\x1b[?1049h", "\x1b[?1049l"}, {"\x1b[?2004h", "\x1b[?2004l"}, {"\x1b[?25l", "\x1b[?25h"}} {
		if on, off := strings.LastIndex(s, pair[0]), strings.LastIndex(s, pair[1]); on < 0 || off < on {
			t.Errorf("%q was not undone by %q", pair[0], pair[1])
		}
	}
}

func TestAnActThatFailsAfterItsScreenWasLeftIsStillTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		fake.Fails = &desk.Fault{What: "cannot start", On: "worker-3", Why: "the lease is ann's", Next: "ask ann"}
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press(":")
		d.write("drain worker-3")
		d.press("enter", "g")
		d.write("worker-3")
		d.update(keyOf("enter")) // started, and left before the answer
		d.press("esc")
		d.sees("Nodes", "start: cannot start on worker-3: the lease is ann's → ask ann")
	})
}
