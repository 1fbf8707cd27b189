package run

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A run's time is told apart by its log: whose a step's is once it acts, the operator's at a gate, ours for the rest, and nobody's between two legs.
func TestWhoseTimeItWas(t *testing.T) {
	header := Header{Steps: []StepInfo{{ID: "look"}, {ID: "rebuild", Awaits: "provider"}}}
	at, seq := time.Unix(1000, 0), uint64(0)
	v := NewView("r")
	say := func(after time.Duration, ty Type, step, state string, data any) {
		t.Helper()
		raw, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		at, seq = at.Add(after), seq+1
		v.Apply(Event{Seq: seq, Time: at, Type: ty, Step: step, State: state, Data: raw})
	}
	say(0, Started, "", "", header)
	say(time.Hour, LegOpen, "", "", Leg{}) // nobody walked it until then
	say(time.Second, Stepped, "look", string(Observing), nil)
	say(2*time.Second, Stepped, "look", string(StepDone), nil)
	say(4*time.Second, Stepped, "rebuild", string(Observing), nil)
	say(8*time.Second, Gated, "rebuild", "", Gate{Cause: "sure?"})
	say(16*time.Second, Answered, "rebuild", "", Answer{Gate: seq, Choice: Go})
	say(32*time.Second, Stepped, "rebuild", string(Doing), nil)
	say(64*time.Second, Stepped, "rebuild", string(Verifying), nil)
	say(128*time.Second, Waiting, "rebuild", "", Wait{For: "it"})
	say(256*time.Second, LegEnd, "", "", nil)
	say(time.Hour, LegOpen, "", "", Leg{})
	say(512*time.Second, Stepped, "rebuild", string(StepDone), nil)
	say(time.Second, Result, "", string(Done), nil)
	say(time.Hour, Asked, "", RequestStop, nil) // after its end
	want := Spent{
		By:   map[string]time.Duration{Ours: (1 + 2 + 4 + 8 + 32 + 1) * time.Second, Operators: 16 * time.Second, "provider": (64 + 128 + 256 + 512) * time.Second},
		Ours: map[string]time.Duration{"look": 6 * time.Second, "rebuild": (8 + 32 + 1) * time.Second},
	}
	if diff := cmp.Diff(want.By, v.Spent.By); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.Ours, v.Spent.Ours); diff != "" {
		t.Error(diff)
	}
	if v.Spent.All() != want.All() {
		t.Errorf("%s in all", v.Spent.All())
	}
}
