package web

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	firstWait = 300 * time.Millisecond
	longWait  = 10 * time.Second
)

// Patience is how long a rate limit is slept out; one that lasts longer is reported instead.
const Patience = 5 * time.Minute

// BackOff is the pause after a try that failed, from 1: it doubles, capped, and is jittered by half, so that many do not come back at once.
func BackOff(try int) time.Duration {
	d := min(firstWait<<(try-1), longWait)
	return d/2 + rand.N(d/2+1) // jitter, not a secret
}

// RetryAfter is how long a 429 asks to wait: Retry-After in seconds or as a date, else until the limit's reset, else a second.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	raw := h.Get("Retry-After")
	if n, err := strconv.Atoi(raw); err == nil && n >= 0 {
		return max(time.Duration(n)*time.Second, time.Second)
	}
	if t, err := http.ParseTime(raw); err == nil {
		return max(t.Sub(now), time.Second)
	}
	if n, err := strconv.ParseInt(h.Get("RateLimit-Reset"), 10, 64); err == nil && n > 0 {
		return max(time.Unix(n, 0).Sub(now), time.Second)
	}
	return time.Second
}

// Wait is a pause that an operator should see: the API asked for it, a limit of its is kept, or a repetition is about to be made.
type Wait struct {
	What  string        // what is being done: "read the load balancer"
	Why   string        // "rate limit", "server error", "connection lost"
	For   time.Duration // how long
	Until time.Time
	Try   int // the try that failed, from 1
}

// String is the pause in a line.
func (w Wait) String() string {
	return fmt.Sprintf("waiting %s to %s: %s", w.For.Round(100*time.Millisecond), w.What, w.Why)
}

// Pause waits, having told of it. It gives the context's error when that ends first.
func (w Wait) Pause(ctx context.Context, tell func(context.Context, Wait)) error {
	w.Until = time.Now().Add(w.For)
	if tell != nil {
		tell(ctx, w)
	}
	t := time.NewTimer(w.For)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
