package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
)

// remove takes the worker out of the balancer. By then nothing is sent to it any more.
func (c *crew) remove() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "remove", Title: "Remove it from the load balancer", Kind: run.Idempotent, Until: "add",
			Why: "While it is a member, a health check that passes by accident would send it visitors again.", Panes: []string{"balancer", "connections"},
			Usual: "some seconds", Awaits: provider,
		},
		Deadline: c.Config.LoadBalancer.DrainTimeout,
		Plan:     plan(c.removal(), "GET /v2/load_balancers/"+c.in.Balancer+"   until it is not listed and the status is active"),
		Observe:  c.observeMember(false),
		Do:       c.sendRemoval,
		Verify:   c.verifyMember(false),
		Undo:     func(ctx context.Context, w *run.Walk) error { return c.patiently(ctx, w, c.addition(), c.join) },
		Undone:   c.verifyMember(true), UndoPlan: []string{c.addition()},
	}
}

// sendRemoval looks before each try who would be left, and what else hangs on the tag: a busy balancer may be waited for until a peer has died.
func (c *crew) sendRemoval(ctx context.Context, w *run.Walk) error {
	look := doChecks([]check{{"budget", c.budget}, {"tag", c.checkTag}})
	err := c.repeated(ctx, w, func() error {
		if err := look(ctx, w); err != nil {
			return err
		}
		return c.call(ctx, w, c.removal(), c.leave)
	})
	if err != nil {
		return err
	}
	return noting(ctx, w, c.about(factOut))
}

// provenOut is the id of the last step of a drain.
const provenOut = "out"

// proveOut looks once more at everything that "out" means, before anybody pulls the plug.
func (c *crew) proveOut() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: provenOut, Title: "Prove that it is out", Kind: run.Read, NoUndo: "it changed nothing", Panes: []string{"balancer", "containers"},
			Why: "You are about to rely on it: the balancer does not list it, nothing runs on it, and the hold says why.",
		},
		Deadline: time.Minute,
		Plan:     plan("GET /v2/load_balancers/"+c.in.Balancer, c.node.Name+"$ docker ps -a", c.Config.Exec().Name+"$ the hold record"),
		Do: func(ctx context.Context, w *run.Walk) error {
			return doChecks([]check{{"balancer", c.checkGone}, {"containers", c.checkStill}, {"hold", c.sayHold}})(ctx, w)
		},
	}
}

func (c *crew) checkGone(ctx context.Context) (string, error) {
	lb, err := c.Cloud.Balancer(ctx, c.in.Balancer)
	if err == nil && lb.Has(c.in.Droplet) {
		return "", &fault.Error{What: "it is in the load balancer again", On: c.node.Name, Why: "somebody added it meanwhile", Next: "find out who; retry looks again"}
	}
	return membership(false), err
}

func (c *crew) checkStill(ctx context.Context) (string, error) {
	if c.in.Dead {
		return "cannot look: host is dead", nil
	}
	up, err := c.running(ctx)
	if err == nil && len(up) > 0 {
		return "", &fault.Error{What: "containers run again", On: c.node.Name, Why: list(up), Next: "find out who started them; retry looks again"}
	}
	return "none runs", err
}

// add brings it back and wants to see visitors arrive.
func (c *crew) add() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "add", Title: "Add it to the load balancer", Kind: run.Idempotent, Skip: true,
			Why:   "It is healthy by the balancer's own probe. Its requests must be seen to arrive before its jobs are started.",
			Panes: []string{"balancer", "log", "connections"}, NoUndo: "drain it again instead", Usual: round(c.in.Check.EntryTime()) + " until its check passes", Awaits: healthCheck,
		},
		Deadline: c.Config.LoadBalancer.DrainTimeout,
		Plan: plan(c.addition(), fmt.Sprintf("%s$ grep -vc %s %s   until requests arrive, %s or so by its check's settings", c.node.Name, c.in.Check.Path, c.node.AccessLog, round(c.in.Check.EntryTime())),
			fmt.Sprintf("or until nobody has come for %s, to its peers neither, and its check is served", round(c.long()))),
		Observe: c.observeMember(true),
		Do:      func(ctx context.Context, w *run.Walk) error { return c.patiently(ctx, w, c.addition(), c.join) },
		Verify:  c.verifyArriving,
	}
}

