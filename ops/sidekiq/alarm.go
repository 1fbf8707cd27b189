package sidekiq

import (
	"fmt"
	"slices"
	"time"

	"github.com/vmtui/vmtui/ops/spelling"
)

// Level is how much something is worth worrying about.
type Level string

// The levels.
const (
	Fine     Level = "ok"
	Warn     Level = "warn"
	Critical Level = "critical"
)

// Alarm is something that is not as it should be.
type Alarm struct {
	Level Level  `json:"level"`
	On    string `json:"on"` // a queue, a set, a process
	Why   string `json:"why"`
	Next  string `json:"next"`
}

// What counts as too slow, and for how long it must have been. From the alerts that large instances run on.
const (
	warnLatency, warnFor         = 30 * time.Second, 5 * time.Minute
	criticalLatency, criticalFor = 120 * time.Second, 10 * time.Minute
	tickLate                     = 3 * time.Minute // some of Mastodon's jobs are due every minute
	deadShare                    = 0.01            // of what is processed
	deadOver                     = 5 * time.Minute // the least that is measured over
)

// slow judges a queue. A queue is a line: an oldest job that is as old as this has been too old for as long as it is over the mark, even if
// nobody looked.
func slow(q Queue, since map[string]lateness) (Alarm, bool) {
	s := since[q.Name]
	for _, mark := range []struct {
		level Level
		over  time.Duration
		least time.Duration
		seen  time.Duration
	}{
		{Critical, criticalLatency, criticalFor, s.critical},
		{Warn, warnLatency, warnFor, s.warn},
	} {
		if lasted := max(mark.seen, q.Latency-mark.over); q.Latency > mark.over && lasted >= mark.least {
			return Alarm{
				Level: mark.level, On: q.Name,
				Why:  fmt.Sprintf("its oldest job has waited %s; over %s for %s or more", round(q.Latency), mark.over, round(lasted)),
				Next: "look at what is in it (vmtui sidekiq jobs " + q.Name + ") and at whether its processes are busy",
			}, true
		}
	}
	return Alarm{}, false
}

// lateness is for how long a queue was seen over each mark.
type lateness struct{ warn, critical time.Duration }

func round(d time.Duration) time.Duration { return d.Round(time.Second) }

// alarms judges a snapshot by itself; since is what earlier looks add.
func alarms(s Snapshot, since map[string]lateness) []Alarm {
	var out []Alarm
	for _, q := range s.Queues {
		if a, is := slow(q, since); is {
			out = append(out, a)
		}
		if q.Size > 0 && !slices.ContainsFunc(s.Processes, func(p Process) bool { return !p.Quiet && slices.Contains(p.Queues, q.Name) }) {
			out = append(out, Alarm{Level: Critical, On: q.Name, Why: "no process that takes jobs listens to it", Next: "start or restart a Sidekiq that listens to it"})
		}
	}
	out = append(out, s.scheduling()...)
	for _, p := range s.Stale {
		out = append(out, Alarm{Level: Warn, On: p.Identity, Why: "it is registered and has no heartbeat: it died, or cannot reach Redis; what it had in hand may be lost", Next: "look at its log"})
	}
	for _, shelf := range s.Shelves {
		if shelf.dropped() {
			out = append(out, Alarm{Level: Critical, On: shelf.ID, Why: "it was parked and has no job any more: " + droppedWhy, Next: shelf.copies()})
		}
		if shelf.Deleting != "" {
			out = append(out, Alarm{Level: Warn, On: shelf.ID, Why: fmt.Sprintf("%s of %s left by a deletion that is under way or was interrupted", spelling.Count(shelf.Size, "job", "jobs"), shelf.Queue), Next: "if nobody is at it: vmtui sidekiq delete " + shelf.ID})
			continue
		}
		if shelf.Kind == Filtered || shelf.Kind == Removed || shelf.Restoring {
			out = append(out, Alarm{Level: Warn, On: shelf.ID, Why: fmt.Sprintf("%s of %s lying aside; an act on them is under way or was interrupted", spelling.Count(shelf.Size, "job", "jobs"), shelf.Queue), Next: "if nobody is at it: vmtui sidekiq restore " + shelf.ID})
		}
	}
	return out
}

// scheduling judges the scheduler: exactly one process must run its queue, and something ticks every minute.
func (s Snapshot) scheduling() []Alarm {
	var out []Alarm
	n := 0
	for _, p := range s.Processes {
		if !p.Quiet && slices.Contains(p.Queues, schedulerQueue) {
			n++
		}
	}
	switch {
	case len(s.Processes) == 0:
		return []Alarm{{Level: Critical, On: "processes", Why: "no Sidekiq has a heartbeat", Next: "look at Sidekiq's units and containers, and at whether they reach Redis"}}
	case n == 0:
		out = append(out, Alarm{Level: Critical, On: schedulerQueue, Why: "no process runs the scheduler", Next: "start the Sidekiq of the exec node"})
	case n > 1:
		out = append(out, Alarm{Level: Warn, On: schedulerQueue, Why: fmt.Sprintf("%s run the scheduler; it must be one", spelling.Count(n, "process", "processes")), Next: "start the others with -q for each of their queues"})
	}
	if len(s.Ticks) > 0 && !s.Ticks[0].At.IsZero() {
		if late := s.Time.Sub(s.Ticks[0].At); late > tickLate {
			out = append(out, Alarm{Level: Warn, On: schedulerQueue, Why: fmt.Sprintf("the scheduler last put a job into its queue %s ago (%s)", round(late), s.Ticks[0].Name), Next: "look at the log of the process that runs it"})
		}
	}
	return out
}

const schedulerQueue = "scheduler"
