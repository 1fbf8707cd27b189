package sidekiq

import (
	"math"
	"slices"
	"time"
)

// Trend is what several looks at a queue tell. A pointer is nil while too little was seen to say it.
type Trend struct {
	Slope *float64       `json:"slope_per_second"` // jobs; below zero the queue shrinks
	ETA   *time.Duration `json:"-"`                // until it is empty, if it goes on like that; nil when it does not shrink
	Trail []float64      `json:"-"`                // sizes, oldest first, for a sparkline
}

const (
	slopeOver  = 30 * time.Second // looks that a slope is measured over
	slopeLeast = 3
	trailKept  = 120
)

// point is one look.
type point struct {
	at    time.Time
	value float64
}

// line is what was seen of one number, oldest first.
type line []point

func (l line) with(at time.Time, value float64) line {
	if len(l) > 0 && !at.After(l[len(l)-1].at) {
		return l
	}
	l = append(l, point{at, value})
	if extra := len(l) - trailKept; extra > 0 {
		l = slices.Delete(l, 0, extra)
	}
	return l
}

// slope is the least-squares slope per second over the last looks, if there are enough.
func (l line) slope() (float64, bool) {
	if len(l) == 0 {
		return 0, false
	}
	newest := l[len(l)-1].at
	recent := l
	for len(recent) > slopeLeast && newest.Sub(recent[0].at) > slopeOver {
		recent = recent[1:]
	}
	if len(recent) < slopeLeast {
		return 0, false
	}
	var sx, sy, sxx, sxy float64
	n := float64(len(recent))
	for _, p := range recent {
		x := p.at.Sub(recent[0].at).Seconds()
		sx, sy, sxx, sxy = sx+x, sy+p.value, sxx+x*x, sxy+x*p.value
	}
	spread := n*sxx - sx*sx
	if spread <= 0 {
		return 0, false
	}
	return (n*sxy - sx*sy) / spread, true
}

func (l line) trail() []float64 {
	out := make([]float64, 0, len(l))
	for _, p := range l {
		out = append(out, p.value)
	}
	return out
}

// slopeNone is below what a queue stands still: less than three jobs a minute.
const slopeNone = 0.05

// trend is what the looks tell of a queue.
func (l line) trend() Trend {
	t := Trend{Trail: l.trail()}
	slope, known := l.slope()
	if !known {
		return t
	}
	if math.Abs(slope) < slopeNone {
		slope = 0
	}
	t.Slope = &slope
	size := l[len(l)-1].value
	// Less than a job in ten seconds is no way to empty anything: such a slope is noise.
	if seconds := size / -slope; slope < -0.1 && seconds < (365*24*time.Hour).Seconds() {
		eta := time.Duration(seconds * float64(time.Second))
		t.ETA = &eta
	}
	return t
}

// rateOver is the least that a rate is measured over: Sidekiq adds to its totals at heartbeats only, every 5 or 10 s.
const rateOver = 10 * time.Second

// rate is how fast a total grows a second, over as long as a minute; not known before there are two looks far enough apart.
func (l line) rate() *float64 {
	if len(l) < 2 {
		return nil
	}
	newest := l[len(l)-1]
	first := newest
	for _, p := range slices.Backward(l) {
		if newest.at.Sub(p.at) > time.Minute {
			break
		}
		first = p
	}
	span := newest.at.Sub(first.at)
	if span < rateOver || newest.value < first.value {
		return nil
	}
	rate := (newest.value - first.value) / span.Seconds()
	return &rate
}
