package lease

import "time"

// instant is a moment on a clock that runs through suspend, so that a laptop that slept knows that its lease did not.
type instant struct {
	boot time.Duration
	wall time.Time
}

// since is how long ago then was, by whichever clock says longer: a lease must rather seem too old than too young.
func (then instant) since(now instant) time.Duration {
	return max(now.boot-then.boot, now.wall.Sub(then.wall), now.wall.Round(0).Sub(then.wall.Round(0)))
}

func now() instant { return instant{boot: bootClock(), wall: time.Now()} }
