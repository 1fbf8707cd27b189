package run

import (
	"encoding/json"
	"fmt"
)

// Recorded is a mutation that the log knows of, and how it ended.
type Recorded struct {
	Intended
	Seq    uint64 // of the intent
	Leg    int
	Undo   bool   // it took something back
	State  string // "done", "failed", "unknown", or "" while no outcome is recorded
	Effect string // an id the world gave
	Error  string
}

// stepLog is what the log says about one step.
type stepLog struct {
	done    bool      // proved, and not begun again since
	ours    bool      // done by this run, not found done
	skipped bool      // by an operator, or because it was not wanted
	undone  bool      // taken back
	begun   bool      // something more than looking happened
	phase   StepState // the last state but for observing
	acts    []Recorded
}

// history is what the interpreter needs to know of a log.
type history struct {
	steps   map[string]*stepLog
	undoing bool
}

func newHistory() *history { return &history{steps: map[string]*stepLog{}} }

func (h *history) step(id string) *stepLog {
	l := h.steps[id]
	if l == nil {
		l = &stepLog{}
		h.steps[id] = l
	}
	return l
}

func (h *history) apply(ev Event) {
	switch ev.Type {
	case Stepped:
		h.step(ev.Step).move(StepState(ev.State))
		h.undoing = h.undoing || ev.State == string(Undoing) || ev.State == string(StepUndo)
	case Intent:
		var in Intended
		_ = json.Unmarshal(ev.Data, &in) // an intent whose words were lost is an intent all the same
		l := h.step(ev.Step)
		l.acts = append(l.acts, Recorded{Intended: in, Seq: ev.Seq, Leg: ev.Leg, Undo: ev.State == intentUndo})
	case Settled:
		h.step(ev.Step).settle(ev)
	}
}

// intentUndo marks the intents of an undo.
const intentUndo = "undo"

func (l *stepLog) move(s StepState) {
	if s == Observing || s == Pending {
		return
	}
	l.phase, l.begun = s, true
	switch s {
	case StepDone:
		l.done, l.ours = true, true
	case Already:
		l.done = true
	case Doing:
		l.done, l.ours, l.undone = false, true, false
	case Skipped:
		l.skipped = true
	case StepUndo:
		l.done, l.undone = false, true
	}
}

func (l *stepLog) settle(ev Event) {
	var s Settlement
	if json.Unmarshal(ev.Data, &s) != nil {
		return
	}
	for i := range l.acts {
		if l.acts[i].Seq == s.Intent {
			l.acts[i].State, l.acts[i].Effect, l.acts[i].Error = ev.State, s.Effect, s.Error
		}
	}
}

// sent are the forward mutations of the step.
func (l *stepLog) sent() []Recorded {
	var out []Recorded
	for _, a := range l.acts {
		if !a.Undo {
			out = append(out, a)
		}
	}
	return out
}

// tells says what the log knows of the step, for people.
func (l *stepLog) tells() []string {
	var out []string
	for _, a := range l.sent() {
		state := a.State
		if state == "" {
			state = settledUnknown
		}
		out = append(out, fmt.Sprintf("the log says: sent in leg %d, %s [%s]: %s", a.Leg, a.What, a.Target, words(state, a.Error)))
	}
	switch {
	case len(out) > 0:
	case l.done && !l.ours:
		out = []string{"the log says: it was so before this run"}
	case l.done:
		out = []string{"the log says: done by this run, which sent nothing for it"}
	default:
		out = []string{"the log says: this run has not done it"}
	}
	return out
}

// settledDone reports that something was sent and that all of it is known to have happened.
func (l *stepLog) settledDone() bool {
	sent := l.sent()
	for _, a := range sent {
		if a.State != settledDone {
			return false
		}
	}
	return len(sent) > 0
}

// unsure reports that something was sent of which nobody knows whether it happened.
func (l *stepLog) unsure() bool {
	for _, a := range l.sent() {
		if a.State != settledDone && a.State != settledFailed {
			return true
		}
	}
	return false
}

// happened reports that something was sent that may have happened.
func (l *stepLog) happened() bool {
	for _, a := range l.sent() {
		if a.State != settledFailed {
			return true
		}
	}
	return false
}

// The states of a settled intent.
const (
	settledDone    = "done"
	settledFailed  = "failed"
	settledUnknown = "unknown"
)
