package worker

import (
	"testing"
	"time"
)

func TestSlownessIsMeasuredAgainstThePeers(t *testing.T) {
	ms := func(all ...int) (out []time.Duration) {
		for _, n := range all {
			out = append(out, time.Duration(n)*time.Millisecond)
		}
		return out
	}
	for name, x := range map[string]struct {
		pages
		slow bool
	}{
		"alike":             {pages{ms(20, 30, 25), ms(22, 28, 24, 30)}, false},
		"one hiccup":        {pages{ms(20, 5000, 25), ms(22, 28, 24)}, false},
		"later every time":  {pages{ms(900, 800, 950), ms(22, 28, 24)}, true},
		"all are slow":      {pages{ms(2000, 2100, 1900), ms(1800, 2000, 2200)}, false},
		"nobody to compare": {pages{ms(2000), nil}, false},
	} {
		if got := x.pages.slow(); got != x.slow {
			t.Errorf("%s: slow %v", name, got)
		}
	}
}

func TestAnswerOfCurl(t *testing.T) {
	for out, want := range map[string]struct {
		status int
		took   time.Duration
	}{"200 0.250000": {200, 250 * time.Millisecond}, "503": {503, 0}, "000 5.0": {0, 5 * time.Second}, "": {}, "curl: no": {}} {
		if status, took := answerOf(out); status != want.status || took != want.took {
			t.Errorf("%q: %d, %s", out, status, took)
		}
	}
}
