package run

import (
	"encoding/json"
	"fmt"
	"time"
)

// MaxLines bounds the transcript that a View keeps.
const MaxLines = 2000

// NewView is a run of which nothing is known yet.
func NewView(id string) *View {
	return &View{ID: id, State: Interrupted, Current: -1, Facts: map[string]string{}}
}

// Apply folds one event into the view. Events come in order; one that was applied already is ignored. It asks nothing but the event, so
// that every process sees the same; whether an unfinished run's process lives is not in the log: see Engine.View.
func (v *View) Apply(ev Event) {
	if ev.Seq != 0 && ev.Seq <= v.Last {
		return
	}
	v.Spent.until(ev, v.Current, v.Steps)
	v.Last, v.Updated = ev.Seq, ev.Time
	if fold := folds[ev.Type]; fold != nil {
		fold(v, ev)
	}
	v.Spent.on = v.busyWith()
}

var folds = map[Type]func(*View, Event){
	Started:  (*View).started,
	LegOpen:  (*View).legOpen,
	LegEnd:   (*View).legEnd,
	Planned:  (*View).planned,
	Stepped:  (*View).stepped,
	Gated:    (*View).gated,
	Answered: (*View).closed,
	Asked:    (*View).asked,
	Intent:   (*View).intended,
	Settled:  (*View).settled,
	Fact:     (*View).fact,
	Output:   (*View).output,
	Waiting:  (*View).waiting,
	Moved:    (*View).moved,
	Result:   (*View).result,
}

func (v *View) started(ev Event) {
	if !v.read(ev, &v.Header) {
		return
	}
	v.Started = ev.Time
	v.Steps = make([]StepView, len(v.Header.Steps))
	for i, info := range v.Header.Steps {
		v.Steps[i] = StepView{StepInfo: info, State: Pending}
	}
}

func (v *View) legOpen(ev Event) {
	var l Leg
	v.read(ev, &l)
	v.Leg, v.Walker, v.State, v.open, v.Detail = ev.Leg, l, Running, true, ""
	v.Gate, v.GateSeq, v.Wait = nil, 0, nil
	v.note(ev, "·", fmt.Sprintf("leg %d begun by %s on %s", ev.Leg, l.Operator, l.Host))
}

func (v *View) legEnd(ev Event) {
	v.State, v.open, v.Wait, v.Detail = Interrupted, false, nil, ev.Detail
	v.Gate, v.GateSeq = nil, 0
	v.note(ev, "·", "leg ended: "+ev.Detail)
}

func (v *View) planned(ev Event) {
	var lines []string
	v.read(ev, &lines)
	if s := v.at(ev.Step); s != nil {
		s.Plan = lines
	}
	for _, l := range lines {
		v.note(ev, "›", l)
	}
}

func (v *View) stepped(ev Event) {
	v.Wait = nil
	s := v.at(ev.Step)
	if s == nil {
		return
	}
	s.State, s.Detail = StepState(ev.State), ev.Detail
	if s.Began.IsZero() || s.State == Doing || s.State == Undoing {
		s.Began = ev.Time
	}
	s.Ended = time.Time{}
	v.Undoing = v.Undoing || s.State == Undoing || s.State == StepUndo
	if mark, ended := stepMarks[s.State]; ended {
		s.Ended = ev.Time
		v.note(ev, mark, words(ev.State, ev.Detail))
	}
}

// stepMarks are the marks of the states in which a step has ended.
var stepMarks = map[StepState]string{
	StepDone: "✓", Already: "✓", Skipped: "·", StepFail: "✗", Unsure: "?", StepUndo: "✓",
}

// words joins a word and what there is to say about it.
func words(word, more string) string {
	if more == "" {
		return word
	}
	return word + ": " + more
}

func (v *View) gated(ev Event) {
	var g Gate
	v.read(ev, &g)
	v.at(ev.Step)
	v.Gate, v.GateSeq, v.Wait, v.State = &g, ev.Seq, nil, AtGate
	v.note(ev, "·", "gate: "+g.Cause)
}

func (v *View) closed(ev Event) {
	var a Answer
	if !v.read(ev, &a) || v.Gate == nil || v.bears(a) != nil || v.mayAnswer(a.By) != nil {
		return
	}
	v.Gate, v.GateSeq = nil, 0
	v.answered, v.decided = &a, ev.Time
	if v.open {
		v.State = Running
	}
	v.note(ev, "·", a.text())
}

// text says who decided what, and why.
func (a Answer) text() string {
	text := words(string(a.Choice), a.Reason)
	if a.By != "" {
		text = a.By + " said " + text
	}
	return text
}

func (v *View) asked(ev Event) { v.note(ev, "·", words("asked to "+ev.State, ev.Detail)) }

func (v *View) intended(ev Event) {
	var in Intended
	v.read(ev, &in)
	if s := v.at(ev.Step); s != nil && in.Run != "" {
		s.Run = in.Run
	}
	v.note(ev, "→", in.What+" ["+in.Target+"]")
}

func (v *View) settled(ev Event) {
	var s Settlement
	v.read(ev, &s)
	mark := map[string]string{settledDone: "✓", settledFailed: "✗"}[ev.State]
	if mark == "" {
		mark = "?"
	}
	text := map[string]string{settledDone: "accepted"}[ev.State]
	if text == "" {
		text = ev.State
	}
	for _, more := range []string{s.Effect, s.Error, ev.Detail} {
		text = words(text, more)
	}
	v.note(ev, mark, text)
}

func (v *View) fact(ev Event) {
	var facts map[string]string
	v.read(ev, &facts)
	for k, val := range facts {
		v.Facts[k] = val
	}
}

func (v *View) output(ev Event) {
	if ev.Pruned {
		v.Cut++
		return
	}
	v.note(ev, " ", ev.Detail)
}

func (v *View) waiting(ev Event) {
	var w Wait
	if v.read(ev, &w) {
		v.Wait = &w
	}
}

func (v *View) moved(ev Event) {
	var to Place
	if v.read(ev, &to) {
		v.Moved = &to
	}
}

func (v *View) result(ev Event) {
	v.State, v.Detail, v.open, v.Wait = State(ev.State), ev.Detail, false, nil
	if v.State.Final() {
		v.Gate, v.GateSeq = nil, 0
	}
	mark := map[State]string{Done: "✓", Failed: "✗", Refused: "✗", Unknown: "?"}[v.State]
	if mark == "" {
		mark = "·"
	}
	v.note(ev, mark, words("run "+ev.State, ev.Detail))
}

// read unpacks the event's data; an event of another engine may hold something else, and then it changes nothing.
func (v *View) read(ev Event, into any) bool {
	return len(ev.Data) > 0 && json.Unmarshal(ev.Data, into) == nil
}

// at makes the named step the current one.
func (v *View) at(step string) *StepView {
	for i := range v.Steps {
		if v.Steps[i].ID == step {
			v.Current = i
			return &v.Steps[i]
		}
	}
	return nil
}

func (v *View) note(ev Event, mark, text string) {
	v.Lines = append(v.Lines, Line{Time: ev.Time, Step: ev.Step, Mark: mark, Text: text})
	if over := len(v.Lines) - MaxLines; over > 0 {
		v.Lines = v.Lines[over:] // append copies the rest to a new array now and then, which frees what was cut
		v.Cut += over
	}
}
