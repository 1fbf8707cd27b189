package run

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote"
)

// path is one way through a runbook.
type path struct {
	name   string
	book   func(*world) Runbook
	before func(*world)
	mode   Mode
	script []Answer
	state  State
	story  string // as told; a part is enough
	world  string
	gate   string // part of the last gate's cause
}

var goes = Answer{Choice: Go, Typed: "w2"}

func plainBook(w *world) Runbook { return w.book() }

// with changes one step of the made-up runbook.
func with(id string, change func(w *world, s *Step)) func(*world) Runbook {
	return func(w *world) Runbook {
		rb := w.book()
		change(w, rb.at(id))
		return rb
	}
}

const allDone = "check:doing check:done lame:doing intent outcome:done lame:done removed:doing intent outcome:done removed:done " +
	"gate rebuilt:doing intent outcome:done rebuilt:done returned:doing intent outcome:done returned:done result:done"

// failsOnce makes a Do that fails at first.
func failsOnce(s *Step, err error) {
	do, failed := s.Do, false
	s.Do = func(ctx context.Context, k *Walk) error {
		if !failed {
			failed = true
			return err
		}
		return do(ctx, k)
	}
}

// loses makes a Do whose first act is applied (or not), and no answer comes.
func loses(w *world, s *Step, applied bool) {
	do, lost := s.Do, false
	s.Do = func(ctx context.Context, k *Walk) error {
		if lost {
			return do(ctx, k)
		}
		lost = true
		a := act.Act{Target: "w2", What: "set " + s.ID, Danger: act.Changes}
		return k.Act(ctx, a, func(context.Context, act.Permit) error {
			if applied {
				w.set(s.ID)
			}
			return errors.Join(errors.New("connection reset"), remote.ErrUnknown)
		})
	}
}

