package run

import (
	"fmt"
	"slices"
	"testing"
)

// law reads a log as a stranger would, and knows only what a run may do: it is the reference that every walk of these tests is held against.
type law struct {
	steps  []StepInfo
	wrong  []string
	leg    int
	open   bool
	state  map[string]StepState // of each step
	looked map[string]bool      // in this leg
	went   map[string]bool      // the step's gate said go in this leg
	gates  map[uint64]gated
	failed string          // the step whose failure waits for an answer
	again  map[string]bool // the operator said so since the step was last sent
	acts   map[uint64]*Recorded
	sent   map[string][]*Recorded // forward, by step
}

type gated struct {
	Gate
	step string
}

// lawful says what a log did that it may not; nil is well.
func lawful(evs []Event) []string {
	l := &law{
		state: map[string]StepState{}, gates: map[uint64]gated{}, again: map[string]bool{}, acts: map[uint64]*Recorded{}, sent: map[string][]*Recorded{},
	}
	for _, ev := range evs {
		l.hear(ev)
	}
	return l.wrong
}

func (l *law) breach(ev Event, format string, args ...any) {
	l.wrong = append(l.wrong, fmt.Sprintf("event %d, %s %s %s: ", ev.Seq, ev.Type, ev.Step, ev.State)+fmt.Sprintf(format, args...))
}

func (l *law) hear(ev Event) {
	var v View
	switch ev.Type {
	case Started:
		var h Header
		v.read(ev, &h)
		l.steps = h.Steps
	case LegOpen:
		if ev.Leg != l.leg+1 {
			l.breach(ev, "leg %d follows leg %d", ev.Leg, l.leg)
		}
		l.leg, l.open, l.failed = ev.Leg, true, ""
		l.looked, l.went = map[string]bool{}, map[string]bool{}
	case LegEnd, Result:
		l.end(ev)
	case Stepped:
		l.step(ev)
	case Gated:
		var g gated
		v.read(ev, &g.Gate)
		g.step = ev.Step
		l.gates[ev.Seq] = g
		if g.Failure {
			l.failed = ev.Step
		}
	case Answered:
		var a Answer
		v.read(ev, &a)
		l.answer(ev, a)
	case Intent:
		l.intent(ev)
	case Settled:
		var s Settlement
		v.read(ev, &s)
		l.settle(ev, s)
	}
	if !l.open && ev.Type != Started && ev.Type != LegEnd && ev.Type != Result {
		l.breach(ev, "no leg is open")
	}
}

func (l *law) end(ev Event) {
	if !l.open {
		l.breach(ev, "no leg is open")
	}
	l.open = false
	if ev.Type == Result && ev.State == string(Done) {
		for _, s := range l.steps {
			if st := l.state[s.ID]; st != StepDone && st != Already && st != Skipped {
				l.breach(ev, "%s is %q", s.ID, st)
			}
		}
	}
	if State(ev.State).Final() && ev.State != string(Refused) {
		for seq, a := range l.acts {
			if a.State == "" {
				l.breach(ev, "intent %d has no outcome", seq)
			}
		}
	}
	if ev.State == string(Undone) {
		for _, s := range l.steps {
			if s.Kind == Once && s.NoUndo != "" && slices.ContainsFunc(l.sent[s.ID], func(a *Recorded) bool { return a.State != settledFailed }) {
				l.breach(ev, "%s cannot be taken back", s.ID)
			}
		}
	}
}

func (l *law) info(id string) (int, StepInfo) {
	i := slices.IndexFunc(l.steps, func(s StepInfo) bool { return s.ID == id })
	if i < 0 {
		return i, StepInfo{}
	}
	return i, l.steps[i]
}

func (l *law) step(ev Event) {
	at, _ := l.info(ev.Step)
	state := StepState(ev.State)
	if at < 0 {
		l.breach(ev, "no such step")
		return
	}
	if l.failed != "" && state != Skipped && state != StepFail && state != Unsure {
		l.breach(ev, "the failure of %s waits for an answer", l.failed)
	}
	l.looked[ev.Step] = true
	if state == Observing {
		return // it may be looked at again whatever it is
	}
	if state == Undoing && l.state[ev.Step] == StepUndo {
		l.breach(ev, "it is taken back already")
	}
	if state == Doing {
		for _, before := range l.steps[:at] {
			l.behind(ev, before)
		}
	}
	l.state[ev.Step] = state
}

// behind sees that a step is behind another that begins: done or left out, and looked at in this leg if its effect must hold still.
func (l *law) behind(ev Event, before StepInfo) {
	st := l.state[before.ID]
	if st != StepDone && st != Already && st != Skipped {
		l.breach(ev, "%s before it is %q", before.ID, st)
	}
	if before.Until == "" || st == Skipped || l.looked[before.ID] {
		return
	}
	if st := l.state[before.Until]; st == "" || st == Pending {
		l.breach(ev, "%s must hold, and was not looked at in this leg", before.ID)
	}
}

func (l *law) answer(ev Event, a Answer) {
	g, known := l.gates[a.Gate]
	if !known || !slices.Contains(g.Choices, a.Choice) {
		l.breach(ev, "no gate takes %q", a.Choice)
		return
	}
	switch a.Choice {
	case Go:
		if g.Failure || a.Typed != g.Confirm {
			l.breach(ev, "go with %q at a gate that wants %q", a.Typed, g.Confirm)
		}
		l.went[g.step] = true
	case Retry:
		l.again[g.step] = true
	case Skip:
		if _, s := l.info(g.step); !s.Skip && g.Run == "" || a.Reason == "" { // what a run below may skip, its own log is held against
			l.breach(ev, "skipped without leave or reason")
		}
	}
	l.failed = ""
}

func (l *law) intent(ev Event) {
	_, s := l.info(ev.Step)
	r := &Recorded{Seq: ev.Seq, Undo: ev.State == intentUndo}
	l.acts[ev.Seq] = r
	if r.Undo {
		if l.state[ev.Step] != Undoing {
			l.breach(ev, "it takes back while it is %q", l.state[ev.Step])
		}
		return
	}
	if l.state[ev.Step] != Doing {
		l.breach(ev, "it acts while it is %q", l.state[ev.Step])
	}
	if s.Kind == Read {
		l.breach(ev, "it only reads")
	}
	if (s.Gate || s.Confirm != "") && !l.went[ev.Step] {
		l.breach(ev, "its gate did not say go in this leg")
	}
	if s.Kind == Once && len(l.sent[ev.Step]) > 0 && !l.again[ev.Step] {
		l.breach(ev, "it is sent again, and nobody said so")
	}
	l.sent[ev.Step] = append(l.sent[ev.Step], r)
	l.again[ev.Step] = false
}

func (l *law) settle(ev Event, s Settlement) {
	a := l.acts[s.Intent]
	switch {
	case a == nil:
		l.breach(ev, "of no intent")
	case a.State == settledDone || a.State == settledFailed || a.State == settledUnknown && ev.State != settledDone:
		l.breach(ev, "the outcome was %s", a.State)
	default:
		a.State = ev.State
	}
}

// keepsTheLaw fails the test when a log broke it.
func keepsTheLaw(t *testing.T, evs []Event) {
	t.Helper()
	for _, w := range lawful(evs) {
		t.Error(w)
	}
}
