package run

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/vmtui/vmtui/keys/fault"
)

// ticket says what the gate asks, at that attempt at a step.
func (g Gate) ticket(leg int, step string, attempt int) Ticket {
	// Plain values always pack. The gate's ticket itself is no part of what was shown.
	packed, _ := json.Marshal([]any{g.Cause, g.Details, g.Plan, g.Undo, g.Confirm, g.Choices})
	sum := sha256.Sum256(packed)
	return Ticket{Leg: leg, Step: step, Attempt: attempt, Plan: hex.EncodeToString(sum[:])[:16]}
}

// Answer is an answer to the gate that the view shows open.
func (v *View) Answer(c Choice) Answer {
	a := Answer{Gate: v.GateSeq, Choice: c}
	if v.Gate != nil {
		a.Of = v.Gate.Of
	}
	return a
}

// bears says why an answer is not one to the open gate, or nil. An answer without a ticket names its gate by number alone, as older engines do.
func (v *View) bears(a Answer) error {
	switch {
	case v.Gate == nil || v.GateSeq != a.Gate:
		return stale(v.ID, v.gone(a))
	case a.Of == (Ticket{}) || a.Of == v.Gate.Of:
		return nil
	case a.Of.Plan != v.Gate.Of.Plan:
		return stale(v.ID, "what it asks is not what you were shown")
	}
	return stale(v.ID, fmt.Sprintf("it is asked at attempt %d of step %s in leg %d", v.Gate.Of.Attempt, v.Gate.Of.Step, v.Gate.Of.Leg))
}

// gone says what became of the gate that an answer is for.
func (v *View) gone(a Answer) string {
	last := v.answered
	switch {
	case a.Gate > v.Last:
		return "there is no such gate"
	case last != nil && last.Gate == a.Gate:
		return last.text() + " at " + v.decided.Local().Format("15:04:05")
	case a.Of.Leg != 0 && a.Of.Leg != v.Leg:
		return fmt.Sprintf("leg %d has ended, and leg %d was begun by %s on %s", a.Of.Leg, v.Leg, v.Walker.Operator, v.Walker.Host)
	case v.Gate != nil:
		return "another one has opened since: " + v.Gate.Cause
	}
	return "the run went on without it: it is " + string(v.State)
}

// mayAnswer says why that operator may not answer the open gate, or nil.
func (v *View) mayAnswer(by string) error {
	if !v.Gate.Own || by == v.Walker.Operator {
		return nil
	}
	return &fault.Error{
		What: "this gate is not yours", On: v.ID, Why: "the runbook wants the answer of who walks it: " + v.Walker.Operator + " on " + v.Walker.Host,
		Next: "ask them; if they are gone, take the run over: vmtui runs take " + v.ID + " --from " + v.Walker.Operator, Code: fault.Refused,
	}
}

func stale(id, why string) error {
	return &fault.Error{
		What: "this gate is closed already", On: id, Why: why,
		Next: "look at the run again: vmtui runs show " + id, Code: fault.Refused, Err: ErrStale,
	}
}
