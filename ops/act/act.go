// Package act is the one door: every change to the world asks here for a permit. Read-only mode, the lease, the typed confirmation, the
// target's identity and the recorded intent are checked here and nowhere else.
package act

import (
	"context"

	"github.com/vmtui/vmtui/remote"
)

// Danger says what a verb or step does to the world.
type Danger string

// The three dangers.
const (
	Safe     Danger = "safe"     // reads only
	Changes  Danger = "changes"  // can be taken back
	Destroys Danger = "destroys" // cannot; asks for the target's name
)

// Permit is the right to make one change; remote checks it just before its bytes leave.
type Permit = remote.Permit

// Act is one change about to be made.
type Act struct {
	Verb   string // what kind of thing: "worker-reimage/rebuild", "hold/clear"
	Target string // on what: a node's name, a balancer
	What   string // the exact command or call, for the record
	Run    string // the run that it begins, when that is what it does
	Danger Danger

	// Typed is what the operator typed to confirm. A destroying act needs it to equal Target.
	Typed string
	// Identity re-checks, at the moment of acting, that Target still is what the plan was made for. Required when destroying.
	Identity func(context.Context) error
	// Unleased lets the act pass without the lease: only for taking and clearing leases themselves, for reads of questions nobody owns, and for an
	// operator's own hand (a command, a shell, a copy), which must also work when exec, where the lease lies, is what is broken.
	Unleased bool
}

// Outcome is how an act ended: Err nil is done, errors.Is(Err, remote.ErrUnknown) is unknown, anything else failed.
type Outcome struct {
	Err    error
	Effect string   // an id the world gave: an action's, a record's
	Said   []string // what came back, line by line, for the transcript; of single acts
}

// Journal records an intent before an act and its outcome after it.
type Journal interface {
	Intend(ctx context.Context, a Act) (settle func(context.Context, Outcome) error, err error)
}

// Guard says whether the lease is held at this moment, on a clock that runs through suspend.
type Guard interface {
	Held() error
}
