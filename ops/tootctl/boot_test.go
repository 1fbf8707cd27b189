package tootctl

import (
	"testing"
	"time"
)

func TestBoot(t *testing.T) {
	for want, b := range map[string]Boot{
		"not measured here yet":          nil,
		"12 s by the last start":         {11800 * time.Millisecond},
		"1 s by the last 2 starts":       {100 * time.Millisecond, time.Second},
		"9 to 14 s by the last 3 starts": {14 * time.Second, 9 * time.Second, 10 * time.Second},
	} {
		if got := b.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