var paths = []path{
	{name: "attended", book: plainBook, script: []Answer{goes}, state: Done, story: allDone, world: "rebuilt returned"},
	{name: "unattended", book: plainBook, mode: unattended, state: Done, story: allDone, world: "rebuilt returned"},
	{name: "already", book: plainBook, before: func(w *world) { w.set("removed") }, mode: unattended, state: Done, story: "lame:done removed:already gate", world: "rebuilt returned"},
	{name: "unattended without the name", book: plainBook, mode: Mode{Unattended: true, Yes: true}, state: AtGate, story: "removed:done gate result:waiting", world: "lame removed"},
	{name: "unattended with another name", book: plainBook, mode: Mode{Unattended: true, Yes: true, Confirm: "w3"}, state: AtGate, world: "lame removed"},
	{name: "plain gate needs yes", book: with("lame", func(_ *world, s *Step) { s.Gate = true }), mode: Mode{Unattended: true, Confirm: "w2"},
		state: AtGate, story: "check:done gate result:waiting", gate: "ready"},
	{name: "plain gate with yes", book: with("lame", func(_ *world, s *Step) { s.Gate = true }), mode: unattended, state: Done, story: "check:done gate lame:doing", world: "rebuilt returned"},
	{name: "stop at the plan", book: plainBook, script: []Answer{{Choice: Stop}}, state: Stopped, world: "lame removed"},
	{name: "undo at the plan", book: plainBook, script: []Answer{{Choice: Undo}}, state: Undone,
		story: "gate removed:undoing intent outcome:done removed:undone lame:undoing intent outcome:done lame:undone result:undone"},
	{name: "undo leaves what was so", book: plainBook, before: func(w *world) { w.set("lame") }, script: []Answer{{Choice: Undo}}, state: Undone, world: "lame"},
	{name: "skip with a reason", book: with("removed", func(_ *world, s *Step) { s.Gate = true }), script: []Answer{{Choice: Skip, Reason: "it is out"}, goes},
		state: Done, story: "gate removed:skipped gate", world: "rebuilt returned"},
	{name: "failure, retry", book: with("removed", func(_ *world, s *Step) { failsOnce(s, errors.New("balancer is busy")) }), script: []Answer{{Choice: Retry}, goes},
		state: Done, story: "removed:failed gate removed:doing intent outcome:done removed:done", world: "rebuilt returned"},
	{name: "failure, skip", book: with("removed", func(_ *world, s *Step) { failsOnce(s, errors.New("no")) }), script: []Answer{{Choice: Skip, Reason: "by hand"}, goes},
		state: Done, story: "removed:failed gate removed:skipped", world: "rebuilt returned"},
	{name: "failure, stop", book: with("removed", func(_ *world, s *Step) { failsOnce(s, errors.New("no")) }), script: []Answer{{Choice: Stop}}, state: Failed, world: "lame"},
	{name: "failure, undo", book: with("removed", func(_ *world, s *Step) { failsOnce(s, errors.New("no")) }), script: []Answer{{Choice: Undo}}, state: Undone, world: ""},
	{name: "failure, unattended", book: with("removed", func(_ *world, s *Step) { failsOnce(s, errors.New("no such balancer")) }), mode: unattended,
		state: AtGate, story: "removed:failed gate result:waiting", world: "lame", gate: "no such balancer"},
	{name: "refused before anything changed", book: with("check", func(_ *world, s *Step) { failsOnce(s, &fault.Error{What: "budget", Code: fault.Refused}) }),
		mode: unattended, state: Refused, story: "check:failed result:refused"},
	{name: "refused after something changed waits", book: with("removed", func(_ *world, s *Step) { failsOnce(s, &fault.Error{What: "budget", Code: fault.Refused}) }),
		mode: unattended, state: AtGate, world: "lame"},
	{name: "conflict", book: with("removed", func(w *world, s *Step) {
		s.Observe = func(context.Context, *Walk) (Finding, error) {
			return Finding{Truth: Conflict, Detail: "two rebuilds", Details: []string{"a", "b"}, Hint: "ask them"}, nil
		}
	}), mode: unattended, state: AtGate, world: "lame", gate: "two rebuilds"},
	{name: "deadline", book: with("removed", func(_ *world, s *Step) {
		s.Verify = func(*Walk) Check {
			return func(context.Context) (Progress, error) {
				return Progress{For: "2 members", Again: time.Second}, nil
			}
		}
	}), mode: unattended, state: AtGate, gate: "2 members", world: "lame removed"},
	{name: "deadline of a look that hangs", book: with("removed", func(_ *world, s *Step) {
		s.Verify = func(*Walk) Check {
			return func(ctx context.Context) (Progress, error) { <-ctx.Done(); return Progress{}, ctx.Err() }
		}
	}), mode: unattended, state: AtGate, gate: "not within 1m", world: "lame removed"},
	{name: "deadline of an act that hangs", book: with("removed", func(_ *world, s *Step) {
		s.Do = func(ctx context.Context, _ *Walk) error { <-ctx.Done(); return ctx.Err() }
	}), mode: unattended, state: AtGate, gate: "not within 1m", world: "lame"},
	{name: "a once-step late is waited for again, not sent again", book: with("rebuilt", func(w *world, s *Step) {
		n := 0
		s.Observe = nil
		s.Verify = func(*Walk) Check {
			n++
			late := n == 1
			return func(context.Context) (Progress, error) {
				return Progress{Done: !late, For: "the action", Again: time.Second}, nil
			}
		}
	}), script: []Answer{goes, {Choice: Retry}}, state: Done, story: "rebuilt:failed gate rebuilt:done", world: "rebuilt returned"},
	{name: "unknown in an idempotent step", book: with("removed", func(w *world, s *Step) { loses(w, s, false) }), mode: unattended,
		state: Unknown, story: "intent outcome:unknown removed:unknown gate result:unknown", world: "lame"},
	{name: "unknown, applied, retry adopts", book: with("rebuilt", func(w *world, s *Step) { loses(w, s, true) }), script: []Answer{goes, {Choice: Retry}},
		state: Done, story: "outcome:unknown rebuilt:unknown gate outcome:done rebuilt:done", world: "lame rebuilt returned"},
	{name: "unknown, not applied, retry asks for the name again and sends again", book: with("rebuilt", func(w *world, s *Step) { loses(w, s, false) }),
		script: []Answer{goes, {Choice: Retry}, goes}, state: Done,
		story: "outcome:unknown rebuilt:unknown gate gate rebuilt:doing intent outcome:done rebuilt:done", world: "rebuilt returned", gate: "AGAIN"},
	{name: "what it stands on has changed, so has the word", book: with("rebuilt", func(_ *world, s *Step) {
		s.Ready = func(context.Context, *Walk) (Ready, error) {
			return Ready{Confirm: "3164495", Details: []string{"silent"}}, nil
		}
	}), mode: unattended, state: AtGate, story: "gate result:waiting", world: "lame removed"},
	{name: "what it stands on cannot be told", book: with("rebuilt", func(_ *world, s *Step) {
		s.Ready = func(context.Context, *Walk) (Ready, error) { return Ready{}, errors.New("it works again") }
	}), mode: unattended, state: AtGate, story: "rebuilt:failed gate result:waiting", gate: "it works again", world: "lame removed"},
	{name: "unknown, stop", book: with("rebuilt", func(w *world, s *Step) { loses(w, s, false) }), script: []Answer{goes, {Choice: Stop}}, state: Unknown, world: "lame removed"},
	{name: "question, go", book: with("removed", func(_ *world, s *Step) {
		asksFirst(s, NeedsGo{Cause: "a new host key", Details: []string{"old", "new"}})
	}),
		script: []Answer{goes, goes}, state: Done, story: "gate removed:doing intent", world: "rebuilt returned"},
	{name: "question, unattended yes", book: with("removed", func(_ *world, s *Step) { asksFirst(s, NeedsGo{Cause: "a new host key"}) }), mode: unattended, state: Done, world: "rebuilt returned"},
	{name: "question, never without an operator", book: with("removed", func(_ *world, s *Step) { asksFirst(s, NeedsGo{Cause: "a changed host key", Attended: true}) }),
		mode: unattended, state: AtGate, gate: "changed host key", world: "lame"},
	{name: "under way is only verified", book: with("rebuilt", func(w *world, s *Step) {
		s.Observe = func(context.Context, *Walk) (Finding, error) { return Finding{Truth: UnderWay}, nil }
	}), before: func(w *world) { w.set("rebuilt") }, mode: unattended, state: Done, story: "removed:done rebuilt:done", world: "lame rebuilt returned"},
	{name: "undo that fails, retried", book: with("lame", func(_ *world, s *Step) {
		undo, failed := s.Undo, false
		s.Undo = func(ctx context.Context, k *Walk) error {
			if !failed {
				failed = true
				return errors.New("host is slow")
			}
			return undo(ctx, k)
		}
	}), script: []Answer{{Choice: Undo}, {Choice: Retry}}, state: Undone, story: "lame:undoing lame:failed gate lame:undoing intent outcome:done lame:undone result:undone"},
	{name: "no undo behind the point of no return", book: with("returned", func(_ *world, s *Step) { failsOnce(s, errors.New("no")) }),
		script: []Answer{goes, {Choice: Stop}}, state: Failed, world: "removed rebuilt"},
}

