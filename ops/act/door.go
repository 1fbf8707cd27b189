package act

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
)

// settleLimit is how long recording an outcome may take once the act itself is over.
const settleLimit = 10 * time.Second

// Door is where every change asks for its permit. One door serves a whole process.
type Door struct {
	readOnly atomic.Bool
	guard    Guard
}

// NewDoor makes a door. A nil guard means that no lease exists here: then only unleased acts pass.
func NewDoor(readOnly bool, guard Guard) *Door {
	d := &Door{guard: guard}
	d.readOnly.Store(readOnly)
	return d
}

// ReadOnly reports whether the door is shut to every change.
func (d *Door) ReadOnly() bool { return d.readOnly.Load() }

// SetReadOnly shuts or opens the door. Permits that are out already obey it too, at their next check.
func (d *Door) SetReadOnly(on bool) { d.readOnly.Store(on) }

// Open checks, in this order, read-only mode, the typed confirmation, the lease and the target's identity, and then records the intent in j.
// It returns the permit for the one change, and the function that settles it: call it exactly once, with how the change ended. Until then the
// permit is good; afterwards it is refused. An error of settle means that the outcome could not be recorded, and nothing else may be changed.
// Refusals are faults with code Refused; when the intent cannot be recorded, there is no permit either.
func (d *Door) Open(ctx context.Context, j Journal, a Act) (Permit, func(Outcome) error, error) {
	if err := d.check(ctx, a); err != nil {
		return nil, nil, err
	}
	record, err := j.Intend(ctx, a)
	if err != nil {
		return nil, nil, unrecorded(a, err)
	}
	p := &permit{door: d, act: a, ended: func() error { return context.Cause(ctx) }}
	settle := func(o Outcome) error {
		if p.settled.Swap(true) {
			return errors.New("an act was settled twice")
		}
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleLimit)
		defer cancel()
		return record(late, o)
	}
	return p, settle, nil
}

func (d *Door) check(ctx context.Context, a Act) error {
	if err := d.shut(a); err != nil {
		return err
	}
	if err := confirmed(a); err != nil {
		return err
	}
	if err := d.leased(a); err != nil {
		return err
	}
	if a.Identity == nil {
		return nil
	}
	if err := a.Identity(ctx); err != nil {
		return misidentified(a, err)
	}
	return nil
}

func (d *Door) shut(a Act) error {
	if !d.readOnly.Load() {
		return nil
	}
	return &fault.Error{
		What: "refused: " + a.What, On: a.Target, Why: "this is read-only mode",
		Next: "leave read-only mode (--read-only, or read_only in the config)", Code: fault.Refused,
	}
}

func confirmed(a Act) error {
	if a.Danger != Destroys {
		return nil
	}
	if a.Target == "" || a.Typed != a.Target {
		return &fault.Error{
			What: "refused: " + a.What, On: a.Target, Why: "its name was not typed to confirm",
			Next: "type the name " + a.Target + " exactly", Code: fault.Refused,
		}
	}
	if a.Identity == nil {
		return &fault.Error{
			What: "refused: " + a.What, On: a.Target, Why: "nothing proves that this still is the target",
			Next: "report this: the step has no identity check", Code: fault.Refused,
		}
	}
	return nil
}

func (d *Door) leased(a Act) error {
	if a.Unleased {
		return nil
	}
	if d.guard == nil {
		return &fault.Error{
			What: "refused: " + a.What, On: a.Target, Why: "no lease is held",
			Next: "see who is at work: vmtui lease", Code: fault.Refused,
		}
	}
	err := d.guard.Held()
	if err == nil {
		return nil
	}
	f := &fault.Error{What: "refused: " + a.What, On: a.Target, Next: nextOf(err, "see who is at work: vmtui lease")}
	f = f.Because(err)
	f.Code = fault.Refused
	return f
}

func misidentified(a Act, err error) error {
	f := &fault.Error{What: "refused: " + a.What, On: a.Target, Next: nextOf(err, "compare the config with the provider before going on")}
	f = f.Because(err)
	if f.Code == fault.Failed {
		f.Code = fault.Refused
	}
	return f
}

func unrecorded(a Act, err error) error {
	f := &fault.Error{
		What: "not sent: " + a.What, On: a.Target,
		Next: nextOf(err, "nothing was changed; make the run log writable and resume"),
	}
	return f.Because(err)
}

// nextOf prefers the way on that the cause itself knows.
func nextOf(err error, otherwise string) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Next != "" {
		return f.Next
	}
	return otherwise
}
