package run

import (
	"encoding/json"
	"strings"
	"time"
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
	Planned: "plan", Stepped: "step", Waiting: "step", Intent: "step", Settled: "step", Gated: "gate", Answered: "gate",
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
	case Answered:
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
