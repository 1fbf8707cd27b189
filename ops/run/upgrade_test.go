package run

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
)

// TestAnotherProtocolIsReadAndRefused keeps the run of another engine: it is listed and shown, it is not walked, and there is a way on.
func TestAnotherProtocolIsReadAndRefused(t *testing.T) {
	e, w := sqlEngine(t, t.TempDir()), newWorld(t)
	rb := w.book()
	for _, protocol := range []int{0, Protocol + 1} {
		h := rb.Header("mike")
		h.Protocol = protocol
		id, err := create(t.Context(), e.Store, h)
		if err != nil {
			t.Fatal(err)
		}
		leg := Event{Type: LegOpen, Leg: 1, Data: json.RawMessage(`{"operator":"jo","host":"old"}`)}
		novelty := Event{Type: "novelty", Leg: 1, Step: "lame", Data: json.RawMessage(`[{"deep":1}]`)}
		if err := e.Store.Append(t.Context(), id, 1, leg, novelty, Event{Type: Stepped, Step: "removed", State: "hovering", Leg: 1}); err != nil {
			t.Fatal(err)
		}
		v, err := e.View(t.Context(), id)
		if err != nil || v.State != Interrupted || v.Header.Target != "w2" || len(v.Steps) != len(rb.Steps) {
			t.Errorf("%+v, %v", v, err)
		}
		for _, m := range []Mode{unattended, {Undo: true, Unattended: true}, {TakeOver: true, Unattended: true}} {
			_, err = e.Walk(t.Context(), id, rb, m)
			if f := fault.Of(err); code(err) != fault.Refused || !strings.Contains(f.Why, "protocol") || !strings.Contains(f.Next, "vmtui runs stop "+id) {
				t.Errorf("%+v: %v", m, err)
			}
		}
		if err := e.Request(t.Context(), id, RequestStop); err != nil {
			t.Fatal(err)
		}
		if v, err := e.View(t.Context(), id); err != nil || v.State != Stopped {
			t.Errorf("the way on led to %s, %v", v.State, err)
		}
	}
	if w.state() != "" {
		t.Errorf("world %q", w.state())
	}
}

// TestGatesOfOlderEnginesAreAnswered reads a log whose gate has no ticket, and whose answer has none.
func TestGatesOfOlderEnginesAreAnswered(t *testing.T) {
	v := NewView("r")
	gate := Event{Type: Gated, Step: "s", Data: json.RawMessage(`{"cause":"ready","choices":["go","stop"]}`)}
	for i, ev := range []Event{
		{Type: Started, Data: json.RawMessage(`{"protocol":1,"steps":[{"id":"s"}]}`)},
		{Type: LegOpen, Leg: 1, Data: json.RawMessage(`{"operator":"jo","host":"old","pid":1}`)}, gate,
		{Type: Answered, Data: json.RawMessage(`{"gate":3,"choice":"go","by":"jo"}`)}, gate,
	} {
		ev.Seq = uint64(i) + 1
		v.Apply(ev)
		if open := ev.Type == Gated; open != (v.Gate != nil) {
			t.Errorf("after event %d the gate is %v", ev.Seq, v.Gate)
		}
	}
	if err := v.bears(Answer{Gate: 3, Choice: Go}); err == nil || !strings.Contains(err.Error(), "jo said go at") {
		t.Errorf("the first gate's answer now: %v", err)
	}
	if err := v.bears(v.Answer(Go)); err != nil {
		t.Error(err)
	}
}

// TestTicketsTellGatesApart changes, one after another, everything that a gate asks.
func TestTicketsTellGatesApart(t *testing.T) {
	g := Gate{Cause: "c", Details: []string{"d"}, Plan: []string{"p"}, Confirm: "w2", Choices: []Choice{Go}}
	seen := map[Ticket]bool{g.ticket(1, "s", 1): true}
	for _, change := range []func(Gate) Ticket{
		func(g Gate) Ticket { return g.ticket(2, "s", 1) },
		func(g Gate) Ticket { return g.ticket(1, "t", 1) },
		func(g Gate) Ticket { return g.ticket(1, "s", 2) },
		func(g Gate) Ticket { g.Plan = []string{"q"}; return g.ticket(1, "s", 1) },
		func(g Gate) Ticket { g.Details = nil; return g.ticket(1, "s", 1) },
		func(g Gate) Ticket { g.Confirm = "w3"; return g.ticket(1, "s", 1) },
	} {
		next := change(g)
		if seen[next] {
			t.Errorf("%+v is two gates' ticket", next)
		}
		seen[next] = true
		v := View{ID: "r", Gate: &Gate{Of: next}, GateSeq: 7}
		if err := v.bears(Answer{Gate: 7, Of: g.ticket(1, "s", 1)}); err == nil {
			t.Errorf("taken for an answer to %+v", next)
		}
	}
}
