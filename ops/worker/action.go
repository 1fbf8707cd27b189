package worker

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// action reads the rebuild that the run knows of.
func (c *crew) action(ctx context.Context, w *run.Walk) (digitalocean.Action, error) {
	id, err := strconv.Atoi(w.Fact(factAction))
	if err != nil {
		return digitalocean.Action{}, decided((&fault.Error{What: "the run does not say which action its rebuild became", On: c.dropletName(), Next: "retry asks the provider for it"}).Because(err))
	}
	return c.Cloud.Action(ctx, id)
}

// follow says how an action stands. Only a completed one is done; a status that nobody knows is waited out like one that is under way, and the
// deadline, which proves nothing, opens a gate.
func (c *crew) follow(a digitalocean.Action, next string) (run.Progress, error) {
	p := run.Progress{Again: c.Config.DigitalOcean.Poll, Usual: "1 to 5 minutes"}
	switch a.Status {
	case digitalocean.Completed:
		return run.Progress{Done: true, Detail: fmt.Sprintf("action %d completed", a.ID)}, nil
	case digitalocean.Errored:
		return p, decided(&fault.Error{What: "the rebuild ended in an error", On: c.dropletName(), Why: fmt.Sprintf("action %d errored; what the disk holds is not known", a.ID), Next: next})
	case digitalocean.InProgress:
		p.For = fmt.Sprintf("action %d, in progress", a.ID)
	default:
		p.For = fmt.Sprintf("action %d, which is neither in progress nor completed nor errored: the provider calls it %q", a.ID, a.Status)
	}
	return p, nil
}

// awaitActions waits until nothing is under way on the droplet, and says what it waits for. Somebody else's rebuild is not waited for.
func (c *crew) awaitActions(ctx context.Context, w *run.Walk) ([]digitalocean.Action, error) {
	said := 0
	for {
		actions, err := c.Cloud.DropletActions(ctx, c.in.Droplet)
		if err != nil {
			return nil, err
		}
		busy, ok := underWay(actions)
		if !ok {
			return actions, nil
		}
		if busy.Type == "rebuild" {
			return nil, c.rebuiltMeanwhile(busy)
		}
		if busy.ID != said {
			w.Out("the provider is at work on the droplet: action %d, %s, since %s; waiting for it", busy.ID, busy.Type, busy.Started.Local().Format(time.TimeOnly))
			said = busy.ID
		}
		if err := pause(ctx, c.Config.DigitalOcean.Poll); err != nil {
			return nil, err
		}
	}
}

// underWay is an action that is not finished, if there is one.
func underWay(actions []digitalocean.Action) (digitalocean.Action, bool) {
	for _, a := range actions {
		if a.Status == digitalocean.InProgress {
			return a, true
		}
	}
	return digitalocean.Action{}, false
}
