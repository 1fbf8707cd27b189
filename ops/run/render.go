package run

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/verb"
)

// jsonLine is an event for scripts. Fields are added, never renamed.
type jsonLine struct {
	Type   string          `json:"type"`
	Run    string          `json:"run"`
	Step   string          `json:"step"`
	State  string          `json:"state"`
	Detail string          `json:"detail"`
	Time   time.Time       `json:"time"`
	Data   json.RawMessage `json:"data,omitempty"` // of plans and gates
}

// jsonTypes are the five kinds of line, by the event that becomes one. An interrupted leg is a result too: the last line always is.
var jsonTypes = map[Type]string{
	Planned: "plan", Stepped: "step", Waiting: "step", Intent: "step", Settled: "step", Gated: "gate", Answerd: "gate",
	Output: "output", Result: "result", LegEnd: "result",
}

// JSONLine renders an event as one line of --json, without its newline; false means that the event is none of the script's business.
func JSONLine(id string, ev Event) ([]byte, bool) {
	kind, ok := jsonTypes[ev.Type]
	if !ok {
		return nil, false
	}
	l := jsonLine{Type: kind, Run: id, Step: ev.Step, State: ev.State, Detail: ev.Detail, Time: ev.Time.UTC()}
	switch ev.Type {
	case Planned:
		l.State, l.Data, l.Detail = "planned", ev.Data, strings.Join(texts(ev.Data), "\n")
	case Gated:
		l.State, l.Data = "open", ev.Data
	case Answerd:
		l.State, l.Data = "answered", ev.Data
	case Waiting:
		l.State = "waiting"
	case Intent:
		l.State = "intent"
	case Settled:
		l.State, l.Data = "outcome "+ev.State, ev.Data
	}
	line, err := json.Marshal(l)
	return line, err == nil
}

func texts(data json.RawMessage) []string {
	var lines []string
	_ = json.Unmarshal(data, &lines) // no plan is an empty plan
	return lines
}

// PlainLine renders an event as text for --plain, without a last newline: one line, or some for a plan or a gate. False means that there is
// nothing to say.
func PlainLine(ev Event, h Header) (string, bool) {
	v := View{Header: h, Steps: make([]StepView, len(h.Steps)), Facts: map[string]string{}}
	for i, info := range h.Steps {
		v.Steps[i].StepInfo = info
	}
	text, ok := plainText(&v, ev)
	if !ok {
		return "", false
	}
	at := ev.Time.Format("15:04:05")
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = at + " " + lines[i]
	}
	return strings.Join(lines, "\n"), true
}

// plainText borrows the transcript's words, and adds where the run stands.
func plainText(v *View, ev Event) (string, bool) {
	switch ev.Type {
	case Started:
		if v.Header.Single() {
			return verb.Spoken(v.Header.Runbook) + " " + v.Header.Target, true
		}
		return fmt.Sprintf("%s %s (%d steps)", v.Header.Runbook, v.Header.Target, len(v.Header.Steps)), true
	case Stepped:
		return plainStep(v, ev)
	case Gated:
		return plainGate(ev)
	case Answerd:
		return plainAnswer(ev)
	case Waiting:
		return "  … " + ev.Detail, true
	case Result:
		return words("run "+ev.State, ev.Detail), true
	}
	v.Apply(ev)
	var lines []string
	for _, l := range v.Lines {
		lines = append(lines, "  "+l.Mark+" "+l.Text)
	}
	return strings.Join(lines, "\n"), len(lines) > 0
}

// plainStep numbers the steps, and says nothing of states that pass by themselves.
func plainStep(v *View, ev Event) (string, bool) {
	for i := range v.Steps {
		if v.Steps[i].ID != ev.Step {
			continue
		}
		switch StepState(ev.State) {
		case Observing, Verifying, Pending:
			return "", false
		}
		return fmt.Sprintf("[%d/%d] %s: %s", i+1, len(v.Steps), v.Steps[i].Title, words(ev.State, ev.Detail)), true
	}
	return "", false
}

func plainAnswer(ev Event) (string, bool) {
	var a Answer
	if json.Unmarshal(ev.Data, &a) != nil {
		return "", false
	}
	return "  · " + a.text(), true
}

func plainGate(ev Event) (string, bool) {
	var g Gate
	if json.Unmarshal(ev.Data, &g) != nil {
		return "gate: " + ev.Detail, true
	}
	lines := []string{"gate: " + g.Cause}
	if g.Hint != "" {
		lines = append(lines, "  "+g.Hint)
	}
	for _, d := range g.Details {
		lines = append(lines, "  "+d)
	}
	lines = append(lines, g.Ahead()...)
	choices := make([]string, len(g.Choices))
	for i, c := range g.Choices {
		choices[i] = string(c)
	}
	return strings.Join(append(lines, "  choices: "+strings.Join(choices, ", ")), "\n"), true
}

// Ahead are the lines that say what going on and going back would do, exactly.
func (g Gate) Ahead() []string {
	var lines []string
	for _, l := range g.Plan {
		lines = append(lines, "  › "+l)
	}
	for _, l := range g.Undo {
		lines = append(lines, "  ‹ undo: "+l)
	}
	return lines
}
