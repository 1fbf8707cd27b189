package screen

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// leftIn is a run that nobody walks, in a state, before or behind the step that cannot be taken back.
func leftIn(e Env, state run.State, past bool) *Run {
	log := stage.Confirming()
	if past {
		log = stage.Failing()
	}
	end := run.Event{Seq: log[len(log)-1].Seq + 1, Time: stage.Noon, Leg: 1, Type: run.Result, State: string(state), Detail: "for some reason"}
	if state == run.Interrupted {
		end.Type = run.LegEnd
	}
	r := runOf(e, append(log, end))
	r.letGo = true
	for i := range e.World.Runs {
		if x := &e.World.Runs[i]; x.ID == r.ID() {
			x.Here, x.Alive, x.State = false, false, state
		}
	}
	return r
}

// What the screen offers for a run that nobody walks is what the command line takes, and its keys are on for just that.
func TestWhatIsOfferedForARunThatNobodyWalks(t *testing.T) {
	says := map[string]string{"resume": "resumes it", "gate-undo": "takes it back", "gate-stop": "stops it"}
	for _, c := range []struct {
		state run.State
		past  bool
		can   string
	}{
		{run.AtGate, false, "resume gate-undo gate-stop"},
		{run.Interrupted, false, "resume gate-undo gate-stop"},
		{run.Unknown, false, "resume gate-undo gate-stop"},
		{run.AtGate, true, "resume gate-stop"},
		{run.Unknown, true, "resume gate-stop"},
		{run.Failed, false, "resume gate-undo"},
		{run.Stopped, false, "resume gate-undo"},
		{run.Failed, true, "resume"},
		{run.Stopped, true, "resume"},
		{run.Done, true, ""},
		{run.Undone, false, ""},
		{run.Refused, false, ""},
	} {
		t.Run(fmt.Sprintf("%s past %v", c.state, c.past), func(t *testing.T) {
			ctx, end := context.WithCancel(t.Context())
			defer end()
			r := leftIn(env(ctx, stage.New(nil)), c.state, c.past)
			f, bs := r.Draw(120, 36), r.Bindings()
			seen := f.String()
			for id, words := range says {
				can := strings.Contains(c.can, id)
				if b, _ := binding.Named(bs, id); (b.Why == "") != can {
					t.Errorf("%s is off because %q", id, b.Why)
				}
				if strings.Contains(seen, words) != can {
					t.Errorf("%q is seen: %v\n%s", words, !can, seen)
				}
			}
			if c.past && c.can != "" && !strings.Contains(seen, "the old disk is gone") {
				t.Errorf("why there is no way back is not said\n%s", seen)
			}
		})
	}
}

// The key that takes back asks for another leg where nobody walks the run, and does not answer the gate at which it was left; stopping says what it is.
func TestAGateThatNobodyHoldsOpenIsNotAnswered(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	e := env(ctx, stage.New(nil))
	r := leftIn(e, run.AtGate, false)
	for key, tag := range map[string]string{"gate-undo": "request-undo", "gate-stop": "request-stop"} {
		action, _ := r.press(key)
		open, ok := action.(OpenWhile)
		if !ok {
			t.Fatalf("%s: %+v", key, action)
		}
		if text := fmt.Sprintf("%+v", open.Dialog); !strings.Contains(text, tag) || key == "gate-stop" && strings.Contains(text, "step boundary") {
			t.Errorf("%s opens %s", key, text)
		}
	}
}

// The record of a single act has no steps to go on with.
func TestASingleActOffersNoWayOn(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	e := env(ctx, stage.New(nil))
	log := stage.SingleAct(run.Failed)
	r := runOf(e, log)
	r.letGo = true
	e.World.Runs = append([]desk.Run{}, desk.Run{Summary: run.Summary{ID: r.ID(), State: run.Failed}, Act: true})
	f := r.Draw(120, 36)
	if seen := f.String(); strings.Contains(seen, "resumes it") || strings.Contains(seen, "nobody walks") {
		t.Error(seen)
	}
	for _, id := range []string{"resume", "gate-undo", "gate-stop"} {
		if b, _ := binding.Named(r.Bindings(), id); !strings.Contains(b.Why, "a single act") {
			t.Errorf("%s: %q", id, b.Why)
		}
	}
}
