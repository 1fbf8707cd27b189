package run

import (
	"time"
)

// Whose time a run takes, besides what its steps await.
const (
	Ours      = "ours"       // looking, deciding, sending; and what no step calls somebody else's
	Operators = "operator's" // at gates
)

// Spent is where a run's time went, by what its log says. The time between two legs is nobody's.
type Spent struct {
	By   map[string]time.Duration // whose: Ours, Operators, or what a step awaits
	Ours map[string]time.Duration // by step

	on   string // whose time it is since last, "" for nobody's
	last time.Time
}

// All is everything that was spent.
func (s Spent) All() time.Duration {
	var all time.Duration
	for _, d := range s.By {
		all += d
	}
	return all
}

// until counts the time up to an event. A leg that begins says nothing about the time before it.
func (s *Spent) until(ev Event, current int, steps []StepView) {
	d := ev.Time.Sub(s.last)
	s.last = ev.Time
	if s.on == "" || ev.Type == LegOpen || d <= 0 {
		return
	}
	if s.By == nil {
		s.By, s.Ours = map[string]time.Duration{}, map[string]time.Duration{}
	}
	s.By[s.on] += d
	if s.on == Ours && current >= 0 {
		s.Ours[steps[current].ID] += d
	}
}

// busyWith is whose time begins now.
func (v *View) busyWith() string {
	switch {
	case !v.open:
		return ""
	case v.Gate != nil:
		return Operators
	case v.Current >= 0:
		s := v.Steps[v.Current]
		if acts := s.State == Doing || s.State == Verifying; acts && s.Awaits != "" {
			return s.Awaits
		}
	}
	return Ours
}
