// Package edition lets somebody wait until a thing that changes is newer than what they have seen of it.
package edition

import (
	"context"
	"sync"
)

// Edition numbers the states of a thing. The zero value is that of a thing that has not changed yet.
type Edition struct {
	mu     sync.Mutex
	number uint64
	next   chan struct{} // closed at the next change; nil while nobody waits
}

// Changed says that the thing is not what it was.
func (e *Edition) Changed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.number++
	if e.next != nil {
		close(e.next)
		e.next = nil
	}
}

// Number is that of the state now. Take it before the state is read, so that nothing is missed.
func (e *Edition) Number() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.number
}

// Newer waits until the number is above that one, or gives ctx's error.
func (e *Edition) Newer(ctx context.Context, after uint64) error {
	for {
		next := e.waitFor(after)
		if next == nil {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// waitFor is what is closed at the next change, nil when there has been one.
func (e *Edition) waitFor(after uint64) <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.number > after {
		return nil
	}
	if e.next == nil {
		e.next = make(chan struct{})
	}
	return e.next
}
