package worker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// factPower is the action that powering the droplet on became.
const factPower = "power-action"

// powerOn is for a droplet that a rebuild leaves off. The provider does not say whether one that was off before is powered on by it: mostly this step finds
// that there is nothing to do.
func (c *crew) powerOn() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "power-on", Title: "Power it on, should it be off", Kind: run.Once, Gate: true, Skip: true, Panes: []string{"balancer"},
			Why:    "The provider does not say whether a droplet that was off is on after its rebuild. One that stays off would be waited for in vain.",
			NoUndo: "it has to be on to come back", Usual: "at once where it is on", Awaits: provider,
		},
		Deadline: c.Config.Reimage.Wait,
		Plan: plan(fmt.Sprintf("GET /v2/droplets/%d   nothing is sent unless it stays off", c.in.Droplet),
			fmt.Sprintf("POST /v2/droplets/%d/actions {type: power_on}   once", c.in.Droplet), fmt.Sprintf("GET /v2/droplets/%d   until it is on", c.in.Droplet)),
		Observe: c.observePower,
		Do:      c.sendPowerOn,
		Verify:  c.verifyPower,
	}
}

// observePower gives the provider time to power it on by itself.
func (c *crew) observePower(ctx context.Context, w *run.Walk) (run.Finding, error) {
	if w.Dry() {
		return pending("looked at after the rebuild"), nil
	}
	on, err := c.awaitPower(ctx)
	if err == nil && on {
		return done("the provider has it on"), nil
	}
	return pending("the provider has it off"), err
}

// awaitPower waits a while for the droplet to be on.
func (c *crew) awaitPower(ctx context.Context) (bool, error) {
	return c.shows(ctx, func() (bool, error) {
		d, err := c.Cloud.Droplet(ctx, c.in.Droplet)
		return err == nil && d.Status != digitalocean.Off, err
	})
}

func (c *crew) sendPowerOn(ctx context.Context, w *run.Walk) error {
	err := c.repeated(ctx, w, func() error {
		return w.Act(ctx, act.Act{
			Verb: "power-on", Target: c.node.Name, Danger: act.Changes, Identity: c.stillOff, What: fmt.Sprintf("POST /v2/droplets/%d/actions {type: power_on}", c.in.Droplet),
		}, func(ctx context.Context, p act.Permit) error {
			a, err := c.Cloud.PowerOn(ctx, p, c.in.Droplet)
			if err != nil {
				return err
			}
			return w.Remember(ctx, factPower, strconv.Itoa(a.ID))
		})
	})
	if !errors.Is(err, remote.ErrUnknown) {
		return err
	}
	w.Out("no answer to the request; asking the provider whether the droplet is on")
	on, looked := c.awaitPower(ctx)
	if !on {
		return errors.Join(err, looked)
	}
	return nil
}

// stillOff is the last look before it is powered on. A host that is off cannot say who it is.
func (c *crew) stillOff(ctx context.Context) error {
	d, err := c.onRecord(ctx)
	if err == nil {
		err = c.deadIdentity(ctx, d)
	}
	if err == nil && d.Status != digitalocean.Off {
		err = &fault.Error{What: "it is not off any more", On: c.dropletName(), Why: "the provider calls it " + d.Status, Next: "retry looks again", Code: fault.Refused}
	}
	return err
}

// verifyPower believes the droplet's state: its action tells only why it does not come on.
func (c *crew) verifyPower(w *run.Walk) run.Check {
	return func(ctx context.Context) (run.Progress, error) {
		d, err := c.Cloud.Droplet(ctx, c.in.Droplet)
		if err != nil {
			return run.Progress{}, err
		}
		if d.Status != digitalocean.Off {
			return run.Progress{Done: true, Detail: "the provider has it on"}, nil
		}
		p := run.Progress{For: "the provider to have it on", Again: c.Config.DigitalOcean.Poll, Usual: "some seconds"}
		id, err := strconv.Atoi(w.Fact(factPower))
		if err != nil {
			return p, nil //nolint:nilerr // the answer was lost, and with it which action it is
		}
		a, err := c.Cloud.Action(ctx, id)
		switch {
		case err != nil:
			return p, err
		case a.Status == digitalocean.Errored:
			return p, decided(&fault.Error{
				What: "powering it on ended in an error", On: c.dropletName(), Why: fmt.Sprintf("action %d, begun %s", a.ID, a.Started.Local().Format(time.TimeOnly)),
				Next: "look at the droplet in the control panel; retry looks whether it is on",
			})
		}
		p.For = fmt.Sprintf("the provider to have it on: action %d, %s", a.ID, a.Status)
		return p, nil
	}
}
