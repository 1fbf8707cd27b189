package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
)

// DefaultGrace is how long a step that is acting may go on after Ctrl-C.
const DefaultGrace = 30 * time.Second

// Leaser gives the right to be at work. A refusal is a fault with code Refused.
type Leaser interface {
	Acquire(ctx context.Context, run string) (release func(context.Context) error, err error)
	// TakeFrom is Acquire for a run that is taken over: a lease that is held for that very run is taken from whoever holds it.
	TakeFrom(ctx context.Context, run string) (release func(context.Context) error, err error)
}

// Engine starts, walks and answers runs. Its fields are set once, before its first use.
type Engine struct {
	Store    Store
	Door     *act.Door
	Lease    Leaser // nil: no lease is taken
	StateDir string // where the locks of running legs live
	Operator string
	Host     string        // of this process; the machine's name when empty
	Grace    time.Duration // how long acting may outlive Ctrl-C; DefaultGrace when zero
	Live     Liveness      // Locks in StateDir when nil
	Stores   *Stores       // the same as Store, where there is a team's beside the local one
	Places   Places        // nil: nothing is known of where runs are walked
	Anchors  Anchorer      // nil: the chains of the stores are anchored nowhere
}

// Mode is how a leg is walked.
type Mode struct {
	Unattended bool     // nobody answers gates: those that Yes and Confirm do not pass record `waiting` and end the leg
	Yes        bool     // pass ordinary gates
	Confirm    string   // pass the gates that want this name typed
	Undo       bool     // walk back instead of on
	Sworn      []string // of a run that is a step of another: names typed there, each of which passes the gate that wants it
	TakeOver   bool     // begin a leg although another process still walks the run: it stops at its next word to the log
}

func (e *Engine) live() Liveness {
	if e.Live != nil {
		return e.Live
	}
	return Locks{Dir: LockDir(e.StateDir)}
}

// LockDir is where a state directory keeps the locks of running legs.
func LockDir(stateDir string) string { return filepath.Join(stateDir, "locks") }

func (e *Engine) host() string {
	if e.Host != "" {
		return e.Host
	}
	name, err := os.Hostname()
	if err != nil {
		return "unknown host"
	}
	return name
}

func (e *Engine) grace() time.Duration {
	if e.Grace > 0 {
		return e.Grace
	}
	return DefaultGrace
}

// Start records a new run of rb and gives its id. Nothing is walked yet.
func (e *Engine) Start(ctx context.Context, rb Runbook) (string, error) {
	if err := rb.check(); err != nil {
		return "", err
	}
	id, err := create(ctx, e.Store, rb.Header(e.Operator))
	if err != nil && e.Stores != nil && e.Stores.Team != nil && fault.CodeOf(err) != fault.Usage {
		return "", awayAtStart(e.Stores.Team.Name(), err)
	}
	return id, err
}

// StartHere records a new run in the store on this machine, where the others do not see it, because the operator said so.
func (e *Engine) StartHere(ctx context.Context, rb Runbook) (string, error) {
	if err := rb.check(); err != nil {
		return "", err
	}
	return create(ctx, e.here(), rb.Header(e.Operator))
}

// StartAway is Start, but with the team's store away it records the run in the store on this machine: there it asks the operator first.
func (e *Engine) StartAway(ctx context.Context, rb Runbook) (string, error) {
	id, err := e.Start(ctx, rb)
	if !errors.Is(err, ErrAway) {
		return id, err
	}
	h := rb.Header(e.Operator)
	h.Origin = &Origin{Store: e.Stores.Team.Name()}
	return create(ctx, e.Stores.Local, h)
}

// here is the store on this machine.
func (e *Engine) here() Store {
	if e.Stores == nil {
		return e.Store
	}
	return e.Stores.Local
}

// ErrAway says that the team's store does not answer.
var ErrAway = errors.New("the team's run store is away")

func awayAtStart(store string, err error) error {
	cause := fault.Of(errors.Unwrap(err)) // why the log cannot be written
	return &fault.Error{
		What: "the run cannot be begun", On: store, Why: words(cause.What, cause.Why), Err: errors.Join(ErrAway, err),
		Next: "wait for the team's run store; or begin in the one on this machine, where the others do not see the run: vmtui run … --store local",
	}
}

// create finds a free id. Runs that begin in one minute differ by four hexadecimal digits.
func create(ctx context.Context, s Store, h Header) (string, error) {
	for {
		id := NewID(time.Now())
		err := s.Create(ctx, id, h)
		if err == nil {
			return id, nil
		}
		if !errors.Is(err, ErrExists) {
			return "", unwritable("", err)
		}
	}
}

// View gives a run as it stands, with `interrupted` for an unfinished one whose process is gone.
func (e *Engine) View(ctx context.Context, id string) (*View, error) {
	r, err := e.read(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.view.open && !r.view.alive {
		r.view.State = Interrupted
	}
	return r.view, nil
}

// read reads a run, and finds out whether somebody walks it.
func (e *Engine) read(ctx context.Context, id string) (*reading, error) {
	r, err := read(ctx, e.Store, id)
	if err != nil {
		return nil, err
	}
	return r, e.feel(ctx, r.view)
}

// feel finds out whether the process of an open leg lives.
func (e *Engine) feel(ctx context.Context, v *View) (err error) {
	if !v.open {
		return nil
	}
	if v.alive, err = e.live().Alive(ctx, v.ID, v.Leg); err != nil {
		return unreadable(v.ID, err)
	}
	return nil
}

// List gives every run, newest first, with `interrupted` for an unfinished one whose process is gone. With an error, it is all that can be had.
func (e *Engine) List(ctx context.Context) ([]Summary, error) { return e.Store.List(ctx) }

func noRun(id string, err error) error {
	if errors.Is(err, ErrNoRun) {
		return &fault.Error{What: "no such run", On: id, Why: "the store holds none of that id", Next: "see them: vmtui runs list", Code: fault.Usage, Err: err}
	}
	f := &fault.Error{What: "no such run", On: id, Next: "see them: vmtui runs list", Code: fault.Usage}
	return f.Because(err)
}

func unreadable(id string, err error) error {
	f := &fault.Error{What: "the run log cannot be read", On: id, Next: "nothing was changed; see that the store can be reached"}
	return f.Because(err)
}

func unwritable(id string, err error) error {
	f := &fault.Error{
		What: "the run log cannot be written", On: id,
		Next: "nothing is sent that cannot be recorded: make the store writable, then resume the run",
	}
	return f.Because(err)
}
