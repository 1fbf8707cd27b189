// Package remote holds what all wires share: the permit that every mutating call takes, and the outcome nobody knows.
package remote

import (
	"context"
	"errors"
)

// Permit is the right to change something, granted by the door in ops/act. A mutating call checks it just before its bytes leave.
type Permit interface {
	Check(ctx context.Context) error
}

// ErrUnknown marks a mutation that may or may not have been applied: the request left, no answer came. It is never success and never failure.
var ErrUnknown = errors.New("outcome unknown")
