package backlog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ops/spelling"
)

// pace is between two looks: as often as Sidekiq itself is worth asking.
const pace = 2 * time.Second

// looks is how many of them a slope is measured over. Sidekiq writes its totals at heartbeats, up to 10 s apart.
const looks = 7

func triageSteps(s *site) ([]run.Step, string, error) {
	queue, err := s.said(lookInput)
	watch := s.Jobs.NewWatch()
	return []run.Step{
		{
			StepInfo: run.StepInfo{ID: "look", Title: "Look at Sidekiq", Kind: run.Read, Why: "What waits, who works, and what is wrong at first sight.", Panes: []string{Pane}, NoUndo: "it only looks", Usual: "a second"},
			Deadline: time.Minute,
			Plan:     plan("redis: SMEMBERS queues, processes; LLEN, LINDEX -1 of each queue; HMGET, HGETALL of each process; ZCARD retry, schedule, dead"),
			Do: func(ctx context.Context, w *run.Walk) error {
				v, err := watch.Look(ctx)
				if err == nil {
					tellState(w, v)
				}
				return err
			},
		},
		{
			StepInfo: run.StepInfo{ID: "measure", Title: "Measure how it moves", Kind: run.Read, Why: "A long queue that shrinks needs patience; a short one that grows needs help.", Panes: []string{Pane}, NoUndo: "it only looks", Usual: "15 s"},
			Deadline: 2 * time.Minute,
			Plan:     plan(fmt.Sprintf("redis: the same, %s, %s apart", spelling.Count(looks, "time", "times"), pace)),
			Verify:   func(w *run.Walk) run.Check { return measure(w, watch) },
		},
		{
			StepInfo: run.StepInfo{ID: "contents", Title: "See what is in the slowest queue", Kind: run.Read, Why: "One class, one dead server or one popular post is most often all of it.", Panes: []string{Pane}, NoUndo: "it only looks", Usual: "a second"},
			Deadline: time.Minute,
			Plan:     plan("redis: LRANGE 0 199 and -200 -1 of the queue that waits longest; ZRANGE of retry, the same"),
			Do:       func(ctx context.Context, w *run.Walk) error { return s.contents(ctx, w, watch, queue) },
		},
	}, queue, err
}

func tellState(w *run.Walk, v sidekiq.View) {
	for _, q := range v.Queues {
		w.Out("%-10s %8d jobs, oldest waits %s, weight %d", q.Name, q.Size, q.Latency.Round(100*time.Millisecond), q.Weight)
	}
	busy, threads := 0, 0
	for _, p := range v.Processes {
		busy, threads = busy+p.Busy, threads+p.Concurrency
		quiet := ""
		if p.Quiet {
			quiet = ", quiet"
		}
		w.Out("%s: busy %d of %d%s", p.Identity, p.Busy, p.Concurrency, quiet)
	}
	w.Out("%d of %s are busy; retry %d, schedule %d, dead %d", busy, spelling.Count(threads, "thread", "threads"), v.Sets.Retry, v.Sets.Schedule, v.Sets.Dead)
	for _, a := range v.Alarms {
		w.Out("%s: %s: %s; next: %s", a.Level, a.On, a.Why, a.Next)
	}
}

func measure(w *run.Walk, watch *sidekiq.Watch) run.Check {
	n := 0
	return func(ctx context.Context) (run.Progress, error) {
		v, err := watch.Look(ctx)
		if err != nil {
			return run.Progress{For: "an answer of Redis: " + err.Error(), Again: pace}, nil //nolint:nilerr // it is waited for, visibly
		}
		if n++; n < looks {
			return run.Progress{For: fmt.Sprintf("look %d of %d", n+1, looks), Again: pace}, nil
		}
		for _, q := range v.Queues {
			if q.Slope == nil || q.Size == 0 {
				continue
			}
			way := "does not shrink"
			if q.ETA != nil {
				way = "empty in " + q.ETA.Round(time.Second).String() + " if it goes on like that"
			}
			w.Out("%-10s %+.1f jobs a second: %s", q.Name, *q.Slope, way)
		}
		if v.ProcessedRate != nil && v.FailedRate != nil {
			w.Out("%.1f jobs a second are done, %.1f of them fail", *v.ProcessedRate, *v.FailedRate)
		}
		return run.Progress{Done: true, Detail: fmt.Sprintf("measured over %d looks", looks)}, nil
	}
}

func (s *site) contents(ctx context.Context, w *run.Walk, watch *sidekiq.Watch, queue string) error {
	v, err := watch.Look(ctx)
	if err != nil {
		return err
	}
	if queue == "" {
		queue = slices.MaxFunc(v.Queues, func(a, b sidekiq.Queue) int { return cmp.Compare(a.Latency, b.Latency) }).Name
	}
	for _, name := range []string{queue, sidekiq.Retry} {
		p, err := s.Jobs.Find(ctx, name)
		if err != nil {
			return err
		}
		h, err := s.Jobs.Sample(ctx, p, sidekiq.Filter{})
		if err != nil {
			return err
		}
		w.Out("%s: %s; of %d looked at: %s", name, spelling.Count(p.Size, "job", "jobs"), h.Counted, shares(h.Classes))
		if len(h.Hosts) > 0 {
			w.Out("%s: they go to %s", name, shares(h.Hosts))
		}
		if len(h.Errors) > 0 {
			w.Out("%s: they failed with %s", name, shares(h.Errors))
		}
	}
	for _, line := range advice(v, queue) {
		w.Out("%s", line)
	}
	return nil
}

// advice is what to do next, from what was seen.
func advice(v sidekiq.View, queue string) []string {
	i := slices.IndexFunc(v.Queues, func(q sidekiq.Queue) bool { return q.Name == queue })
	if i < 0 {
		return nil
	}
	q := v.Queues[i]
	busy, threads := 0, 0
	for _, p := range v.Processes {
		if !p.Quiet && slices.Contains(p.Queues, queue) {
			busy, threads = busy+p.Busy, threads+p.Concurrency
		}
	}
	var out []string
	switch {
	case threads == 0:
		out = append(out, "next: no process takes jobs from "+queue+": start one, or restart those that are quiet")
	case q.Latency < 30*time.Second:
		out = append(out, "next: nothing; "+queue+" waits no longer than it may")
	case q.ETA != nil && *q.ETA < 30*time.Minute:
		out = append(out, "next: wait; "+queue+" shrinks")
	case busy*10 < threads*7:
		out = append(out, fmt.Sprintf("next: only %d of %s are busy while jobs wait: look at the database's connections and at Redis; dump the threads of a process (vmtui sidekiq dump)", busy, spelling.Count(threads, "thread", "threads")))
	default:
		out = append(out, fmt.Sprintf("next: all threads are busy (%d of %d): start another process for %s alone (-q %s), within the database's connections; never a second scheduler", busy, threads, queue, queue))
	}
	if q.Latency >= 30*time.Second && !strings.Contains("default scheduler", queue) {
		out = append(out, "or: take what is not needed out of it (vmtui sidekiq delete "+queue+" --class …), or put it aside (vmtui run sidekiq-flush "+queue+")")
	}
	return out
}
