// Package desk is what a console works at: the fleet, the verbs, the runs and the questions from below, behind one interface that
// never hands a wire to the screen.
package desk

import (
	"time"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/verb"
)

// The types of the room below that a console needs, handed on so that it need not import keys.
type (
	Fault    = fault.Error
	Question = keys.Question
	Answer   = keys.Answer
)

// The kinds of question.
const (
	AskHostKey    = keys.AskHostKey
	AskNewKey     = keys.AskNewKey
	AskPassphrase = keys.AskPassphrase
	AskSudo       = keys.AskSudo
)

// About is what a console's header says of itself.
type About struct {
	Instance string
	Color    string // a name (red, green, blue, yellow, magenta, cyan, orange, grey) or #rrggbb
	Operator string // "mike@laptop"
	Store    string // "local", or the name of a shared one
	Version  string
	ReadOnly bool
	PID      int // of this console's process
}

// VerbState is a verb and why it cannot be used on its target just now; Why empty means it can.
type VerbState struct {
	verb.Verb
	Why    string
	Inputs []run.Input // what its runbook may be told
	Passes bool        // and what it does not know, it passes on
}

// Book is the verb's runbook, as far as it matters to what is said to it.
func (v VerbState) Book() run.Book {
	return run.Book{ID: v.Runbook, Targets: v.Targets, Inputs: v.Inputs, Passes: v.Passes}
}

// Own reports that the verb is nothing but the name of its runbook: it has no line in the table.
func (v VerbState) Own() bool { return v.Runbook != "" && v.Runbook == v.ID }

// Run is a run in a list: its summary, and what this machine knows of its walker.
type Run struct {
	run.Summary
	Title string // what it does, in words
	Act   bool   // a single act, of no runbook
	Here  bool   // this process walks it
	Alive bool   // some process that can be seen walks it
	At    int    // steps behind it
	Of    int    // steps in all; 0 when unknown
}

// Unfinished reports that somebody may still have to do something about it. A single act that nobody carries out any more is over, even if nobody
// knows how it ended: nothing is resumed of it.
func (r Run) Unfinished() bool { return !r.State.Final() && (r.Alive || !r.Act) }

// Plan is what a run would do, found by observation only.
type Plan struct {
	Book     string
	Target   string
	Title    string
	Summary  string
	Danger   act.Danger
	Dangers  []string // in plain words
	Steps    []PlanStep
	Refusals []Refusal // any of them keeps the run from starting
	Warnings []string
	Confirm  string // the name to type before it starts; "" when none
	Droplet  int    // the target's droplet, 0 when it has none
	Usual    string // how long it usually takes, in words
}

// Book is a runbook on the shelf.
type Book struct {
	ID      string
	Title   string
	Summary string
	Danger  act.Danger
	Dangers []string
	Usual   string // how long it usually takes, in words; "" when none was finished here
	Targets string // what it is done to: "worker", "exec", "node", or "" for none
	Inputs  []run.Input
	From    string // the file of one of the instance's own
	Off     string // why it cannot be used: a mistake in its file
}

// PlanStep is one step of a plan.
type PlanStep struct {
	run.StepInfo
	Plan    []string // the exact commands and calls
	Already bool     // the world is so already
	LeftOut bool     // it is not wanted in this run
	Note    string   // what was found when looking, or why it could not be looked at
}

// Refusal is a reason not to start, and what would help.
type Refusal struct {
	Why  string
	Next string
}

// Pane is one look at something worth watching during a step.
type Pane struct {
	Title  string
	Lines  []string  // cleaned; newest last
	Series []float64 // for a sparkline, oldest first; may be nil
	Value  string    // the series' newest value in words: "12 open"
	Seen   time.Time
	Err    error
}

// Ask is a question from below on its way to the operator. Reply is called once, from any goroutine, and does not block.
type Ask struct {
	Question
	Reply func(Answer)
}
