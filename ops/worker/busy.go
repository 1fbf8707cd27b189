package worker

import (
	"context"
	"errors"
	"time"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// slowest is how far apart the questions to a busy provider get.
const slowest = 20 * time.Second

// later says of a refusal whether it passes by itself, why, and how long to wait before the question is asked for the try-th time again. All of
// these are definite: nothing was changed, so asking again changes nothing twice.
func (c *crew) later(err error, try int) (why string, wait time.Duration, passes bool) {
	poll := c.Config.DigitalOcean.Poll
	wait = min(poll<<min(try-1, 4), max(poll, slowest))
	switch {
	case errors.Is(err, digitalocean.ErrBusy):
		return "the load balancer is busy with an earlier change", wait, true
	case errors.Is(err, digitalocean.ErrPending):
		return "the droplet has an unfinished action", wait, true
	case errors.Is(err, digitalocean.ErrLimited):
		return "the API's rate limit", max(poll, digitalocean.LimitedFor(err)), true
	}
	return "", 0, false
}

// patiently makes a call again for as long as the provider refuses it for a reason that passes, and says so each time. The step's deadline ends it.
func (c *crew) patiently(ctx context.Context, w *run.Walk, what string, call func(context.Context, act.Permit) error) error {
	return c.repeated(ctx, w, func() error { return c.call(ctx, w, what, call) })
}

func (c *crew) repeated(ctx context.Context, w *run.Walk, try func() error) error {
	began := time.Now()
	for n := 1; ; n++ {
		err := try()
		why, wait, passes := c.later(err, n)
		if !passes {
			return err
		}
		if end, bounded := ctx.Deadline(); bounded && time.Until(end) < wait {
			return err // it would not be asked again in time; what it said is worth more than that time ran out
		}
		w.Out("refused, and it will pass: %s; asking again in %s, after %s of waiting", why, wait.Round(100*time.Millisecond), round(time.Since(began)))
		if stop := pause(ctx, wait); stop != nil {
			return errors.Join(err, stop)
		}
	}
}

// pause waits, or ends with the context.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
