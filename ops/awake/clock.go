// Package awake tells how long ago something was, also when the machine slept in between.
package awake

import "time"

// Instant is a moment on a clock that runs through suspend, so that a laptop that slept knows that its lease did not.
type Instant struct {
	Boot time.Duration
	Wall time.Time
}

// Now is this moment.
func Now() Instant { return Instant{Boot: bootClock(), Wall: time.Now()} }

// Until is how long before now it was, by whichever clock says longer: a lease must rather seem too old than too young.
func (then Instant) Until(now Instant) time.Duration {
	return max(now.Boot-then.Boot, now.Wall.Sub(then.Wall), now.Wall.Round(0).Sub(then.Wall.Round(0)))
}
