package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// destroying is the id of the step that destroys.
const destroying = "destroy"

func (c *crew) destruction() string { return "destruction of " + c.dropletName() }

// destroy is the point of no return. A droplet that is gone answers every doubt by itself: nothing is ever sent for it again.
func (c *crew) destroy() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: destroying, Title: "Destroy the droplet", Kind: run.Once, Confirm: c.confirm(), Panes: []string{"balancer"}, Usual: "some seconds",
			Why:    fmt.Sprintf("It is out and empty. %s goes with its disk and its addresses, and is not paid for any more. This cannot be taken back.", c.dropletName()),
			NoUndo: "the droplet is gone; make a new one with " + Add,
		},
		Deadline: 5 * time.Minute,
		Plan: plan("the budget, the identity, the membership and the lease are checked once more",
			fmt.Sprintf("DELETE /v2/droplets/%d   once", c.in.Droplet), fmt.Sprintf("GET /v2/droplets/%d   until there is none", c.in.Droplet)),
		Observe: c.observeDestroyed,
		Do:      c.sendDestruction,
		Verify:  c.verifyDestroyed,
	}
}

// gone reports that the provider knows no such droplet.
func (c *crew) gone(ctx context.Context) (bool, error) {
	_, err := c.Cloud.Droplet(ctx, c.in.Droplet)
	if errors.Is(err, digitalocean.ErrNotFound) {
		return true, nil
	}
	return false, err
}

func (c *crew) observeDestroyed(ctx context.Context, w *run.Walk) (run.Finding, error) {
	gone, err := c.gone(ctx)
	if err == nil && !gone && len(w.Intents("")) > 0 {
		gone, err = c.awaitGone(ctx)
	}
	switch {
	case err != nil:
		return run.Finding{}, err
	case gone:
		return done("the provider knows no droplet %d", c.in.Droplet), nil
	case len(w.Intents("")) > 0:
		return pending("its destruction was requested, and the droplet is still there"), nil
	}
	return pending("the droplet is there"), nil
}

// awaitGone gives a destruction whose answer was lost time to show.
func (c *crew) awaitGone(ctx context.Context) (bool, error) {
	return c.shows(ctx, func() (bool, error) { return c.gone(ctx) })
}

// doomed is the last look before the droplet goes: the right one, and nobody's visitors on it.
func (c *crew) doomed(ctx context.Context) error {
	if err := c.identity(ctx); err != nil {
		return err
	}
	_, err := c.checkGone(ctx)
	return err
}

func (c *crew) sendDestruction(ctx context.Context, w *run.Walk) error {
	if err := c.afford(ctx, w); err != nil {
		return err
	}
	err := w.Act(ctx, act.Act{
		Verb: "destroy", Target: c.confirm(), Danger: act.Destroys, Identity: c.doomed, What: fmt.Sprintf("DELETE /v2/droplets/%d", c.in.Droplet),
	}, func(ctx context.Context, p act.Permit) error { return c.Cloud.DestroyDroplet(ctx, p, c.in.Droplet) })
	switch {
	case errors.Is(err, remote.ErrUnknown):
		w.Out("no answer to the request; asking the provider whether the droplet is still there")
		gone, looked := c.awaitGone(ctx)
		if !gone {
			return errors.Join(err, looked)
		}
		return nil
	case errors.Is(err, digitalocean.ErrPending):
		return (&fault.Error{What: "the destruction was refused", On: c.dropletName(), Next: "somebody else's action is at work on it; wait for it, then retry"}).Because(err)
	case errors.Is(err, digitalocean.ErrNotFound):
		w.Out("it was gone already")
		return nil
	}
	return err
}

func (c *crew) verifyDestroyed(*run.Walk) run.Check {
	return func(ctx context.Context) (run.Progress, error) {
		gone, err := c.gone(ctx)
		if err != nil || !gone {
			return run.Progress{For: "the droplet to go", Again: c.Config.DigitalOcean.Poll}, err
		}
		c.host().Drop()
		return run.Progress{Done: true, Detail: fmt.Sprintf("the provider knows no droplet %d", c.in.Droplet)}, nil
	}
}
