package tootctl

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	noon := time.Date(2026, 8, 8, 12, 0, 0, 0, time.UTC)
	var p Pace
	see := func(after time.Duration, bar Progress, failed int, want string) {
		t.Helper()
		p.Take(noon.Add(after), bar)
		if got := p.Words(failed); got != want {
			t.Errorf("%s: %q, want %q", after, got, want)
		}
	}
	see(0, Progress{At: 0, Of: 9000, Left: -1}, 0, "0 of 9000")
	see(10*time.Millisecond, Progress{At: 5000, Of: 9000, Left: -1}, 0, "5000 of 9000") // what the log had already is no rate
	see(time.Second, Progress{At: 5000, Of: 9000, Left: -1}, 0, "5000 of 9000")
	see(1500*time.Millisecond, Progress{At: 5005, Of: 9000, Left: -1}, 0, "5005 of 9000")
	see(3*time.Second, Progress{At: 5020, Of: 9000, Left: -1}, 2, "5020 of 9000 · 10.0 a second · 6m38s left · 2 failed")
	see(4*time.Second, Progress{At: 5030, Of: 9000, Left: time.Hour}, 0, "5030 of 9000 · 10.0 a second · 1h left")
	if said := p.Said(2); said["per_second"] != 10.0 || said["seconds_left"] != 3600 || said["percent"] != 55 || said["failed"] != 2 || said["seconds_taken"] != nil {
		t.Errorf("for scripts: %v", said)
	}
	see(30*time.Second, Progress{At: 5030, Of: 9000, Left: 10 * time.Minute}, 0, "5030 of 9000 · 10m left") // it stands
	see(31*time.Second, Progress{At: 5040, Left: -1}, 0, "5040 of an unknown number · 10.0 a second")
	see(32*time.Second, Progress{Title: "Importing", At: 5040, Of: 6000, Left: -1}, 0, "5040 of 6000") // another bar
	see(40*time.Second, Progress{Title: "Importing", At: 6000, Of: 6000, Done: true, Took: 61 * time.Second}, 0, "6000 of 6000 · took 1m1s")
	if said := p.Said(0); said["per_second"] != nil || said["seconds_left"] != 0 || said["seconds_taken"] != 61 || said["done"] != true {
		t.Errorf("for scripts: %v", said)
	}
	p = Pace{}
	see(0, Progress{At: 7, Left: -1}, 0, "7 of an unknown number")
	if said := p.Said(0); said["of"] != nil || said["percent"] != nil || said["per_second"] != nil || said["seconds_left"] != nil {
		t.Errorf("what nobody knows: %v", said)
	}
}
