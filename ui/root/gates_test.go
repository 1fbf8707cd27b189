package root

import (
	"fmt"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// onRun drives a console that stands on the run, as soon as that is shown.
func onRun(t *testing.T, fake *stage.Desk) *driver {
	t.Helper()
	o := options()
	o.Open = "01J9ZQ7K3M"
	d := drive(t, fake, o, 120, 36)
	d.rest(time.Second)
	return d
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
		d := onRun(t, fake)
		defer d.stop()
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
		d := onRun(t, fake)
		defer d.stop()
		d.press("s")
		d.write("slow")
		last := log[len(log)-1]
		fake.Happen(run.Event{Seq: last.Seq + 1, Time: time.Now(), Leg: 1, Type: run.Answered, Step: last.Step, Data: []byte(fmt.Sprintf(`{"gate":%d,"choice":"retry","by":"ann"}`, last.Seq))})
		d.rest(100 * time.Millisecond)
		d.sees("the question was closed, and nothing was done: that gate is not open any more")
		d.write("xu") // what was still being typed into it
		d.press("enter")
		d.lacks("Skip: ", "Stop there", "Walk back")
		if calls := fake.Calls(); len(calls) != 0 {
			t.Errorf("the desk was told %q", calls)
		}
	})
}

// The run ends while the operator reads what stopping it would do.
func TestAQuestionThatTheRunHasOvertakenClosesItself(t *testing.T) {
	bubble(t, func(t *testing.T) {
		log := stage.Waiting()
		fake := stage.New(log)
		d := onRun(t, fake)
		defer d.stop()
		d.press("x")
		d.sees("The run stops at the next step boundary")
		fake.Happen(run.Event{Seq: log[len(log)-1].Seq + 1, Time: time.Now(), Leg: 1, Type: run.Result, State: string(run.Done), Detail: "worker-2 serves again"})
		d.rest(100 * time.Millisecond)
		d.lacks("The run stops at the next step boundary")
		d.sees("the question was closed, and nothing was done: the run has ended")
		d.press("tab", "enter")
		if calls := fake.Calls(); len(calls) != 0 {
			t.Errorf("the desk was told %q", calls)
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
