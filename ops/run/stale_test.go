package run

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
)

// racing is a store in which somebody else appends just before chosen appends, and whose tails hear nothing.
type racing struct {
	*memory
	before func(ev Event) *Event
}

func (r *racing) Append(ctx context.Context, id string, after uint64, events ...Event) error {
	for _, ev := range events {
		if other := r.before(ev); other != nil {
			if err := r.memory.Append(ctx, id, after, *other); err != nil {
				return err
			}
		}
	}
	return r.memory.Append(ctx, id, after, events...)
}

func (r *racing) Tail(ctx context.Context, _ string, _ uint64) iter.Seq2[Event, error] {
	return func(func(Event, error) bool) { <-ctx.Done() }
}

// race makes other appear once, before the first event that when chooses.
func race(e *Engine, when func(Event) bool, other Event) {
	m, ok := e.Store.(*memory)
	if !ok {
		panic("no memory")
	}
	done := false
	e.Store = &racing{memory: m, before: func(ev Event) *Event {
		if done || !when(ev) {
			return nil
		}
		done = true
		return &other
	}}
}

func TestAppendsMeet(t *testing.T) {
	intent := func(ev Event) bool { return ev.Type == Intent && ev.Step == "removed" }
	opens := func(ev Event) bool { return ev.Type == LegOpen }
	newer := Event{Type: LegOpen, Leg: 2}
	for name, c := range map[string]struct {
		when  func(Event) bool
		other Event
		state State
		err   error
		world string
	}{
		"a note":                         {intent, Event{Type: Output, Detail: "hello"}, Done, nil, "rebuilt returned"},
		"a request to stop":              {intent, Event{Type: Asked, State: RequestStop}, Stopped, nil, "lame removed"},
		"a newer leg before the intent":  {intent, newer, Running, ErrOvertaken, "lame"},
		"a note while a leg is claimed":  {opens, Event{Type: Output, Detail: "hello"}, Done, nil, "rebuilt returned"},
		"another leg, claimed before us": {opens, Event{Type: LegOpen, Leg: 1}, Running, ErrTaken, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e, w := memEngine(), newWorld(t)
			race(e, c.when, c.other)
			rb := w.book()
			id := start(t, e, rb)
			state, err := e.Walk(t.Context(), id, rb, unattended)
			if state != c.state || !errors.Is(err, c.err) || w.state() != c.world {
				t.Errorf("%s, %v, world %q\n%s", state, err, w.state(), told(events(t, e, id)))
			}
		})
	}
}

func TestAnswerMeetsAnotherEvent(t *testing.T) {
	e, w := memEngine(), newWorld(t)
	m := e.Store
	rb := w.book()
	id := start(t, e, rb)
	wait := walking(t.Context(), e, id, rb, Mode{})
	for ev, err := range m.Tail(t.Context(), id, 0) {
		if err != nil || ev.Type != Gated {
			continue
		}
		other := *e
		race(&other, func(ev Event) bool { return ev.Type == Answered }, Event{Type: Output, Detail: "hello"})
		if err := other.Answer(t.Context(), id, Answer{Gate: ev.Seq, Choice: Go, Typed: "w2"}); err != nil {
			t.Fatal(err)
		}
	}
	if state, err := wait(); state != Done || err != nil {
		t.Error(state, err)
	}
}

func TestWhatAStepSees(t *testing.T) {
	e, w := memEngine(), newWorld(t)
	rb := w.book()
	var saw []string
	do := rb.at("returned").Do
	rb.at("returned").Do = func(ctx context.Context, k *Walk) error {
		in := k.Intents("rebuilt")
		if len(in) != 1 || in[0].State != settledDone || in[0].Effect != "rebuilt-1" || in[0].Verb != "made-up/rebuilt" || len(k.Intents("")) != 0 {
			t.Errorf("intents %+v", in)
		}
		if k.Attended() || !k.Resumed() || k.Dry() || k.Run() == "" || k.Fact("seen") != "yes" || k.Fact("unseen") != "" {
			t.Error("the walk says something else")
		}
		for _, v := range []string{"a", "a", "b"} {
			if err := k.Remember(ctx, "k", v); err != nil {
				return err
			}
			saw = append(saw, k.Fact("k"))
		}
		k.Out("two\nlines\n")
		return do(ctx, k)
	}
	id := start(t, e, rb)
	if state, err := e.Walk(t.Context(), id, rb, Mode{Unattended: true}); state != AtGate || err != nil {
		t.Fatal(state, err)
	}
	if state, err := e.Walk(t.Context(), id, rb, unattended); state != Done || err != nil {
		t.Fatal(state, err)
	}
	var facts, lines int
	for _, ev := range events(t, e, id) {
		switch {
		case ev.Type == Fact && ev.Step == "returned":
			facts++
		case ev.Type == Output && ev.Step == "returned":
			lines++
		}
	}
	if strings.Join(saw, "") != "aab" || facts != 2 || lines != 2 {
		t.Errorf("saw %v, %d facts, %d lines", saw, facts, lines)
	}
}