func (c *crew) removal() string {
	if c.in.Tag != "" {
		return fmt.Sprintf("DELETE /v2/tags/%s/resources droplet %s", c.in.Tag, c.id())
	}
	return fmt.Sprintf("DELETE /v2/load_balancers/%s/droplets [%s]", c.in.Balancer, c.id())
}

func (c *crew) addition() string {
	if c.in.Tag != "" {
		return fmt.Sprintf("POST /v2/tags/%s/resources droplet %s", c.in.Tag, c.id())
	}
	return fmt.Sprintf("POST /v2/load_balancers/%s/droplets [%s]", c.in.Balancer, c.id())
}

func (c *crew) leave(ctx context.Context, p act.Permit) error {
	if c.in.Tag != "" {
		return c.Cloud.Untag(ctx, p, c.in.Tag, c.in.Droplet)
	}
	return c.Cloud.RemoveDroplet(ctx, p, c.in.Balancer, c.in.Droplet)
}

func (c *crew) join(ctx context.Context, p act.Permit) error {
	if c.in.Tag != "" {
		return c.Cloud.Tag(ctx, p, c.in.Tag, c.in.Droplet)
	}
	return c.Cloud.AddDroplet(ctx, p, c.in.Balancer, c.in.Droplet)
}

func (c *crew) observeMember(want bool) func(context.Context, *run.Walk) (run.Finding, error) {
	return func(ctx context.Context, _ *run.Walk) (run.Finding, error) {
		lb, err := c.Cloud.Balancer(ctx, c.in.Balancer)
		if err != nil {
			return run.Finding{}, err
		}
		if lb.Has(c.in.Droplet) == want {
			return done("%s", membership(want)), nil
		}
		return pending("%s", membership(!want)), nil
	}
}

func membership(in bool) string {
	if in {
		return "the balancer lists it"
	}
	return "the balancer does not list it"
}

func (c *crew) verifyMember(want bool) func(*run.Walk) run.Check {
	return func(*run.Walk) run.Check {
		return func(ctx context.Context) (run.Progress, error) {
			lb, err := c.Cloud.Balancer(ctx, c.in.Balancer)
			if err != nil {
				return run.Progress{}, err
			}
			if lb.Has(c.in.Droplet) == want && lb.Status == "active" {
				return run.Progress{Done: true, Detail: membership(want)}, nil
			}
			return run.Progress{For: fmt.Sprintf("the balancer (%s, %s)", lb.Status, membership(lb.Has(c.in.Droplet))), Again: c.Config.DigitalOcean.Poll}, nil
		}
	}
}

func (c *crew) verifyArriving(w *run.Walk) run.Check {
	member := c.verifyMember(true)(w)
	first := -1
	var quiet lull
	missing := ""
	return func(ctx context.Context) (run.Progress, error) {
		p, err := member(ctx)
		if err != nil || !p.Done {
			return p, err
		}
		seen, err := c.requestsSeen(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		if first < 0 || seen < first { // less than before is another file: logrotate came by
			first = seen
		}
		if seen > first {
			return c.arrived(ctx, w, fmt.Sprintf("requests have arrived: %d", seen-first))
		}
		nobody, said, err := quiet.over(ctx, c)
		switch {
		case err != nil:
			return run.Progress{}, err
		case nobody:
			return c.arrived(ctx, w, said)
		case said != "":
			missing = "; " + said
		}
		return run.Progress{For: "the first request to arrive" + missing, Again: pace, Usual: c.usualEntry()}, nil
	}
}

// arrived notes that the worker is in.
func (c *crew) arrived(ctx context.Context, w *run.Walk, said string) (run.Progress, error) {
	if err := noting(ctx, w, c.about(factIn)); err != nil {
		return run.Progress{}, decided(err)
	}
	if now, err := c.compare(ctx); err == nil {
		c.served = now // the watch begins here, and otherwise when its step does
	}
	return run.Progress{Done: true, Detail: said}, nil
}

// usualEntry is how long a worker waits for its first visitor, by the settings of the balancer's check.
func (c *crew) usualEntry() string {
	return fmt.Sprintf("%s; where nobody visits, %s", round(c.in.Check.EntryTime()), round(c.long()))
}
