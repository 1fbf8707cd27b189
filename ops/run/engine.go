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
}

// Mode is how a leg is walked.
type Mode struct {
	Unattended bool   // nobody answers gates: those that Yes and Confirm do not pass record `waiting` and end the leg
	Yes        bool   // pass ordinary gates
	Confirm    string // pass the gates that want this name typed
	Undo       bool   // walk back instead of on
	TakeOver   bool   // begin a leg although another process still walks the run: it stops at its next word to the log
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
	return create(ctx, e.Store, rb.Header(e.Operator))
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
	v, _, err := load(ctx, e.Store, id)
	if err != nil {
		return nil, err
	}
	if v.open && !e.Walked(v) {
		v.State = Interrupted
	}
	return v, nil
}

// Walked reports that some process walks the run: also one that waits at a gate may be nobody's any more.
func (e *Engine) Walked(v *View) bool { return v.open && e.live().Alive(v.ID, v.Leg) }

// List gives every run, newest first, with `interrupted` for an unfinished one whose process is gone.
func (e *Engine) List(ctx context.Context) ([]Summary, error) { return e.Store.List(ctx) }

// load reads and folds a whole log.
func load(ctx context.Context, s Store, id string) (*View, *history, error) {
	events, err := s.Events(ctx, id, 0)
	if errors.Is(err, ErrNoRun) {
		return nil, nil, noRun(id, err)
	}
	if err != nil {
		return nil, nil, unreadable(id, err)
	}
	v, h := NewView(id), newHistory()
	for _, ev := range events {
		v.Apply(ev)
		h.apply(ev)
	}
	return v, h, nil
}

func noRun(id string, err error) error {
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
