// Package run is the runbook engine: an append-only log of numbered events and one small interpreter that walks over it.
package run

import (
	"encoding/json"
	"time"
)

// Type is the kind of an event.
type Type string

// The events of a run. Screen, --plain and --json are renderers of them.
const (
	Started  Type = "started" // Data: Header
	LegOpen  Type = "leg"     // Data: Leg
	LegEnd   Type = "leg-end" // State "interrupted": the process let go of an unfinished run in good order
	Planned  Type = "plan"    // Data: []string, the exact commands and calls of a step
	Stepped  Type = "step"    // State: see StepState
	Gated    Type = "gate"    // Data: Gate
	Answered Type = "answer"  // Data: Answer
	Asked    Type = "request" // State: "stop" or "undo", from any process
	Intent   Type = "intent"  // Data: Intended; recorded before a mutation leaves; State "undo" when it takes something back
	Settled  Type = "outcome" // State: done, failed, unknown; Data: Settlement
	Fact     Type = "fact"    // Data: map[string]string; remembered across legs
	Output   Type = "output"  // Detail: one cleaned line of the transcript
	Waiting  Type = "wait"    // Data: Wait
	Moved    Type = "moved"   // Data: Place; the run goes on in another store
	Result   Type = "result"  // State: see State; the run has ended (or waits)
)

// State is the state of a whole run.
type State string

// The states of a run.
const (
	Running     State = "running"
	AtGate      State = "waiting"
	Interrupted State = "interrupted"
	Done        State = "done"
	Failed      State = "failed"
	Stopped     State = "stopped"
	Undone      State = "undone"
	Refused     State = "refused"
	Unknown     State = "unknown"
)

// StepState is the state of one step.
type StepState string

// The states of a step.
const (
	Pending   StepState = "pending"
	Observing StepState = "observing"
	Doing     StepState = "doing"
	Verifying StepState = "verifying"
	StepDone  StepState = "done"
	Already   StepState = "already" // the world was so before we acted
	Skipped   StepState = "skipped"
	StepFail  StepState = "failed"
	Unsure    StepState = "unknown"
	Undoing   StepState = "undoing"
	StepUndo  StepState = "undone"
)

// Protocol is the version of the engine's log. A run of another protocol can be read, but not resumed.
const Protocol = 1

// The requests that any process can make of a run.
const (
	RequestStop = "stop"
	RequestUndo = "undo"
)

// Event is one entry of a run's log. Seq starts at 1 and has no gaps.
type Event struct {
	Seq    uint64          `json:"seq"`
	Time   time.Time       `json:"time"`
	Leg    int             `json:"leg,omitempty"`
	Type   Type            `json:"type"`
	Step   string          `json:"step,omitempty"`
	State  string          `json:"state,omitempty"`
	Detail string          `json:"detail,omitempty"`
	Data   json.RawMessage `json:"data,omitempty"`
	Pruned bool            `json:"pruned,omitempty"` // output that was taken out of the store since
}

// Header opens a run and freezes what it will do.
type Header struct {
	Protocol int               `json:"protocol"` // of the engine
	Runbook  string            `json:"runbook"`
	Version  int               `json:"version"` // of the definition
	Hash     string            `json:"hash"`    // of the steps below
	Title    string            `json:"title"`
	Target   string            `json:"target"`
	Operator string            `json:"operator"`
	Inputs   map[string]string `json:"inputs,omitempty"` // resolved: ids, not names
	Steps    []StepInfo        `json:"steps"`
	Origin   *Origin           `json:"origin,omitempty"` // the run, in a store that was lost, that this one goes on from
	Parent   *Parent           `json:"parent,omitempty"` // the run that this one is a step of
	// Definition is the whole text of a runbook that is data. A resume walks it, and not what its file says by then.
	Definition string `json:"definition,omitempty"`
}

// Parent is the run that another one is a step of.
type Parent struct {
	Run  string `json:"run"`
	Step string `json:"step"`
}

