//go:build !linux

package lease

import "time"

// bootClock has no portable form; the wall clock in instant stands in for it.
func bootClock() time.Duration { return 0 }
