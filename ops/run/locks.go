package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Locks tells living legs by locked files, one a leg: the kernel lets go of them whatever way a process dies.
type Locks struct {
	Dir string
}

// Take locks the leg's file, or fails with ErrTaken. It implements Liveness.
func (l Locks) Take(_ context.Context, id string, leg int) (Pulse, error) {
	release, err := l.lock(id, leg)
	return Pulse{Release: release}, err
}

func (l Locks) lock(id string, leg int) (func(), error) {
	if err := os.MkdirAll(l.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("the lock directory: %w", err)
	}
	path := l.path(id, leg)
	if leg > 1 && !l.walked(id, leg-1) {
		_ = os.Remove(l.path(id, leg-1)) // #nosec G703 -- what a killed process left; its lock is gone with it
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 G703 -- the state directory and our own id
	if err != nil {
		return nil, fmt.Errorf("the run's lock: %w", err)
	}
	if err := flock(f, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrTaken
		}
		return nil, fmt.Errorf("the run's lock: %w", err)
	}
	// Two claimants can have opened the file at the same time, one of them just before the other removed it: then this lock is on nothing.
	if !same(f, path) {
		_ = f.Close()
		return nil, ErrTaken
	}
	return func() {
		_ = os.Remove(path) // #nosec G703 -- the state directory and our own id
		_ = f.Close()
	}, nil
}

// Alive reports whether a process holds the leg's lock. It implements Liveness.
func (l Locks) Alive(_ context.Context, id string, leg int) (bool, error) {
	return l.walked(id, leg), nil
}

// walked reports whether a process holds the leg's lock. A leg is never taken twice, so asking cannot disturb a claimant.
func (l Locks) walked(id string, leg int) bool { return locked(l.path(id, leg)) }

func locked(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0o600) // #nosec G304 G703 -- the state directory and our own id
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	return errors.Is(flock(f, unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK)
}

// Mark says that this process lives, under a name of its own, until release or its end.
func (l Locks) Mark(name string) (func(), error) { return l.lock(name, 0) }

// Lives reports whether the process that marked itself with that name lives, and clears away what a dead one left.
func (l Locks) Lives(name string) bool {
	if l.walked(name, 0) {
		return true
	}
	_ = os.Remove(l.path(name, 0)) // #nosec G703 -- the state directory, and a name that no process takes again
	return false
}

func (l Locks) path(id string, leg int) string {
	return filepath.Join(l.Dir, fmt.Sprintf("%s.%d.lock", filepath.Base(id), leg))
}

// flock tries again when a signal interrupts it.
func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how) // #nosec G115 -- a file descriptor fits
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func same(f *os.File, path string) bool {
	here, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path) // #nosec G703 -- as above
	return err == nil && os.SameFile(here, there)
}
