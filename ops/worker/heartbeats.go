package worker

import (
	"context"
	"time"

	"github.com/vmtui/vmtui/ops/sidekiq"
)

// heartbeats is what was heard of a worker's Sidekiq processes, by their identity.
type heartbeats struct {
	seen  map[string]time.Time // the last heartbeat
	idle  map[string]time.Time // the first of those in a row that said quiet and busy 0
	hands map[string][]sidekiq.Job
}

func newHeartbeats() *heartbeats {
	return &heartbeats{seen: map[string]time.Time{}, idle: map[string]time.Time{}, hands: map[string][]sidekiq.Job{}}
}

// newcomer is a process that takes jobs and was not there before.
func (h *heartbeats) newcomer(mine []sidekiq.Process) (sidekiq.Process, bool) {
	for _, p := range mine {
		if _, known := h.seen[p.Identity]; !known && len(h.seen) > 0 && !p.Quiet {
			return p, true
		}
	}
	return sidekiq.Process{}, false
}

// hear takes down what the processes say now, and what they have in hand.
func (c *crew) hear(ctx context.Context, h *heartbeats, mine []sidekiq.Process) {
	for _, p := range mine {
		h.seen[p.Identity] = p.Beat
		if jobs, err := c.Jobs.Work(ctx, p.Identity); err == nil {
			h.hands[p.Identity] = jobs
		}
		if _, was := h.idle[p.Identity]; !p.Quiet || p.Busy > 0 {
			delete(h.idle, p.Identity)
		} else if !was {
			h.idle[p.Identity] = p.Beat
		}
	}
}

// count says of the processes how many have said busy 0 on two heartbeats, how many jobs they have in hand, and how many have not heard the signal.
func (h *heartbeats) count(mine []sidekiq.Process) (settled, busy, unheard int) {
	for _, p := range mine {
		busy += p.Busy
		if !p.Quiet {
			unheard++
		}
		if at, idle := h.idle[p.Identity]; idle && p.Beat.After(at) {
			settled++
		}
	}
	return settled, busy, unheard
}

// aside bounds a look that is only taken beside a wait.
const aside = 3 * time.Second

// overhear listens to Sidekiq while something else is waited for. What goes wrong is left for the step whose business it is.
func (c *crew) overhear(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, aside)
	defer cancel()
	mine, _, err := c.processes(ctx)
	if err != nil {
		return
	}
	if c.beats == nil {
		if len(mine) == 0 {
			return
		}
		c.beats = newHeartbeats()
	}
	if _, is := c.beats.newcomer(mine); is {
		return // the step will say so
	}
	c.hear(ctx, c.beats, mine)
}
