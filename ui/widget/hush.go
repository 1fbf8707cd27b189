package widget

import "time"

// Quiet is how long a hand must rest before something that opened by itself listens to it.
const Quiet = 400 * time.Millisecond

// Hush swallows keys until the hand has been quiet, so that nobody confirms what they did not read. The zero Hush swallows nothing.
type Hush struct{ until time.Time }

// NewHush starts swallowing now.
func NewHush(now time.Time) Hush { return Hush{until: now.Add(Quiet)} }

// Swallows reports that a key pressed now is not meant for this; it also makes the wait start anew.
func (h *Hush) Swallows(now time.Time) bool {
	if h.until.IsZero() || !now.Before(h.until) {
		h.until = time.Time{}
		return false
	}
	h.until = now.Add(Quiet)
	return true
}

// Resting reports that the hand is still being waited for.
func (h *Hush) Resting(now time.Time) bool { return now.Before(h.until) }
