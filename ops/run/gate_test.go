package run

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
)

// A gate of every cause says why the run waits, what to do, what another try would do, and what going back would do.
func TestGatesTellWhatIsAhead(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *Step)
		want   Gate
	}{
		"a failure": {func(s *Step) {
			failsOnce(s, &fault.Error{What: "the balancer is busy", Why: "it works", Next: "wait"})
		}, Gate{Cause: "the balancer is busy: it works", Hint: "wait", Plan: []string{"set removed"}, Undo: []string{"lame: rm the flag"}, Failure: true}},
		"a failure to look": {func(s *Step) {
			s.Observe = func(context.Context, *Walk) (Finding, error) { return Finding{}, errors.New("no route") }
		}, Gate{Cause: "no route", Plan: []string{"set removed"}, Undo: []string{"lame: rm the flag"}, Failure: true}},
		"a question": {func(s *Step) {
			asksFirst(s, NeedsGo{Cause: "a new key", Hint: "compare", Details: []string{"old", "new"}, Attended: true})
		}, Gate{Cause: "a new key", Hint: "compare", Details: []string{"old", "new"}, Plan: []string{"set removed"}, Undo: []string{"lame: rm the flag"}}},
		"a deadline": {func(s *Step) {
			s.Verify = func(*Walk) Check {
				return func(context.Context) (Progress, error) {
					return Progress{For: "2 members", Again: time.Second}, nil
				}
			}
		}, Gate{
			Cause: "make it removed: not within 1m: still waiting for 2 members", Hint: "retry waits as long again",
			Plan: []string{"set removed"}, Undo: []string{"removed: take back: make it removed", "lame: rm the flag"}, Failure: true,
		}},
		"its own": {func(s *Step) { s.Confirm = "w9" }, Gate{Cause: "this cannot be taken back: make it removed", Hint: "because", Confirm: "w9", Plan: []string{"set removed"}, Undo: []string{"lame: rm the flag"}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, w := memEngine(), newWorld(t)
				rb := with("removed", func(_ *world, s *Step) { c.change(s) })(w)
				rb.at("lame").UndoPlan = []string{"rm the flag"}
				id := start(t, e, rb)
				if state, err := e.Walk(t.Context(), id, rb, unattended); state != AtGate || err != nil {
					t.Fatal(state, err)
				}
				g := lastGate(t, e, id)
				same := g.Cause == c.want.Cause && g.Hint == c.want.Hint && g.Confirm == c.want.Confirm && g.Failure == c.want.Failure
				if !same || !slices.Equal(g.Plan, c.want.Plan) || !slices.Equal(g.Undo, c.want.Undo) || !slices.Equal(g.Details, c.want.Details) {
					t.Errorf("%+v\nwant\n%+v", g, c.want)
				}
				if !slices.Contains(g.Choices, Skip) || !slices.Contains(g.Choices, Undo) || !slices.Contains(g.Choices, Stop) {
					t.Errorf("choices %v", g.Choices)
				}
			})
		})
	}
}

func TestSkippingNeedsAReason(t *testing.T) {
	g := Gate{Choices: []Choice{Retry, Skip}}
	if err := g.accepts(Answer{Choice: Skip}); code(err) != fault.Refused {
		t.Error(err)
	}
	if err := g.accepts(Answer{Choice: Skip, Reason: "by hand"}); err != nil {
		t.Error(err)
	}
}

// What somebody did by hand while nobody walked is seen, and neither done again nor taken for granted.
func TestHandsMeanwhile(t *testing.T) {
	type hands func(*site)
	set := func(key string, value int) hands {
		return func(s *site) { s.mu.Lock(); defer s.mu.Unlock(); s.things[key] = value }
	}
	for name, c := range map[string]struct {
		hands hands
		step  string
		want  []StepState // of the step, in the second leg
		sent  int         // in both
	}{
		"finished":               {set(theCharge, 1), "charge", []StepState{Observing, Already}, 0},
		"a rebuild finished":     {set(theDisk, 3), "rebuild", []StepState{Observing, Already}, 0},
		"a rebuild begun":        {set(theDisk, 1), "rebuild", []StepState{Observing, Verifying, StepDone}, 0},
		"undone, and must hold":  {set(theOut, 0), "out", []StepState{Observing, Doing, Verifying, StepDone}, 2},
		"not touched, must hold": {func(*site) {}, "out", []StepState{Observing, StepDone}, 1},
		"undone, and may be":     {set(theNotice, 0), "notice", nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			e := memEngine()
			s := newSite(e.Store)
			rb := everyKind(s)
			stop := rb.at("wait").Verify
			rb.at("wait").Verify = func(*Walk) Check {
				return func(context.Context) (Progress, error) { return Progress{}, errors.New("no") }
			}
			s.id = start(t, e, rb)
			if state, err := e.Walk(t.Context(), s.id, rb, unattended); state != AtGate || err != nil {
				t.Fatal(state, err)
			}
			before := len(events(t, e, s.id))
			c.hands(s)
			rb.at("wait").Verify = stop
			if state, err := e.Walk(t.Context(), s.id, rb, unattended); state != Done || err != nil {
				t.Fatalf("%s, %v\n%s", state, err, told(events(t, e, s.id)))
			}
			evs := events(t, e, s.id)
			var got []StepState
			for _, ev := range evs[before:] {
				if ev.Type == Stepped && ev.Step == c.step {
					got = append(got, StepState(ev.State))
				}
			}
			r, err := read(t.Context(), e.Store, s.id)
			if err != nil {
				t.Fatal(err)
			}
			if sent := len(r.hist.step(c.step).sent()); sent != c.sent || !slices.Equal(got, c.want) {
				t.Errorf("%v, sent %d times", got, sent)
			}
			keepsTheLaw(t, evs)
		})
	}
}

// A conflict stops the run, with what the log says and what the world says, and nobody passes it beforehand.
func TestConflictShowsBothVersions(t *testing.T) {
	e := memEngine()
	s := newSite(e.Store)
	rb := everyKind(s)
	look := rb.at("out").Observe
	theirs := false
	rb.at("out").Observe = func(ctx context.Context, k *Walk) (Finding, error) {
		if theirs {
			return Finding{Truth: Conflict, Detail: "jo took it out", Hint: "ask jo", Details: []string{"jo, since 12:00"}}, nil
		}
		return look(ctx, k)
	}
	s.id = start(t, e, rb)
	if state, err := e.Walk(t.Context(), s.id, rb, Mode{Unattended: true, Yes: true}); state != AtGate || err != nil {
		t.Fatal(state, err)
	}
	theirs = true
	if state, err := e.Walk(t.Context(), s.id, rb, unattended); state != AtGate || err != nil {
		t.Fatal(state, err)
	}
	g := lastGate(t, e, s.id)
	said := strings.Join(g.Details, "\n")
	for _, want := range []string{"the log says: sent in leg 1, set out true [w2]: done", "the world says: conflict: jo took it out", "jo, since 12:00"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	if !g.Failure || g.Hint != "ask jo" || !slices.Equal(g.Choices, []Choice{Retry, Undo, Stop}) {
		t.Errorf("%+v", g)
	}
}
