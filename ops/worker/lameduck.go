package worker

import (
	"context"
	"fmt"
	"path"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/ssh"
)

// lameDuck fails only the balancer's health path while the worker goes on serving, so that the balancer itself stops sending.
func (c *crew) lameDuck() run.Step {
	flag := c.Config.LoadBalancer.LameDuck
	if why := c.noLameDuck(); why != "" {
		return c.withoutLameDuck(why)
	}
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "lame-duck", Title: "Let the balancer stop sending by itself", Kind: run.Idempotent, Until: "rebuild", Skip: true,
			Why:   "Only the balancer's health path fails; what is in flight is still answered. Removing the worker first would cut requests off.",
			Panes: []string{"balancer", "connections"}, Usual: round(c.drainTime()) + " by the balancer's own check settings", Awaits: healthCheck,
		},
		Deadline: c.drainTime() + c.Config.LoadBalancer.DrainTimeout,
		Plan: plan(
			fmt.Sprintf("%s$ touch %s", c.node.Name, flag),
			fmt.Sprintf("%s$ curl %s   until it answers >= 400, then %s more", c.Config.Exec().Name, probeURL(c.in.Check, c.in.Private), round(c.drainTime())),
		),
		Observe: c.observeLameDuck,
		Do: func(ctx context.Context, w *run.Walk) error {
			if err := w.Remember(ctx, c.about(factDuck), ""); err != nil {
				return err
			}
			return c.change(ctx, w, "touch "+flag, ssh.Command{Script: `mkdir -p "$1" && touch "$2"`, Args: []string{path.Dir(flag), flag}})
		},
		Verify: c.verifyLameDuck,
		Undo:   c.dropFlag, UndoPlan: []string{fmt.Sprintf("%s$ rm -f %s", c.node.Name, flag), "until the balancer's probe is healthy again"},
		Undone: c.verifyServing,
	}
}

// noLameDuck says why there can be none, "" when there can.
func (c *crew) noLameDuck() string {
	switch {
	case c.in.Dead:
		return "host is dead"
	case c.Config.LoadBalancer.LameDuck == config.NoLameDuck:
		return "load_balancer.lame_duck is none"
	case c.in.Check.Protocol == "tcp":
		return "the balancer checks by TCP, which sees nothing but an open port"
	case c.in.Redirect != 0:
		return fmt.Sprintf("the balancer's check is answered by a redirect (%d), which may look healthy for ever", c.in.Redirect)
	}
	return ""
}

func (c *crew) withoutLameDuck(why string) run.Step {
	means := "The balancer cannot be made to stop sending by itself. The worker is removed from it first, and nginx then answers what it has begun; what the balancer cuts meanwhile may fail."
	if c.in.Dead {
		means = "A dead host answers nobody, the balancer's check included: it is sent nothing by the time that the check has failed. What it had begun is lost already."
	}
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "lame-duck", Title: "No lame duck: " + why, Kind: run.Read, Gate: true, Panes: []string{"balancer"}, NoUndo: "it changed nothing",
			Why: means,
		},
		Plan: plan("cannot: " + why),
	}
}

func (c *crew) observeLameDuck(ctx context.Context, _ *run.Walk) (run.Finding, error) {
	res := c.host().Look(ctx, ssh.Command{Script: `test -e "$1"`, Args: []string{c.Config.LoadBalancer.LameDuck}, Answers: []int{1}})
	if res.Outcome != ssh.Exited {
		return run.Finding{}, res.Err("looking for the lame-duck flag", c.node.Name)
	}
	lb, err := c.Cloud.Balancer(ctx, c.in.Balancer)
	if err != nil {
		return run.Finding{}, err
	}
	if res.OK() && !lb.Has(c.in.Droplet) {
		return done("the flag is set and the balancer no longer lists it"), nil
	}
	return pending("still takes requests"), nil
}

// factDuck says that the balancer's own probe was seen to fail for as long as the balancer needs.
const factDuck = "lame-duck"

// unseen is how long a flag may lie there unnoticed: nginx's open_file_cache believes for a minute by default what it has seen.
const unseen = 90 * time.Second

// verifyLameDuck waits until the probe has failed for as long as the balancer needs to notice.
func (c *crew) verifyLameDuck(w *run.Walk) run.Check {
	var failing time.Time
	began := time.Now()
	return func(ctx context.Context) (run.Progress, error) {
		h, err := c.probe(ctx, c.in.Private)
		if err != nil {
			return run.Progress{}, err
		}
		failed, err := c.seesNobody(ctx, &h)
		if err != nil {
			return run.Progress{}, err
		}
		if !failed {
			failing = time.Time{}
			return run.Progress{For: "the balancer's probe to fail; it " + h.detail, Again: pace}, c.noDuck(h, time.Since(began))
		}
		if failing.IsZero() {
			failing = time.Now()
		}
		c.overhear(ctx)
		if left := c.drainTime() - time.Since(failing); left > 0 {
			c.recount(ctx, left)
			return run.Progress{For: fmt.Sprintf("the balancer to notice (%s, its check needs %s)", h.detail, round(c.drainTime())), Again: min(pace, left)}, nil
		}
		if err := noting(ctx, w, c.about(factDuck)); err != nil {
			return run.Progress{}, decided(err)
		}
		return run.Progress{Done: true, Detail: fmt.Sprintf("the probe %s for %s", h.detail, round(c.drainTime()))}, nil
	}
}

// noDuck is the verdict that the flag is set and does not hold; nil while it may still be noticed.
func (c *crew) noDuck(h health, after time.Duration) error {
	patience := min(unseen, c.Config.LoadBalancer.DrainTimeout/2)
	if h.status == 0 || !h.redirected() && after < patience {
		return nil
	}
	return decided(&fault.Error{
		What: "no lame duck: the flag is set and the balancer's own probe does not fail", On: c.node.Name,
		Why:  fmt.Sprintf("%s %s", probeURL(c.in.Check, c.in.Private), h.detail),
		Next: "look whether nginx's location for it is in the default server, which a probe by address meets, and at open_file_cache; skip removes the worker without one, and what is in flight then may be cut",
	})
}

// seesNobody reports that the balancer's own check must fail too. Silence alone proves nothing, since only exec may be unable to hear it; without an
// nginx there is nobody to answer anyone.
func (c *crew) seesNobody(ctx context.Context, h *health) (bool, error) {
	if h.status != 0 {
		return h.status >= 400, nil
	}
	on, err := c.nginxRuns(ctx)
	if err == nil && !on {
		h.detail += ", and no nginx runs there"
	}
	return err == nil && !on, err
}

func (c *crew) dropFlag(ctx context.Context, w *run.Walk) error {
	flag := c.Config.LoadBalancer.LameDuck
	return c.change(ctx, w, "rm -f "+flag, ssh.Command{Script: `rm -f "$1"`, Args: []string{flag}})
}

// verifyServing waits for the probe to be healthy as many times in a row as the balancer wants to see.
func (c *crew) verifyServing(*run.Walk) run.Check {
	good := 0
	return func(ctx context.Context) (run.Progress, error) {
		h, err := c.probe(ctx, c.in.Private)
		if err != nil {
			return run.Progress{}, err
		}
		good++
		if !h.up {
			good = 0
		}
		if good >= max(1, c.in.Check.Healthy) {
			return run.Progress{Done: true, Detail: fmt.Sprintf("healthy %s in a row", spelling.Count(good, "time", "times"))}, nil
		}
		return run.Progress{For: fmt.Sprintf("the balancer's probe to be healthy; it %s (%d of %d)", h.detail, good, c.in.Check.Healthy), Again: c.in.Check.Interval}, nil
	}
}
