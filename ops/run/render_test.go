package run

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestViewIsAFold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := memEngine(), newWorld(t)
		rb := w.book()
		id := start(t, e, rb)
		wait := walking(t.Context(), e, id, rb, Mode{})
		settled(t)
		v, err := e.View(t.Context(), id)
		if err != nil || v.Gate == nil || v.Steps[v.Current].ID != "rebuilt" || v.Header.Target != "w2" || v.Facts["seen"] != "yes" {
			t.Fatalf("%+v, %v", v, err)
		}
		if v.Steps[1].State != StepDone || v.Steps[1].Detail != "lame proved" || v.Steps[3].Plan[0] != "set rebuilt" || v.Steps[1].Ended.IsZero() {
			t.Errorf("%+v", v.Steps)
		}
		if err := e.Answer(t.Context(), id, Answer{Gate: v.GateSeq, Choice: Go, Typed: "w2"}); err != nil {
			t.Fatal(err)
		}
		if state, err := wait(); state != Done || err != nil {
			t.Fatal(state, err)
		}
		for _, ev := range events(t, e, id) {
			v.Apply(ev) // those that were applied already change nothing
		}
		if v.State != Done || v.Gate != nil || v.Wait != nil || v.Leg != 1 {
			t.Errorf("%+v", v)
		}
		var marks []string
		for _, l := range v.Lines {
			marks = append(marks, l.Mark)
		}
		if got := strings.Join(marks, ""); !strings.Contains(got, "›→✓✓") {
			t.Error(got)
		}
	})
}

func TestTranscriptIsBounded(t *testing.T) {
	v := NewView("r")
	for i := range MaxLines + 500 {
		v.Apply(Event{Seq: uint64(i) + 1, Type: Output, Detail: fmt.Sprint(i)})
	}
	if len(v.Lines) != MaxLines || v.Cut != 500 || v.Lines[0].Text != "500" {
		t.Errorf("%d lines, %d cut, first %q", len(v.Lines), v.Cut, v.Lines[0].Text)
	}
}

func TestViewOfAnotherEngine(t *testing.T) {
	v := NewView("r")
	for i, ev := range []Event{
		{Type: Started, Data: json.RawMessage(`{"protocol":9,"steps":[{"id":"a","kind":"quantum"}],"more":1}`)}, {Type: "teleported"},
		{Type: Stepped, Step: "b", State: "done"}, {Type: Stepped, Step: "a", State: "superposed"}, {Type: Gated, Data: json.RawMessage(`[]`)}, {Type: Answered},
	} {
		ev.Seq = uint64(i) + 1
		v.Apply(ev)
	}
	if v.Header.Protocol != 9 || v.Last != 6 {
		t.Errorf("%+v", v)
	}
}

func TestJSONLines(t *testing.T) {
	e, w := memEngine(), newWorld(t)
	rb := w.book()
	id := start(t, e, rb)
	if state, err := e.Walk(t.Context(), id, rb, Mode{Unattended: true}); state != AtGate || err != nil {
		t.Fatal(state, err)
	}
	var last map[string]any
	kinds := map[string]bool{}
	for _, ev := range events(t, e, id) {
		line, ok := JSONLine(id, ev)
		if !ok {
			continue
		}
		last = nil
		if err := json.Unmarshal(line, &last); err != nil || strings.Contains(string(line), "\n") {
			t.Fatalf("%s: %v", line, err)
		}
		for _, k := range []string{"type", "run", "step", "state", "detail", "time"} {
			if _, ok := last[k]; !ok {
				t.Errorf("%s lacks %s", line, k)
			}
		}
		kinds[fmt.Sprint(last["type"])] = true
	}
	if last["type"] != "result" || last["state"] != "waiting" || last["run"] != id {
		t.Errorf("the last line is %v", last)
	}
	if len(kinds) != 5 {
		t.Errorf("kinds %v", kinds)
	}
}

func TestIDs(t *testing.T) {
	at := time.Date(2026, 11, 22, 22, 4, 0, 0, time.UTC)
	if id := NewID(at); !strings.HasPrefix(id, "20261122-2204-") || len(id) != 18 {
		t.Error(id)
	}
}

func TestExitCodes(t *testing.T) {
	for s, want := range map[State]int{
		Done: 0, Undone: 0, Failed: 1, Stopped: 3, AtGate: 3, Refused: 3, Unknown: 4, Interrupted: 130, Running: 1,
	} {
		if got := ExitCode(s); got != want {
			t.Errorf("%s: %d, want %d", s, got, want)
		}
	}
}
