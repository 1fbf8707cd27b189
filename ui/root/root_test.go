package root

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/canvas"
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

func TestPalette(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 120, 36)
		defer d.stop()
		d.press(":")
		d.write("drain worker-3")
		d.press("enter")
		d.sees("Plan drain worker-3")
		d.press(":")
		d.write("runs")
		d.press("enter")
		d.sees("5 runs")
		d.press(":")
		d.write("frobnicate")
		d.press("enter")
		d.sees("there is nothing called “frobnicate”")
		d.press(":")
		d.write("drain worker-1")
		d.press("enter")
		d.sees("drain is off: worker-1 is the last healthy backend")
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

func TestGates(t *testing.T) {
	const id = "01J9ZQ7K3M"
	for _, c := range []struct {
		name string
		log  func() []run.Event
		keys func(d *driver)
		want string
	}{
		{"go with the name", stage.Confirming, func(d *driver) { d.press("g"); d.write("worker-2"); d.press("enter") }, `answer %s gate %d go typed "worker-2" reason ""`},
		{"go without", stage.Confirming, func(d *driver) { d.press("g", "enter") }, ``},
		{"retry", stage.Failing, func(d *driver) { d.press("r") }, `answer %s gate %d retry typed "" reason ""`},
		{"skip with a reason", stage.Failing, func(d *driver) { d.press("s"); d.write("known"); d.press("enter") }, `answer %s gate %d skip typed "" reason "known"`},
		{"skip without", stage.Failing, func(d *driver) { d.press("s", "enter", "esc") }, ``},
		{"stop", stage.Failing, func(d *driver) { d.press("x") }, `answer %s gate %d stop typed "" reason ""`},
		{"undo", stage.Confirming, func(d *driver) { d.press("u", "tab", "enter") }, `answer %s gate %d undo typed "" reason ""`},
		{"undo rests on cancel", stage.Confirming, func(d *driver) { d.press("u", "enter") }, ``},
		{"what is not offered", stage.Failing, func(d *driver) { d.press("g", "u") }, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				log := c.log()
				fake := stage.New(log)
				o := options()
				o.Open = id
				d := drive(t, fake, o, 120, 36)
				defer d.stop()
				d.rest(time.Second)
				if d.bell != 1 {
					t.Errorf("%d bells, want 1", d.bell)
				}
				c.keys(d)
				got := strings.Join(fake.Calls(), "; ")
				want := c.want
				if want != "" {
					want = fmt.Sprintf(want, id, log[len(log)-1].Seq)
				}
				if got != want {
					t.Errorf("the desk was told %q, want %q\n%s", got, want, d.screen())
				}
			})
		})
	}
}

func TestAGateThatOpensSwallowsKeysUntilTheHandRests(t *testing.T) {
	bubble(t, func(t *testing.T) {
		log := stage.Failing()
		fake := stage.New(log[:len(log)-1])
		o := options()
		o.Open = "01J9ZQ7K3M"
		d := drive(t, fake, o, 120, 36)
		defer d.stop()
		d.rest(time.Second)
		fake.Happen(log[len(log)-1])
		d.rest(50 * time.Millisecond)
		d.sees("THIS STEP DID NOT GO WELL")
		for range 3 {
			d.press("r")
			d.rest(200 * time.Millisecond)
		}
		if calls := fake.Calls(); len(calls) != 0 {
			t.Fatalf("a key that was meant for something else decided: %q", calls)
		}
		d.rest(400 * time.Millisecond)
		d.press("r")
		if calls := fake.Calls(); len(calls) != 1 {
			t.Fatalf("after a rest the desk was told %q", calls)
		}
	})
}

func TestAGateAnsweredElsewhereTakesNoLateAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		log := stage.Failing()
		fake := stage.New(log)
		o := options()
		o.Open = "01J9ZQ7K3M"
		d := drive(t, fake, o, 120, 36)
		defer d.stop()
		d.rest(time.Second)
		d.press("s")
		d.write("slow")
		last := log[len(log)-1]
		fake.Happen(run.Event{Seq: last.Seq + 1, Time: time.Now(), Leg: 1, Type: run.Answerd, Step: last.Step, Data: []byte(fmt.Sprintf(`{"gate":%d,"choice":"retry","by":"ann"}`, last.Seq))})
		d.rest(100 * time.Millisecond)
		d.press("enter")
		d.sees("that gate is not open any more")
		if calls := fake.Calls(); len(calls) != 0 {
			t.Errorf("the desk was told %q", calls)
		}
	})
}

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

func TestAQuestionFromBelowOpensByItself(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		said := make(chan desk.Answer, 1)
		fake.Question(desk.Ask{
			Question: desk.Question{Kind: desk.AskHostKey, Subject: "worker-2", Text: "Is this its key?", Details: []string{"SHA256:abc"}},
			Reply:    func(a desk.Answer) { said <- a },
		})
		d.settle()
		d.sees("Host key of worker-2", "SHA256:abc")
		d.press("tab", "enter")
		d.sees("Host key of worker-2") // too soon
		d.rest(time.Second)
		d.press("tab", "enter")
		d.lacks("Host key of worker-2")
		if a := <-said; !a.Yes {
			t.Errorf("the answer was %+v", a)
		}
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

// The palette leads to a service's log by its words, with completion, and says what was said before.
func TestThePaletteFollowsALog(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.rest(time.Second)
		d.press(":")
		d.write("logs worker-2 w")
		d.sees("logs worker-2 web", "follow what web writes on worker-2")
		d.press("tab", "enter")
		d.rest(time.Second)
		d.sees("Logs worker-2 web", "ActiveRecord::StatementTimeout")
		fake.Lines <- "a line that came later"
		d.rest(time.Second)
		d.sees("a line that came later")
		d.press("esc", ":", "ctrl+r")
		d.sees(": logs worker-2 web")
		d.press("esc", ":")
		d.write("logs worker-9")
		d.press("enter")
		d.sees("there is no node called “worker-9”")
		if calls := fake.Calls(); !slices.Contains(calls, "logs worker-2 web") {
			t.Errorf("%v", calls)
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

func TestTinyTerminalsAreTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 40, 10)
		defer d.stop()
		d.sees("too small", "40x10, needs 60x16")
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

func TestTitleCallsWhenAGateWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := options()
		o.Open = "01J9ZQ7K3M"
		d := drive(t, stage.New(stage.Confirming()), o, 120, 36)
		defer d.stop()
		d.rest(time.Second)
		p := d.root.picture()
		if !strings.Contains(p.Title, "waits for you") || p.Progress.State != uv.ProgressBarWarning {
			t.Errorf("title %q, progress %+v", p.Title, p.Progress)
		}
	})
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
