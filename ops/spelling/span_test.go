package spelling

import (
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 400 * time.Millisecond: "0s", 10 * time.Second: "10s", 80 * time.Second: "1m20s", 10 * time.Minute: "10m", 90 * time.Minute: "1h30m", 48 * time.Hour: "48h",
		time.Hour + time.Second: "1h0m1s", -time.Minute: "-1m",
	} {
		if got := Span(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
