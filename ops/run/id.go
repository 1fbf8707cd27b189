package run

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// NewID makes a run's id: the minute it began (UTC), so that ids sort by time, and four hexadecimal digits.
func NewID(now time.Time) string {
	var b [2]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return now.UTC().Format("20060102-1504") + "-" + hex.EncodeToString(b[:])
}
