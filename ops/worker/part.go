package worker

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Part is what can be done to one worker within a runbook that is made of several things: the same steps, with the same care.
type Part struct{ c *crew }

// FrozenIn begins the input of a run's header that holds what a worker's part was resolved to; the worker's name follows.
const FrozenIn = "of/worker/"

// Recruit resolves a worker into a part: from what an earlier one has frozen, or else, when that is empty, by asking the world once.
func Recruit(ctx context.Context, d Deps, target, frozen string) (Part, error) {
	c, err := recruit(ctx, d, target, Thaw(frozen), false)
	return Part{c}, err
}

// Thaw makes inputs of what a part has frozen; nil of nothing.
func Thaw(frozen string) map[string]string {
	if frozen == "" {
		return nil
	}
	return map[string]string{resolvedInput: frozen}
}

// Frozen is what the part was resolved to, for the header of its run.
func (p Part) Frozen() string {
	b, err := json.Marshal(p.c.in)
	if err != nil {
		return "" // plain values always pack
	}
	return string(b)
}

// because is the part with a reason, for the hold record.
func (p Part) because(why string) *crew {
	c := *p.c
	c.in.Why = why
	return &c
}

// Drain are the steps out of service, ending with a proof, until which the others must hold.
func (p Part) Drain(why string) []run.Step { return patient(drainSteps(p.because(why))) }

// Return are the steps back into service.
func (p Part) Return() []run.Step { return patient(returnSteps(p.c)) }

// Hold says that the worker is out on purpose.
func (p Part) Hold(why string) run.Step {
	s := p.because(why).hold()
	s.Until = ""
	return s
}

// Unhold takes that back.
func (p Part) Unhold() run.Step { return p.c.release() }

// Until are, for a drain that a return follows in one run, the steps of the return up to which each step of the drain must hold.
func Until() map[string]string {
	return map[string]string{"hold": "release", "hush": "start", "lame-duck": "start", "remove": "add", "nginx": "start", "sidekiq-quiet": "start", "stop": "start"}
}

// Budget refuses to go on unless enough members other than the worker are healthy right now.
func (p Part) Budget(ctx context.Context) (string, error) { return p.c.budget(ctx) }

// Identity proves that the worker's droplet is the host that ssh talks to.
func (p Part) Identity(ctx context.Context) error { return p.c.identity(ctx) }

// Amiss says why the worker is not in service as it should be, "" when it is.
func (p Part) Amiss(ctx context.Context) (string, error) {
	c := p.c
	h, err := c.Records.Hold(ctx, c.node.Name)
	if err != nil {
		return "", err
	}
	if h != nil {
		return fmt.Sprintf("is on hold by %s: %s", h.By, h.Why), nil
	}
	lb, err := c.Cloud.Balancer(ctx, c.in.Balancer)
	if err != nil {
		return "", err
	}
	if !lb.Has(c.in.Droplet) {
		return "is not in the load balancer", nil
	}
	seen, err := c.probe(ctx, c.in.Private)
	if err != nil || seen.up {
		return "", err
	}
	return "is not healthy by the balancer's probe: " + seen.detail, nil
}

// Serving waits until nothing is amiss with the worker.
func (p Part) Serving(w *run.Walk) run.Check {
	return tolerant(func(*run.Walk) run.Check {
		return func(ctx context.Context) (run.Progress, error) {
			why, err := p.Amiss(ctx)
			if err != nil {
				return run.Progress{}, err
			}
			return run.Progress{
				Done: why == "", Detail: p.c.node.Name + " is in the load balancer and healthy", For: p.c.node.Name + " to serve: it " + why, Again: max(pace, p.c.in.Check.Interval),
			}, nil
		}
	})(w)
}

// Name is the worker's.
func (p Part) Name() string { return p.c.node.Name }

// Images are the images that the worker's compose file names, each with what it is here, or absent.
func (p Part) Images(ctx context.Context) (string, error) {
	return p.c.ask(ctx, "reading the images", imagesScript, p.c.node.Mastodon.Dir, p.c.node.Mastodon.Project)
}

// Compose changes something by docker compose on the worker.
func (p Part) Compose(ctx context.Context, w *run.Walk, sub ...string) error {
	return p.c.compose(ctx, w, sub...)
}

// ChangeOn runs a changing command on whatever node, through the door.
func ChangeOn(ctx context.Context, d Deps, w *run.Walk, node, what, script string, args ...string) error {
	n, _ := d.Config.Node(node)
	return (&crew{Deps: d, node: n}).change(ctx, w, what, ssh.Command{Script: script, Args: args})
}

// Look runs a reading command on the worker.
func (p Part) Look(ctx context.Context, what, script string, args ...string) (string, error) {
	return p.c.ask(ctx, what, script, args...)
}

// Change runs a changing command on the worker, through the door.
func (p Part) Change(ctx context.Context, w *run.Walk, what, script string, args ...string) error {
	return p.c.change(ctx, w, what, ssh.Command{Script: script, Args: args})
}
