package worker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/upstream"
)

// inFlight counts the connections that nginx holds to web, and then those to streaming: websockets never end by themselves. $1 is the compose project.
const inFlight = upstream.Script + `published "$1"; flights ` + upstream.Web + ` && flights ` + upstream.Streaming

// flights is inFlight as a person would type it.
func flights(on, service string) string {
	name, port, _ := strings.Cut(service, " ")
	return fmt.Sprintf("%s$ ss -Htnp state established '( dport = :%s )'   or the port where docker publishes %s", on, port, name)
}

// requests counts what nginx answered, without the balancer's own probes and what the host asks itself.
const requests = `grep -vcF " $2 " "$1" || true`

func (c *crew) connections(ctx context.Context) (web, streaming int, err error) {
	return c.connectionsOf(ctx, c.node)
}

func (c *crew) connectionsOf(ctx context.Context, n config.Node) (web, streaming int, err error) {
	const what = "counting what is in flight"
	out, err := askOn(ctx, c.Host(n.Name), n.Name, what, inFlight, n.Mastodon.Project)
	if err != nil {
		return 0, 0, err
	}
	if _, err := fmt.Sscan(out, &web, &streaming); err != nil {
		return 0, 0, fmt.Errorf("%s on %s: %q are not two numbers", what, n.Name, out)
	}
	return web, streaming, nil
}

func (c *crew) requestsSeen(ctx context.Context) (int, error) {
	return c.requestsSeenBy(ctx, c.node)
}

// idle lets what is in flight finish while the worker is still a member: the balancer cuts what it still carries soon after a removal.
func (c *crew) idle() run.Step {
	if c.in.Dead {
		return c.cannot("idle", "Let what is in flight finish")
	}
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "idle", Title: "Let what is in flight finish", Kind: run.Read, Skip: true, NoUndo: "it changed nothing",
			Why:   "The balancer cuts what it still carries soon after the removal. Slow answers must be out before that.",
			Panes: []string{"connections", "log"}, Usual: "as long as the slowest answer", Awaits: drain,
		},
		Deadline: c.Config.LoadBalancer.DrainTimeout,
		Plan:     plan(flights(c.node.Name, upstream.Web) + "; until 0, twice"),
		Observe:  c.observeIdle,
		Verify:   c.verifyIdle,
	}
}

// observeIdle leaves the wait out for a member that no lame duck was proven of: its visitors keep coming until it is removed, and nginx then answers
// what it has begun.
func (c *crew) observeIdle(ctx context.Context, w *run.Walk) (run.Finding, error) {
	if w.Dry() || w.Fact(c.about(factDuck)) != "" {
		return pending("not counted yet"), nil
	}
	lb, err := c.Cloud.Balancer(ctx, c.in.Balancer)
	if err == nil && lb.Has(c.in.Droplet) {
		return run.Finding{Truth: run.LeftOut, Detail: "no lame duck was proven, so it is sent requests until it is removed"}, nil
	}
	return pending("not counted yet"), err
}

// recount counts what was answered when an interval of the balancer's check is left to wait, so that its end is the second look already.
func (c *crew) recount(ctx context.Context, left time.Duration) {
	if c.counted != nil || left > max(pace, c.in.Check.Interval) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, aside)
	defer cancel()
	if n, err := c.requestsSeen(ctx); err == nil {
		c.counted = &n
	}
}

// verifyIdle wants two quiet looks in a row: nothing in flight, and no new request since the look before.
func (c *crew) verifyIdle(*run.Walk) run.Check {
	last := -1
	if c.counted != nil {
		last, c.counted = *c.counted, nil
	}
	return func(ctx context.Context) (run.Progress, error) {
		web, streaming, err := c.connections(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		seen, err := c.requestsSeen(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		quiet := web == 0 && seen == last
		arrived := seen - last
		if last < 0 {
			arrived = 0
		}
		last = seen
		if quiet {
			return run.Progress{Done: true, Detail: fmt.Sprintf("nothing in flight, %s open", spelling.Count(streaming, "websocket", "websockets"))}, nil
		}
		return run.Progress{
			For:   fmt.Sprintf("%d in flight, %s since the last look; %s", web, spelling.Count(arrived, "new request", "new requests"), spelling.Count(streaming, "websocket", "websockets")),
			Again: max(pace, c.in.Check.Interval),
		}, nil
	}
}

// cannot stands for a step on a host that is dead: an operator has to see that it is left out.
func (c *crew) cannot(id, title string) run.Step {
	return run.Step{
		StepInfo: run.StepInfo{ID: id, Title: title + ": cannot, host is dead", Kind: run.Read, Gate: true, NoUndo: "it was not done", Panes: []string{"balancer"},
			Why: "A dead host takes no commands. What this step protects may be lost."},
		Plan: plan("cannot: host is dead"),
	}
}

// watch compares the returned worker with its peers before anybody looks away.
func (c *crew) watch() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "watch", Title: "Watch it beside its peers", Kind: run.Read, Skip: true, NoUndo: "it changed nothing",
			Why: "A health path says nothing of real pages. Errors and waits that the peers do not have would be this worker's own.", Panes: []string{"connections", "log", "balancer"},
			Usual: usualWatch(c.Config.Reimage.Settle),
		},
		Deadline: c.Config.Reimage.Settle + time.Minute,
		Plan: plan(fmt.Sprintf("count 5xx in %s on %s and its peers, for %s at most", c.node.AccessLog, c.node.Name, round(c.Config.Reimage.Settle)),
			fmt.Sprintf("%s$ curl /api/v2/instance of %s and its peers, timed", c.Config.Exec().Name, c.node.Name)),
		Verify: c.verifySettled,
	}
}
