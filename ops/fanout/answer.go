package fanout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/nodeset"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Said is everything by which two answers are equal.
type Said struct {
	Outcome Outcome
	Code    int    // exit status, when exited
	Signal  string // its name, when signalled
	Stdout  string // cleaned
	Stderr  string
	Dropped int    // bytes beyond what is kept
	Why     string // it is unknown, or was not reached
	Refused bool   // it was not reached because something refused: the door, or a host key that nobody trusts
}

// Answer is what one or more nodes said alike.
type Answer struct {
	Said
	ID    string   // of this answer among the order's; it stays when more nodes say the same
	Nodes []string // in the order's order
	Next  string   // what to do about it, as it was told of the first of them
}

// Outcome is how the command ended on a node. Only the first two are answers.
type Outcome = ssh.Outcome

// The four outcomes.
const (
	Exited      = ssh.Exited
	Signalled   = ssh.Signalled
	Unknown     = ssh.Unknown
	Unreachable = ssh.Unreachable
)

// Lines are what was written, line by line; what came on the error output says so.
func (a Answer) Lines() iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(a.Stdout) {
			if !yield(strings.TrimRight(line, "\n")) {
				return
			}
		}
		for line := range strings.Lines(a.Stderr) {
			if !yield("stderr: " + strings.TrimRight(line, "\n")) {
				return
			}
		}
		if a.Dropped > 0 {
			yield(fmt.Sprintf("and %s more, which were not kept", spelling.Count(a.Dropped, "byte", "bytes")))
		}
	}
}

// read is what a node's result says, and what to do about it.
func (f Fan) read(r ssh.Result) (said Said, next string) {
	said = Said{Outcome: r.Outcome, Code: r.Code, Signal: r.Signal, Stdout: f.Redact(r.Stdout), Stderr: f.Redact(r.Stderr), Dropped: r.Dropped}
	if r.Outcome == Exited || r.Outcome == Signalled {
		return said, ""
	}
	cause := fault.Of(r.Err("", ""))
	said.Why, said.Refused = f.Redact(cause.Why), cause.Code == fault.Refused
	switch {
	case r.Outcome == Unknown && errors.Is(r.Cause, context.DeadlineExceeded):
		said.Why = "it had not ended in time, and was told to"
	case r.Outcome == Unknown && errors.Is(r.Cause, context.Canceled):
		said.Why = "it was cancelled while it ran"
	}
	return said, f.Redact(cause.Next)
}

// Folded is the answer's nodes in short.
func (a Answer) Folded() string { return nodeset.Fold(a.Nodes) }

// Verdict is the end in a few words.
func (a Answer) Verdict() string {
	switch a.Outcome {
	case Exited:
		return fmt.Sprintf("exit %d", a.Code)
	case Signalled:
		return "killed by " + a.Signal
	}
	return string(a.Outcome) + ": " + a.Why
}

// OK reports that the command said that it went well.
func (a Answer) OK() bool { return a.Outcome == Exited && a.Code == 0 }

// exit is the exit code that the answer deserves.
func (a Answer) exit() fault.Code {
	switch {
	case a.OK():
		return 0
	case a.Outcome == Exited || a.Outcome == Signalled:
		return fault.Failed
	case a.Outcome == Unknown:
		return fault.Unknown
	case a.Refused:
		return fault.Refused
	}
	return fault.Failed
}

// gravity orders answers: what went well first, what nobody knows last.
func (a Answer) gravity() int {
	order := []Outcome{Exited, Signalled, Unreachable, Unknown}
	if a.OK() {
		return 0
	}
	return 1 + slices.Index(order, a.Outcome)
}

// View is an order's state at one time.
type View struct {
	Order   Order
	Answers []Answer // those that went well first; otherwise in the order's order
	Waiting []string // nodes that have not answered yet
	Began   time.Time
	Latest  time.Time // when the latest answer came; zero for none
	Over    bool      // nothing is awaited any more, and the outcome is on record
	Err     error     // why the outcome could not be recorded
	Version uint64
}

// Code is the exit code of an order: the worst of its answers.
func (v View) Code() fault.Code {
	worst := fault.Code(0)
	for _, a := range v.Answers {
		worst = max(worst, a.exit())
	}
	return worst
}

func (v View) sort() {
	place := map[string]int{}
	for i, n := range v.Order.Nodes {
		place[n] = i
	}
	byPlace := func(a, b string) int { return cmp.Compare(place[a], place[b]) }
	for _, a := range v.Answers {
		slices.SortFunc(a.Nodes, byPlace)
	}
	slices.SortFunc(v.Answers, func(a, b Answer) int {
		return cmp.Or(cmp.Compare(a.gravity(), b.gravity()), byPlace(a.Nodes[0], b.Nodes[0]))
	})
	slices.SortFunc(v.Waiting, byPlace)
}
