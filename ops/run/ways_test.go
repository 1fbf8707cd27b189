package run

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote"
)

// left makes a run that nobody walks, in a state, with the step behind which there is no way back sent or not.
func left(t *testing.T, state State, past bool) (*Engine, string, Runbook) {
	t.Helper()
	e, w := memEngine(), newWorld(t)
	rb := w.book()
	id := start(t, e, rb)
	add := func(ev Event, err error) {
		t.Helper()
		v, _ := e.View(t.Context(), id)
		ev.Leg = 1
		if err := errors.Join(err, e.Store.Append(t.Context(), id, v.Last, number(v.Last, []Event{ev})...)); err != nil {
			t.Fatal(err)
		}
	}
	add(event(LegOpen, "", "", "", Leg{Operator: "kirk", Host: "bridge", PID: os.Getpid()}))
	if past {
		add(event(Stepped, "rebuilt", string(Doing), "", nil))
		add(event(Intent, "rebuilt", "", "set rebuilt", Intended{Verb: "do", Target: "w2", What: "set rebuilt"}))
		v, _ := e.View(t.Context(), id)
		add(event(Settled, "rebuilt", settledDone, "", Settlement{Intent: v.Last}))
		w.set("rebuilt")
	}
	switch state {
	case Running:
	case Interrupted:
		add(event(LegEnd, "", string(Interrupted), "the operator left", nil))
	default:
		add(event(Result, "", string(state), "for some reason", nil))
	}
	return e, id, rb
}

// ways are what can be asked of a run, by the word of the command line, and what asks it of the engine.
var ways = map[string]func(*testing.T, *Engine, string, Runbook) error{
	"resume": func(t *testing.T, e *Engine, id string, rb Runbook) error {
		_, err := e.Walk(t.Context(), id, rb, unattended)
		return err
	},
	"undo": func(t *testing.T, e *Engine, id string, rb Runbook) error {
		_, err := e.Walk(t.Context(), id, rb, Mode{Unattended: true, Yes: true, Undo: true})
		return err
	},
	"stop": func(t *testing.T, e *Engine, id string, _ Runbook) error {
		return e.Request(t.Context(), id, RequestStop)
	},
}

var sayings = regexp.MustCompile(`vmtui runs (\w+)`)

// Whatever a refusal tells to do next can be done, what can be done is told, and the view says the same before anybody asks.
func TestWhatCanBeDoneWithARun(t *testing.T) {
	for _, c := range []struct {
		state State
		past  bool
		can   string
	}{
		{Running, false, "resume stop undo"}, // its process is gone
		{AtGate, false, "resume stop undo"},
		{Interrupted, false, "resume stop undo"},
		{Unknown, false, "resume stop undo"},
		{Unknown, true, "resume stop"},
		{AtGate, true, "resume stop"},
		{Failed, false, "resume undo"},
		{Failed, true, "resume"},
		{Stopped, false, "resume undo"},
		{Stopped, true, "resume"},
		{Done, true, ""},
		{Undone, false, ""},
		{Refused, false, ""},
	} {
		t.Run(fmt.Sprintf("%s past %v", c.state, c.past), func(t *testing.T) {
			for way, ask := range ways {
				e, id, rb := left(t, c.state, c.past)
				v, err := e.View(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				can := slices.Contains(strings.Fields(c.can), way)
				why := map[string]func() string{"resume": v.WhyNoResume, "undo": v.WhyNoUndo, "stop": v.WhyNoStop}[way]()
				if (why == "") != (can || way == "undo" && c.past && v.State.Resumable()) {
					t.Errorf("%s: the view says %q", way, why)
				}
				err = ask(t, e, id, rb)
				if can {
					if err != nil {
						t.Errorf("%s: %v", way, err)
					}
					continue
				}
				f := fault.Of(err)
				var told []string
				for _, m := range sayings.FindAllStringSubmatch(f.Next, -1) {
					told = append(told, m[1])
				}
				slices.Sort(told)
				if f.Code != fault.Refused || strings.Join(told, " ") != c.can || c.can == "" && !strings.Contains(f.Next, "start a new run") {
					t.Errorf("%s: %s: %s; next %q, and what can be done is %q", way, f.What, f.Why, f.Next, c.can)
				}
			}
		})
	}
}

// While somebody walks a run that cannot go back, a stop is what is left to ask for.
func TestAWalkedRunIsStoppedAndNotResumed(t *testing.T) {
	v := &View{ID: "x", State: Running, alive: true}
	if next := v.onward(true); !strings.Contains(next, "vmtui runs stop x") || strings.Contains(next, "resume") {
		t.Error(next)
	}
}

// The record of a single act is nothing to walk, whatever it says: its state stays what is known of the act.
func TestASingleActIsNotStopped(t *testing.T) {
	e := memEngine()
	_, settle, err := e.Door.Open(t.Context(), e.Single(), act.Act{Verb: "hold/clear", Target: "w2", What: "clear the hold", Danger: act.Changes})
	if err = errors.Join(err, settle(act.Outcome{Err: remote.ErrUnknown})); err != nil {
		t.Fatal(err)
	}
	list, _ := e.List(t.Context())
	err = e.Request(t.Context(), list[0].ID, RequestStop)
	if f := fault.Of(err); f.Code != fault.Refused || !strings.Contains(f.Why, "a single act") || strings.Contains(f.Next, "resume") {
		t.Errorf("%v, next %q", err, f.Next)
	}
	if list, _ = e.List(t.Context()); list[0].State != Unknown {
		t.Errorf("it is %s", list[0].State)
	}
}