// asksFirst makes a Do that needs a go.
func asksFirst(s *Step, ask NeedsGo) {
	do := s.Do
	s.Do = func(ctx context.Context, k *Walk) error {
		ask.Key = "it"
		if !k.Granted("it") {
			return ask
		}
		return do(ctx, k)
	}
}

func TestPaths(t *testing.T) {
	for _, p := range paths {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { p.walk(t) })
		})
	}
}

func (p path) walk(t *testing.T) {
	e, w := memEngine(), newWorld(t)
	if p.before != nil {
		p.before(w)
	}
	rb := p.book(w)
	id := start(t, e, rb)
	over := operator(t, e, id, p.script...)
	state, err := e.Walk(t.Context(), id, rb, p.mode)
	over()
	evs := events(t, e, id)
	if err != nil || state != p.state {
		t.Errorf("ended %s, %v; want %s\n%s", state, err, p.state, told(evs))
	}
	if !strings.Contains(told(evs), p.story) {
		t.Errorf("story:\n%s\nwant:\n%s", told(evs), p.story)
	}
	if p.world != w.state() && (p.world != "" || p.state != AtGate) {
		t.Errorf("world is %q, want %q", w.state(), p.world)
	}
	if p.gate != "" && !strings.Contains(lastGate(t, e, id).Cause, p.gate) {
		t.Errorf("gate says %q, want %q", lastGate(t, e, id).Cause, p.gate)
	}
	list, err := e.List(t.Context())
	if err != nil || len(list) != 1 || list[0].State != p.state {
		t.Errorf("listed as %+v, %v", list, err)
	}
}

