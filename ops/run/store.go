package run

import (
	"context"
	"errors"
	"iter"
)

var (
	// ErrStale says that somebody else appended since the caller last read: read again, then decide again.
	ErrStale = errors.New("the run's log has grown meanwhile")
	// ErrNoRun says that the store holds no such run.
	ErrNoRun = errors.New("no such run")
	// ErrExists says that a run of that id exists already.
	ErrExists = errors.New("the run exists already")
)

// Store keeps the logs of runs. It is used by several processes at once.
type Store interface {
	// Create opens a run: h becomes its first event. It fails with ErrExists.
	Create(ctx context.Context, id string, h Header) error
	// Append adds events after number after and gives them their numbers, all or none. It fails with ErrStale when the log is longer than that.
	Append(ctx context.Context, id string, after uint64, events ...Event) error
	// Events gives what was appended after number after, oldest first. It fails with ErrNoRun.
	Events(ctx context.Context, id string, after uint64) ([]Event, error)
	// Tail gives the events after number after and follows the log until ctx ends or a result after which no leg can begin. An error is its last element.
	Tail(ctx context.Context, id string, after uint64) iter.Seq2[Event, error]
	// List gives a summary of every run, newest first.
	List(ctx context.Context) ([]Summary, error)
	Close() error
}

// Liveness tells a run that is walked from one whose process is gone.
type Liveness interface {
	// Take marks a leg as walked by this process until its pulse is released, or until the process dies. It fails with ErrTaken.
	Take(ctx context.Context, id string, leg int) (Pulse, error)
	// Alive reports whether some process walks that leg.
	Alive(ctx context.Context, id string, leg int) (bool, error)
}

// Pulse is the sign of life that a walked leg gives.
type Pulse struct {
	Release func()
	// Held says why this process must not act for the leg any more: the others may believe that it is dead. Nil: never, while it lives.
	Held func() error
	// Life ends, with the reason, when Held has begun to fail. Nil: it does not, while the process lives.
	Life context.Context
}

// held is nil while this process may act for its leg.
func (p Pulse) held() error {
	if p.Held == nil {
		return nil
	}
	return p.Held()
}

// ErrTaken says that another process walks this leg.
var ErrTaken = errors.New("another process is at it")

// Resumable reports a state from which another leg may begin. A run that was stopped, by the operator or at a failure they gave up on, is left
// as it is and can be taken up again: after a rebuild there is no other way than forward.
func (s State) Resumable() bool {
	switch s {
	case Done, Undone, Refused:
		return false
	}
	return true
}

// Final reports a state in which nobody is awaited any more: the run is finished, or the operator let go of it.
func (s State) Final() bool {
	switch s {
	case Done, Failed, Stopped, Undone, Refused:
		return true
	}
	return false
}

// ExitCode is the process's exit code for a run that was let go of in this state.
func ExitCode(s State) int {
	switch s {
	case Done, Undone:
		return 0
	case AtGate, Refused, Stopped:
		return 3
	case Unknown:
		return 4
	case Interrupted:
		return 130
	}
	return 1
}
