package run

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote"
)

// walking starts a walk in the background and gives the function that waits for its end.
func walking(ctx context.Context, e *Engine, id string, rb Runbook, m Mode) func() (State, error) {
	var (
		wg    sync.WaitGroup
		state State
		err   error
	)
	wg.Go(func() { state, err = e.Walk(ctx, id, rb, m) })
	return func() (State, error) { wg.Wait(); return state, err }
}

func code(err error) fault.Code { return fault.CodeOf(err) }

func TestInterruptedAtTheBoundary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := memEngine(), newWorld(t)
		ctx, leave := context.WithCancel(t.Context())
		rb := w.book()
		do := rb.at("removed").Do
		rb.at("removed").Deadline = time.Hour
		rb.at("removed").Do = func(ctx context.Context, k *Walk) error {
			leave()
			if err := pause(ctx, 30*time.Second); err != nil { // within the grace
				return err
			}
			return do(ctx, k)
		}
		id := start(t, e, rb)
		state, err := e.Walk(ctx, id, rb, unattended)
		if state != Interrupted || err != nil || w.state() != "lame removed" {
			t.Fatalf("%s, %v, world %q", state, err, w.state())
		}
		if story := told(events(t, e, id)); !strings.HasSuffix(story, "removed:doing intent outcome:done leg-end:interrupted") {
			t.Error(story)
		}
		if state, err := e.Walk(t.Context(), id, w.book(), unattended); state != Done || err != nil {
			t.Errorf("resumed: %s, %v", state, err)
		}
		if n := w.count("removed"); n != 1 {
			t.Errorf("removed %d times", n)
		}
	})
}

// What is done is finished when the operator leaves, and nothing is begun any more, not even what nobody looks at first.
func TestNothingBeginsAfterTheOperatorLeft(t *testing.T) {
	e, w := memEngine(), newWorld(t)
	ctx, leave := context.WithCancel(t.Context())
	first := Step{StepInfo: StepInfo{ID: "first", Kind: Idempotent}, Do: func(ctx context.Context, k *Walk) error {
		leave()
		return w.acts("lame", "w2", act.Changes)(ctx, k)
	}}
	second := Step{StepInfo: StepInfo{ID: "second", Kind: Idempotent}, Do: w.acts("removed", "w2", act.Changes)}
	rb := Runbook{ID: "two", Target: "w2", Steps: []Step{first, second}}
	id := start(t, e, rb)
	if state, err := e.Walk(ctx, id, rb, unattended); state != Interrupted || err != nil || w.state() != "lame" {
		t.Errorf("%s, %v, world %q", state, err, w.state())
	}
}

func TestGraceIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := memEngine(), newWorld(t)
		ctx, leave := context.WithCancel(t.Context())
		rb := w.book()
		rb.at("removed").Deadline = time.Hour
		rb.at("removed").Do = func(ctx context.Context, _ *Walk) error { leave(); <-ctx.Done(); return ctx.Err() }
		id := start(t, e, rb)
		began := time.Now()
		if state, err := e.Walk(ctx, id, rb, unattended); state != Interrupted || err != nil {
			t.Fatal(state, err)
		}
		if took := time.Since(began); took < time.Minute || took > time.Minute+2*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestInterruptedAtAGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := memEngine(), newWorld(t)
		ctx, leave := context.WithCancel(t.Context())
		rb := w.book()
		id := start(t, e, rb)
		wait := walking(ctx, e, id, rb, Mode{})
		settled(t)
		if v, err := e.View(t.Context(), id); err != nil || v.State != AtGate || v.Gate == nil || v.Gate.Confirm != "w2" {
			t.Fatalf("%+v, %v", v, err)
		}
		leave()
		if state, err := wait(); state != Interrupted || err != nil {
			t.Fatal(state, err)
		}
		if v, err := e.View(t.Context(), id); err != nil || v.State != Interrupted || v.Gate != nil {
			t.Errorf("%+v, %v", v.State, err)
		}
	})
}

// settled lets a second pass, and everything that happens in it.
func settled(t *testing.T) {
	t.Helper()
	if err := pause(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

func TestTwoClaimants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := memEngine(), newWorld(t)
		rb := w.book()
		id := start(t, e, rb)
		a, b := walking(t.Context(), e, id, rb, unattended), walking(t.Context(), e, id, rb, unattended)
		sa, ea := a()
		sb, eb := b()
		if (ea == nil) == (eb == nil) {
			t.Fatalf("a: %s, %v; b: %s, %v", sa, ea, sb, eb)
		}
		if loser := errors.Join(ea, eb); !errors.Is(loser, ErrTaken) && code(loser) != fault.Refused {
			t.Error(loser)
		}
		if w.count("lame") != 1 || w.count("rebuilt") != 1 {
			t.Error("both acted")
		}
	})
}

func TestOvertakenLegStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := memEngine(), newWorld(t)
		e2 := *e
		e2.Live = &memLive{held: map[string]bool{}} // another machine: its locks are not ours
		rb := w.book()
		sent := make(chan error, 1)
		do := rb.at("removed").Do
		rb.at("removed").Do = func(ctx context.Context, k *Walk) error {
			<-ctx.Done() // the process is suspended; when it wakes, another leg has begun
			sent <- do(ctx, k)
			return ctx.Err()
		}
		rb.at("removed").Deadline = time.Hour
		id := start(t, e, rb)
		old := walking(t.Context(), e, id, rb, unattended)
		settled(t)
		state, err := e2.Walk(t.Context(), id, w.book(), Mode{Unattended: true, Yes: true, Confirm: "w2", TakeOver: true})
		if state != Done || err != nil {
			t.Fatal(state, err)
		}
		if _, err := old(); !errors.Is(err, ErrOvertaken) {
			t.Errorf("the old leg: %v", err)
		}
		if err := <-sent; err == nil {
			t.Error("the old leg acted")
		}
		if w.count("removed") != 1 {
			t.Errorf("removed %d times", w.count("removed"))
		}
	})
}

func TestStaleAppendMeansReadAgain(t *testing.T) {
	e, w := memEngine(), newWorld(t)
	id := start(t, e, w.book())
	if err := e.Store.Append(t.Context(), id, 7, Event{Type: Output}); !errors.Is(err, ErrStale) {
		t.Error(err)
	}
}

func TestAnotherDefinitionIsRefused(t *testing.T) {
	e, w := memEngine(), newWorld(t)
	rb := w.book()
	id := start(t, e, rb)
	changed := w.book()
	changed.at("lame").Title = "something else"
	if _, err := e.Walk(t.Context(), id, changed, unattended); code(err) != fault.Refused || !strings.Contains(err.Error(), "next:") {
		t.Errorf("another hash: %v", err)
	}
	h := rb.Header("mike")
	h.Protocol = Protocol + 1
	if err := e.Store.Create(t.Context(), "future", h); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Walk(t.Context(), "future", rb, unattended); code(err) != fault.Refused || !strings.Contains(err.Error(), "protocol") {
		t.Errorf("another protocol: %v", err)
	}
	if _, err := e.Start(t.Context(), with("removed", func(_ *world, s *Step) { s.Until = "lame" })(w)); code(err) != fault.Usage {
		t.Errorf("a step that holds until an earlier one: %v", err)
	}
}

// TestResumeObserves undoes things by hand between two legs: what must hold still is redone, what expired is not.
func TestResumeObserves(t *testing.T) {
	e, w := memEngine(), newWorld(t)
	rb := w.book()
	id := start(t, e, rb)
	walk := func(m Mode, want State) {
		t.Helper()
		if state, err := e.Walk(t.Context(), id, rb, m); state != want || err != nil {
			t.Fatalf("%s, %v\n%s", state, err, told(events(t, e, id)))
		}
	}
	walk(Mode{Unattended: true}, AtGate) // before the rebuild
	w.unset("lame")
	walk(Mode{Unattended: true}, AtGate)
	if w.count("lame") != 2 || w.count("removed") != 1 {
		t.Errorf("lame %d, removed %d", w.count("lame"), w.count("removed"))
	}
	ret := rb.at("returned")
	do := ret.Do
	ret.Do = func(context.Context, *Walk) error { return errors.New("busy") }
	walk(unattended, AtGate) // before the return; the rebuild took the lame duck away
	w.unset("removed")
	walk(unattended, AtGate)
	if w.count("lame") != 2 || w.count("removed") != 1 {
		t.Errorf("the return has begun, so nothing is redone: lame %d, removed %d", w.count("lame"), w.count("removed"))
	}
	ret.Do = do
	walk(unattended, Done)
	if w.count("rebuilt") != 1 {
		t.Errorf("rebuilt %d times", w.count("rebuilt"))
	}
}

type leases struct {
	err      error
	released int
}

func (l *leases) Acquire(context.Context, string) (func(context.Context) error, error) {
	return func(context.Context) error { l.released++; return nil }, l.err
}

func (l *leases) TakeFrom(ctx context.Context, run string) (func(context.Context) error, error) {
	return l.Acquire(ctx, run)
}

func TestLease(t *testing.T) {
	e, w := memEngine(), newWorld(t)
	l := &leases{err: &fault.Error{What: "jo is at work", Code: fault.Refused}}
	e.Lease = l
	rb := w.book()
	id := start(t, e, rb)
	if state, err := e.Walk(t.Context(), id, rb, unattended); state != Refused || code(err) != fault.Refused {
		t.Fatal(state, err)
	}
	if _, err := e.Walk(t.Context(), id, rb, unattended); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("a refused run is walked: %v", err)
	}
	id = start(t, e, rb)
	l.err = nil
	if state, err := e.Walk(t.Context(), id, rb, Mode{Unattended: true}); state != AtGate || err != nil || l.released != 1 {
		t.Fatal(state, err, l.released)
	}
	l.err = &fault.Error{What: "jo is at work", Code: fault.Refused}
	if state, err := e.Walk(t.Context(), id, rb, unattended); state != Refused || err == nil {
		t.Fatal(state, err)
	}
	if v, _ := e.View(t.Context(), id); v.State != Interrupted {
		t.Errorf("a begun run whose lease is not given is %s", v.State)
	}
}

func TestLostStoreSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := memEngine(), newWorld(t)
		m, ok := e.Store.(*memory)
		if !ok {
			t.Fatal("no memory")
		}
		full := errors.New("disk full")
		m.fail = func(ev Event) error {
			if ev.Type == Intent && ev.Step == "removed" {
				return full
			}
			return nil
		}
		rb := w.book()
		id := start(t, e, rb)
		state, err := e.Walk(t.Context(), id, rb, unattended)
		if state != Interrupted || !errors.Is(err, full) || !strings.Contains(err.Error(), "next:") {
			t.Errorf("%s, %v", state, err)
		}
		if w.has("removed") {
			t.Error("it was sent")
		}
		// The outcome is lost instead: what was sent is unknown to the next leg, which looks.
		m.fail = func(ev Event) error {
			if ev.Type == Settled && ev.Step == "removed" {
				return full
			}
			return nil
		}
		if _, err := e.Walk(t.Context(), id, rb, unattended); !errors.Is(err, full) || w.count("removed") != 1 {
			t.Errorf("%v, removed %d times", err, w.count("removed"))
		}
		m.fail = nil
		if state, err := e.Walk(t.Context(), id, rb, unattended); state != Done || err != nil || w.count("removed") != 1 {
			t.Errorf("%s, %v, removed %d times", state, err, w.count("removed"))
		}
		if story := told(events(t, e, id)); !strings.Contains(story, "outcome:unknown") {
			t.Error("the lost outcome is not said to be unknown: " + story)
		}
	})
}

func TestReadOnlyDoor(t *testing.T) {
	e, w := memEngine(), newWorld(t)
	e.Door.SetReadOnly(true)
	rb := w.book()
	id := start(t, e, rb)
	if state, err := e.Walk(t.Context(), id, rb, unattended); state != Refused || err != nil || w.state() != "" {
		t.Errorf("%s, %v, world %q", state, err, w.state())
	}
}

func TestPlanChangesNothing(t *testing.T) {
	e, w := memEngine(), newWorld(t)
	w.set("removed")
	var got []string
	for p, err := range e.Plan(t.Context(), w.book()) {
		if err != nil {
			t.Fatal(err)
		}
		moved := map[bool]string{true: " moved"}[p.Moved]
		got = append(got, p.ID+" "+string(p.Finding.Truth)+moved+" "+strings.Join(p.Plan, ","))
	}
	// What is removed now is found so by a step that comes after another: it says nothing of that step's turn.
	want := "check pending |lame pending set lame|removed done moved set removed|rebuilt pending moved set rebuilt|returned pending moved set returned"
	if strings.Join(got, "|") != want || w.state() != "removed" {
		t.Errorf("%s; world %q", strings.Join(got, "|"), w.state())
	}
	k := &Walk{step: &Step{}, facts: map[string]string{}}
	if err := k.Act(t.Context(), act.Act{}, nil); code(err) != fault.Refused {
		t.Errorf("a dry walk acts: %v", err)
	}
}

func TestSingle(t *testing.T) {
	for want, outcome := range map[State]error{Done: nil, Failed: errors.New("no"), Unknown: remote.ErrUnknown} {
		e := memEngine()
		a := act.Act{Verb: "hold/clear", Target: "w2", What: "clear the hold", Danger: act.Changes}
		_, settle, err := e.Door.Open(t.Context(), e.Single(), a)
		if err != nil {
			t.Fatal(err)
		}
		list, _ := e.List(t.Context())
		if list[0].State != Running || list[0].Runbook != "hold/clear" {
			t.Errorf("while it goes on: %+v", list)
		}
		if err := settle(act.Outcome{Err: outcome}); err != nil {
			t.Fatal(err)
		}
		list, _ = e.List(t.Context())
		if list[0].State != want {
			t.Errorf("%v gives %s", outcome, list[0].State)
		}
	}
}

func TestWaitsAreToldWhenTheyChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := memEngine(), newWorld(t)
		rb := w.book()
		n := 0
		rb.at("lame").Usual = "as long as the slowest"
		rb.at("lame").Verify = func(*Walk) Check {
			return func(context.Context) (Progress, error) {
				n++
				return Progress{Done: n > 6, For: []string{"3 left", "2 left"}[n/4%2], Again: 100 * time.Millisecond, Usual: []string{"", "2 s"}[n/4%2]}, nil
			}
		}
		id := start(t, e, rb)
		if state, err := e.Walk(t.Context(), id, rb, unattended); state != Done || err != nil {
			t.Fatal(state, err)
		}
		var waits []string
		for _, ev := range events(t, e, id) {
			if ev.Type == Waiting && ev.Step == "lame" {
				var wait Wait
				if err := json.Unmarshal(ev.Data, &wait); err != nil {
					t.Error(err)
				}
				waits = append(waits, ev.Detail+", usually "+wait.Usual) // the step's own word where the look has no better
			}
		}
		if strings.Join(waits, "|") != "3 left, usually as long as the slowest|2 left, usually 2 s" {
			t.Error(waits)
		}
	})
}