// What was said beforehand was said of the first sending: whoever retries is asked for the word again.
func TestSendingAgainIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := memEngine(), newWorld(t)
		rb := with("rebuilt", func(w *world, s *Step) { loses(w, s, false) })(w)
		id := start(t, e, rb)
		if state, err := e.Walk(t.Context(), id, rb, unattended); state != Unknown || err != nil {
			t.Fatal(state, err)
		}
		var state State
		var err error
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			state, err = e.Walk(t.Context(), id, rb, Mode{Yes: true, Confirm: "w2"})
		}()
		for _, a := range []Answer{{Choice: Retry}, goes} {
			synctest.Wait() // it stands at a gate
			evs := events(t, e, id)
			a.Gate = evs[len(evs)-1].Seq
			if err := e.Answer(t.Context(), id, a); err != nil {
				t.Error(err)
			}
		}
		<-ended
		if state != Done || err != nil || !strings.Contains(lastGate(t, e, id).Cause, "AGAIN") {
			t.Errorf("ended %s, %v\n%s", state, err, told(events(t, e, id)))
		}
	})
}

func TestGateBehindNoReturnOffersNoUndo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := memEngine(), newWorld(t)
		rb := with("returned", func(_ *world, s *Step) { failsOnce(s, errors.New("no")) })(w)
		id := start(t, e, rb)
		if state, err := e.Walk(t.Context(), id, rb, unattended); state != AtGate || err != nil {
			t.Fatal(state, err)
		}
		for _, c := range lastGate(t, e, id).Choices {
			if c == Undo {
				t.Error("undo is offered")
			}
		}
		_, err := e.Walk(t.Context(), id, rb, Mode{Undo: true})
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.Refused || !strings.Contains(f.Why, "rebuilt") || f.Next == "" {
			t.Errorf("undo: %v", err)
		}
		if err := e.Request(t.Context(), id, RequestUndo); err == nil {
			t.Error("undo can be requested")
		}
		if state, err := e.Walk(t.Context(), id, rb, unattended); state != Done || err != nil {
			t.Errorf("resumed: %s, %v", state, err)
		}
		if n := w.count("rebuilt"); n != 1 {
			t.Errorf("rebuilt %d times", n)
		}
	})
}

// A step that is not wanted is passed over, stays so, and has nothing to take back.
func TestLeftOut(t *testing.T) {
	w := newWorld(t)
	rb := w.book()
	asked := 0
	lame := rb.at("lame")
	lame.Observe = func(context.Context, *Walk) (Finding, error) {
		asked++
		return Finding{Truth: LeftOut, Detail: "not today"}, nil
	}
	lame.Undo = func(context.Context, *Walk) error { t.Error("taken back"); return nil }
	e := memEngine()
	id := start(t, e, rb)
	for _, m := range []Mode{{Unattended: true}, {Unattended: true}, {Unattended: true, Undo: true}} {
		if _, err := e.Walk(t.Context(), id, rb, m); err != nil {
			t.Fatal(err)
		}
	}
	v, err := e.View(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if asked != 1 || v.Steps[1].State != Skipped || v.Steps[1].Detail != "not today" || w.has("lame") || v.State != Undone {
		t.Errorf("asked %d times; %s, %+v", asked, v.State, v.Steps[1])
	}
}

// What a run is made of is more than its steps' names where it is data.
func TestHashHoldsTheDefinition(t *testing.T) {
	rb := Runbook{ID: "a", Inputs: map[string]string{"x": "1"}}
	plain := rb.Hash()
	rb.Inputs = map[string]string{"x": "2"}
	if rb.Hash() != plain {
		t.Error("the inputs of a runbook that is code count: it resolves them itself")
	}
	rb.Definition = "steps: []"
	first := rb.Hash()
	rb.Inputs = map[string]string{"x": "3"}
	second := rb.Hash()
	rb.Definition = "steps: [1]"
	if first == plain || second == first || rb.Hash() == second {
		t.Error("another text or input, and the same hash")
	}
}
