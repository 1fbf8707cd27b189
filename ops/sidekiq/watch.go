package sidekiq

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// View is the state with what several looks tell: slopes, rates, alarms and what was lost on the way. As JSON it is a Snapshot with more.
type View struct {
	Snapshot
	ProcessedRate *float64 `json:"processed_per_second"` // nil while too little was seen
	FailedRate    *float64 `json:"failed_per_second"`
	Alarms        []Alarm  `json:"alarms"`
	Lost          []Lost   `json:"possibly_lost"`
	Err           error    `json:"-"` // of the last look; the rest is then of an earlier one
}

// Lost is a job that a process had in hand when it died. Whether it was done, only that process's log knows.
type Lost struct {
	Job
	Process string    `json:"process"`
	Seen    time.Time `json:"seen"` // of the last look at the living process
}

// Watch looks again and again, and remembers: numbers for slopes, and jobs in hand, which Redis forgets a minute after their process died. What is
// remembered is in memory only: it holds what people wrote. It is safe for concurrent use.
type Watch struct {
	jobs *Jobs

	mu        sync.Mutex
	view      View
	queues    map[string]line
	processed line
	failed    line
	dead      line
	over      map[string]passed
	hands     map[string]hand
	life      time.Duration // how long Redis keeps a process that is not heard from, as far as was seen
	lost      []Lost
}

// passed is since when a queue has been over each mark; zero when it is not.
type passed struct{ warn, critical time.Time }

// hand is a process as it was last seen alive.
type hand struct {
	beat  time.Time // by its host's clock
	heard time.Time // when that heartbeat was, by ours: as Redis counts it, or else when it was first seen
	seen  time.Time
	work  []Job
}

// lostKept bounds what is remembered of jobs that may be lost.
const lostKept = 1000

// NewWatch remembers nothing yet.
func (j *Jobs) NewWatch() *Watch {
	return &Watch{jobs: j, queues: map[string]line{}, over: map[string]passed{}, hands: map[string]hand{}}
}

// Look looks once, in two round trips, and gives the state. When Redis does not answer it is the last state, with the error in it.
func (w *Watch) Look(ctx context.Context) (View, error) {
	w.mu.Lock()
	known := slices.Collect(maps.Keys(w.hands))
	w.mu.Unlock()
	s, err := w.jobs.snapshot(ctx, known)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.view.Err = err
		return w.view, err
	}
	w.view = w.with(s)
	return w.view, nil
}

func (w *Watch) with(s Snapshot) View {
	since := map[string]lateness{}
	for i, q := range s.Queues {
		w.queues[q.Name] = w.queues[q.Name].with(s.Time, float64(q.Size))
		s.Queues[i].Trend = w.queues[q.Name].trend()
		since[q.Name] = w.mark(q, s.Time)
	}
	w.processed = w.processed.with(s.Time, float64(s.Processed))
	w.failed = w.failed.with(s.Time, float64(s.Failed))
	w.dead = w.dead.with(s.Time, float64(s.Sets.Dead))
	w.remember(s)
	v := View{Snapshot: s, ProcessedRate: w.processed.rate(), FailedRate: w.failed.rate(), Alarms: alarms(s, since), Lost: slices.Clone(w.lost)}
	if a, is := w.dying(); is {
		v.Alarms = append(v.Alarms, a)
	}
	if v.Alarms == nil {
		v.Alarms = []Alarm{}
	}
	if v.Lost == nil {
		v.Lost = []Lost{}
	}
	return v
}

// mark notes since when a queue has been too slow.
func (w *Watch) mark(q Queue, now time.Time) lateness {
	m := w.over[q.Name]
	since := func(at *time.Time, over time.Duration) time.Duration {
		if q.Latency <= over {
			*at = time.Time{}
			return 0
		}
		if at.IsZero() {
			*at = now
		}
		return now.Sub(*at)
	}
	l := lateness{warn: since(&m.warn, warnLatency), critical: since(&m.critical, criticalLatency)}
	w.over[q.Name] = m
	return l
}

// dying judges how many jobs are given up.
func (w *Watch) dying() (Alarm, bool) {
	if len(w.dead) < 2 {
		return Alarm{}, false
	}
	span := w.dead[len(w.dead)-1].at.Sub(w.dead[0].at)
	gave, did := w.dead[len(w.dead)-1].value-w.dead[0].value, w.processed[len(w.processed)-1].value-w.processed[0].value
	if span < deadOver || did < 1 || gave/did <= deadShare {
		return Alarm{}, false
	}
	return Alarm{Level: Warn, On: "dead", Why: fmt.Sprintf("%.0f jobs were given up of %.0f in %s", gave, did, round(span)), Next: "look at their errors: vmtui sidekiq jobs dead"}, true
}

// keysLife is how long Redis keeps a process's keys after its last heartbeat.
const keysLife = 60 * time.Second

// remember keeps what living processes have in hand, and what dead ones had. A process that ends properly takes its name off the list, and its work with
// it, while its heartbeat is fresh, and has given back what it had.
func (w *Watch) remember(s Snapshot) {
	alive := map[string]bool{}
	for _, p := range s.Processes {
		w.life = min(max(w.life, p.left), keysLife)
	}
	for _, p := range s.Processes {
		alive[p.Identity] = true
		h := hand{beat: p.Beat, heard: s.Time, seen: s.Time, work: p.Work}
		if p.left > 0 {
			h.heard = s.Time.Add(p.left - w.life)
		}
		if before, known := w.hands[p.Identity]; known && before.beat.Equal(p.Beat) {
			if before.heard.Before(h.heard) {
				h.heard = before.heard
			}
			if len(p.Work) == 0 { // of one heartbeat there is one truth; its work expires a moment before it does
				h.work = before.work
			}
		}
		w.hands[p.Identity] = h
	}
	stale, orphans := byIdentity(s.Stale), byIdentity(s.orphans)
	for id, h := range w.hands {
		if alive[id] {
			continue
		}
		o, silent := orphans[id], s.Time.Sub(h.heard)
		_, registered := stale[id]
		switch {
		case len(o.Work) > 0 && silent <= keysLife/4: // its name was taken off and its work was not: it may be heard from again
			continue
		case len(o.Work) > 0:
			w.lose(id, hand{seen: h.seen, work: o.Work})
		case o.left > 0: // it took its work along when it ended; what it says of itself outlives it
		case registered || silent > keysLife/2:
			w.lose(id, h)
		}
		delete(w.hands, id)
	}
	for id, p := range stale { // dead before the first look: its list may outlive its heartbeat
		if len(p.Work) > 0 {
			w.lose(id, hand{seen: s.Time, work: p.Work})
		}
	}
}

func byIdentity(all []Process) map[string]Process {
	out := map[string]Process{}
	for _, p := range all {
		out[p.Identity] = p
	}
	return out
}

func (w *Watch) lose(id string, h hand) {
	for _, job := range h.work {
		if slices.ContainsFunc(w.lost, func(l Lost) bool { return l.JID == job.JID && l.Process == id }) {
			continue
		}
		w.lost = append(w.lost, Lost{Job: job, Process: id, Seen: h.seen})
	}
	if extra := len(w.lost) - lostKept; extra > 0 {
		w.lost = slices.Delete(w.lost, 0, extra)
	}
}

// Forget drops a job from what may be lost: it was put back, or the operator knows better.
func (w *Watch) Forget(jid string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost = slices.DeleteFunc(w.lost, func(l Lost) bool { return l.JID == jid })
}
