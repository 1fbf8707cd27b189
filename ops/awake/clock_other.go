//go:build !linux

package awake

import "time"

// bootClock has no portable form; the wall clock in Instant stands in for it.
func bootClock() time.Duration { return 0 }
