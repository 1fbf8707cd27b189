package run

import (
	"context"
	"time"

	"github.com/vmtui/vmtui/ops/act"
)

// DefaultDeadline is the deadline of a step that names none.
const DefaultDeadline = 10 * time.Minute

// Kind says how often a step's Do may run.
type Kind string

// The three kinds.
const (
	Read       Kind = "read"       // changes nothing
	Idempotent Kind = "idempotent" // doing it twice is doing it once
	Once       Kind = "once"       // never sent again without the operator
)

// Truth is what Observe found in the world.
type Truth string

// What can be found.
const (
	IsDone    Truth = "done"
	IsPending Truth = "pending"
	Conflict  Truth = "conflict"
	// UnderWay means that the effect was asked for and is on its way, by us or by somebody else: nothing is sent, only verified.
	UnderWay Truth = "under way"
	// LeftOut means that the step is not wanted in this run: it is passed over, and has nothing to take back.
	LeftOut Truth = "left out"
)

// Finding is the answer of Observe.
type Finding struct {
	Truth   Truth
	Detail  string
	Hint    string
	Details []string
}

// Progress is the answer of one look of Verify.
type Progress struct {
	Done   bool
	For    string        // what is awaited, with its numbers: "2 in flight, 0 new requests"
	Again  time.Duration // when to look next; from the world's own pace
	Usual  string
	Detail string // when Done: what was proved
}

// Ready is the answer of Step.Ready.
type Ready struct {
	Confirm string   // the word to type in place of the step's own, "" for that
	Details []string // what to know before it is typed, in plain words
}

// Check looks once. It may keep state between looks of one attempt. An error is a failure and opens a gate at once: what may pass by itself
// (a host that does not answer yet) is Progress with its reason in For.
type Check func(ctx context.Context) (Progress, error)

// Step is one step of a runbook. Funcs may be nil: no Observe means pending, no Do means nothing to do, no Verify means done.
type Step struct {
	StepInfo
	Deadline time.Duration // for Do and Verify together, DefaultDeadline when zero; then a gate opens
	Hands    bool          // Do brings a new password, for whoever walks the run

	// Plan gives the exact commands and calls of Do, as lines to show.
	Plan func(ctx context.Context) ([]string, error)
	// Ready looks, right before the step's own gate, at what it stands on by now. Nil is what it stood on when the runbook was built.
	Ready func(ctx context.Context, w *Walk) (Ready, error)
	// Observe asks the world whether the step is done. It changes nothing.
	Observe func(ctx context.Context, w *Walk) (Finding, error)
	// Do acts. Its context outlives Ctrl-C by the engine's grace, so that what was begun is finished.
	Do func(ctx context.Context, w *Walk) error
	// Verify starts a new attempt at proving the effect. It may be called in another process than Do was: what it needs is in facts.
	Verify func(w *Walk) Check
	// Undo takes the effect back. It must be idempotent.
	Undo func(ctx context.Context, w *Walk) error
	// UndoPlan gives the exact commands and calls of Undo, as lines to show.
	UndoPlan []string
	// Child makes the step a run of its own, in the same store: with its own log, walked within this run's leg and under its lease. It gives that run's
	// runbook: a new one, or, when begun is not nil, the one of a run that exists, from its header. Such a step has neither Do nor Undo: it is done when its
	// run is and Verify proves it, and taken back by walking its run back.
	Child func(ctx context.Context, w *Walk, begun *Header) (Runbook, error)
	// Undone verifies an undo. Nil means that a nil error of Undo is enough.
	Undone func(w *Walk) Check
}

// Runbook is an ordered list of steps for one target, built and resolved.
type Runbook struct {
	ID      string
	Version int
	Title   string
	Target  string
	Inputs  map[string]string
	Steps   []Step
	// Definition is the whole text of a runbook that is data, "" for one that is code. It is frozen with the run.
	Definition string
}

// Input is something that an operator may say when a run begins.
type Input struct {
	Name    string
	About   string
	Type    string // in a word: string, int, bool, enum, node, duration
	Default string
	Needed  bool     // it has no default
	Values  []string // what an enum can be
}

// Book is a runbook before it has a target: what the shelf shows.
type Book struct {
	ID      string
	Title   string
	Summary string
	Danger  act.Danger
	Dangers []string // in plain words
	Targets string   // what it is done to: "worker", "exec", "node", or "" for none
	Inputs  []Input  // what may be said when a run begins
	Untried []string // what was never tried against a live account, in plain words
	From    string   // the file it stands in, "" for one that is built in
	Off     error    // why it cannot be used: its file has mistakes
	Out     bool     // it leaves its target out of service
	Passes  bool     // inputs that it does not know go to the runbook that it walks, and are judged there
	// Build resolves names to ids and makes the steps. Inputs are those of the Header when a run is resumed, so that nothing is resolved twice.
	Build func(ctx context.Context, target string, inputs map[string]string) (Runbook, error)
}
