package run

import "encoding/json"

// tally is the fold that a store keeps in one row a run, so that lists need no logs.
type tally struct {
	Summary
	last uint64
	leg  int
	// open is true while a leg has neither ended nor recorded a result: then only the process tells whether the run lives.
	open bool
}

// opened is the tally of a run before its first leg.
func opened(id string, h Header) tally {
	t := tally{Summary: Summary{ID: id, Runbook: h.Runbook, Target: h.Target, Operator: h.Operator, State: Interrupted}}
	if h.Parent != nil {
		t.Parent = h.Parent.Run
	}
	return t
}

func (t *tally) apply(ev Event) {
	t.last, t.Updated = ev.Seq, ev.Time
	if t.Started.IsZero() {
		t.Started = ev.Time
	}
	switch ev.Type {
	case LegOpen:
		t.leg, t.open, t.State = ev.Leg, true, Running
		t.Operator = legOperator(ev, t.Operator)
	case LegEnd:
		t.open, t.State = false, Interrupted
	case Result:
		t.open, t.State = false, State(ev.State)
	case Stepped:
		t.Step = ev.Step
	case Gated:
		t.Step, t.State = ev.Step, AtGate
	case Answered:
		if t.open {
			t.State = Running
		}
	}
}

// legOperator is who walks since this leg began.
func legOperator(ev Event, before string) string {
	var l Leg
	if json.Unmarshal(ev.Data, &l) != nil || l.Operator == "" {
		return before
	}
	return l.Operator
}

// seen is the summary as it must be shown: an open leg whose process is gone was interrupted.
func (t *tally) seen(walked func(id string, leg int) bool) Summary {
	s := t.Summary
	if t.open && !walked(t.ID, t.leg) {
		s.State = Interrupted
	}
	return s
}