// StepInfo is the part of a step that is data.
type StepInfo struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Why     string   `json:"why"`
	Kind    Kind     `json:"kind"`
	Until   string   `json:"until,omitempty"`   // the effect must hold until this step has begun
	Panes   []string `json:"panes,omitempty"`   // live panes that show this step best
	Own     bool     `json:"own,omitempty"`     // only the operator who walks the run answers its gates
	Skip    bool     `json:"skip,omitempty"`    // an operator may skip it, with a reason
	NoUndo  string   `json:"no_undo,omitempty"` // why there is nothing to undo, or why it cannot be
	Confirm string   `json:"confirm,omitempty"` // destroying: the name to type
	Gate    bool     `json:"gate,omitempty"`    // waits for go before acting
	Usual   string   `json:"usual,omitempty"`   // how long it usually takes, in words
	Whole   bool     `json:"whole,omitempty"`   // it is a run of its own: see Step.Child
	Awaits  string   `json:"awaits,omitempty"`  // whose time the step takes once it acts, in a word or two; "" is our own
}

// Leg is one process's stretch of a run.
type Leg struct {
	Operator string `json:"operator"`
	Host     string `json:"host"`
	PID      int    `json:"pid"`
}

// Choice is an answer to a gate.
type Choice string

// What an operator can say at a gate.
const (
	Go    Choice = "go"
	Retry Choice = "retry"
	Skip  Choice = "skip"
	Undo  Choice = "undo"
	Stop  Choice = "stop"
)

// Gate is a place where the operator decides.
type Gate struct {
	Cause   string   `json:"cause"`             // why the run waits
	Hint    string   `json:"hint,omitempty"`    // the next thing to do
	Details []string `json:"details,omitempty"` // both versions of the truth, fingerprints, lists
	Confirm string   `json:"confirm,omitempty"` // the name to type for Go
	Plan    []string `json:"plan,omitempty"`    // what Go or Retry will do, exactly
	Undo    []string `json:"undo,omitempty"`    // what Undo would do, in its order; nothing when it cannot be chosen
	Choices []Choice `json:"choices"`
	Own     bool     `json:"own,omitempty"`     // answered only by the operator who walks the run
	Of      Ticket   `json:"of,omitzero"`       // what an answer must bear; logs of older engines have none
	Failure bool     `json:"failure,omitempty"` // opened by a failure, a conflict or an unknown, not by plan
	Unknown bool     `json:"unknown,omitempty"` // opened by an unknown outcome
	Run     string   `json:"run,omitempty"`     // the child whose gate this is
}

// Ticket says what exactly a gate asked, so that an answer cannot be taken for one to something else.
type Ticket struct {
	Leg     int    `json:"leg"`
	Step    string `json:"step"`
	Attempt int    `json:"attempt"` // at the step, in this leg
	Plan    string `json:"plan"`    // hash of what was shown: cause, details, plan and the name to type
}

// Answer is an operator's decision. Gate is the Seq of the gate's event: an answer to another gate is stale and ignored, and so is one whose ticket
// is not the gate's. View.Answer fills both in.
type Answer struct {
	Gate   uint64 `json:"gate"`
	Of     Ticket `json:"of,omitzero"`
	Choice Choice `json:"choice"`
	Typed  string `json:"typed,omitempty"`
	Reason string `json:"reason,omitempty"`
	By     string `json:"by,omitempty"`
}

// Intended is a mutation about to leave.
type Intended struct {
	Verb   string `json:"verb"`
	Target string `json:"target"`
	What   string `json:"what"`
	Run    string `json:"run,omitempty"` // the run that it begins, when that is what it does
}

// Settlement is how a mutation ended.
type Settlement struct {
	Intent uint64 `json:"intent"` // Seq of the intent
	Effect string `json:"effect,omitempty"`
	Error  string `json:"error,omitempty"`
}

// Wait says what a step is waiting for.
type Wait struct {
	For   string    `json:"for"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"` // the deadline; then a gate opens
	Usual string    `json:"usual,omitempty"`
}

// Summary is a run in a list.
type Summary struct {
	ID       string    `json:"id"`
	Runbook  string    `json:"runbook"`
	Target   string    `json:"target"`
	Operator string    `json:"operator"`
	State    State     `json:"state"`
	Step     string    `json:"step"`
	Started  time.Time `json:"started"`
	Updated  time.Time `json:"updated"`
	Store    string    `json:"store"`  // LocalStore or TeamStore
	Parent   string    `json:"parent"` // the run that it is a step of, or ""
}
