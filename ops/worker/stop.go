package worker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Grace is how long docker lets Puma (30 s) and Sidekiq (25 s) finish, in seconds; its own default of 10 s kills jobs.
const Grace = "60"

// quitNginx ends keepalives, over which a proxy could still send new requests, and lets what is in flight finish.
func (c *crew) quitNginx() run.Step {
	if c.in.Dead {
		return c.cannot("nginx", "Let nginx finish and quit")
	}
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "nginx", Title: "Let nginx finish and quit", Kind: run.Idempotent, Until: "rebuild", Skip: true,
			Why:   "An established keepalive can carry new requests to a worker that was removed. A quitting nginx ends them and answers what it has begun.",
			Panes: []string{"connections", "log"}, Usual: "some seconds; websockets are not waited for", Awaits: drain,
		},
		Deadline: c.Config.LoadBalancer.DrainTimeout,
		Plan:     plan(c.node.Name+"$ nginx -s quit", c.node.Name+"$ pgrep -x nginx   until it is gone, or only websockets hold it"),
		Observe: func(ctx context.Context, _ *run.Walk) (run.Finding, error) {
			on, err := c.nginxRuns(ctx)
			if err != nil || on {
				return pending("nginx runs"), err
			}
			return done("nginx does not run"), nil
		},
		Do: func(ctx context.Context, w *run.Walk) error {
			return c.change(ctx, w, "nginx -s quit", ssh.Command{Script: quitScript})
		},
		Verify: c.verifyQuit,
		Undo: func(ctx context.Context, w *run.Walk) error {
			return c.change(ctx, w, "systemctl start nginx", ssh.Command{Script: "systemctl start nginx"})
		},
		UndoPlan: []string{c.node.Name + "$ systemctl start nginx"},
	}
}

// quitScript asks nginx to finish. One that was asked before may be gone by now, and its pid file with it: that is what was wanted.
const quitScript = `nginx -s quit || ! pgrep -x nginx >/dev/null`

func (c *crew) nginxRuns(ctx context.Context) (bool, error) {
	res := c.host().Look(ctx, ssh.Command{Script: "pgrep -x nginx >/dev/null", Answers: []int{1}})
	if res.Outcome != ssh.Exited || res.Code > 1 {
		return false, res.Err("looking for nginx", c.node.Name)
	}
	return res.OK(), nil
}

func (c *crew) verifyQuit(*run.Walk) run.Check {
	return func(ctx context.Context) (run.Progress, error) {
		on, err := c.nginxRuns(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		if !on {
			return run.Progress{Done: true, Detail: "nginx is gone"}, nil
		}
		web, streaming, err := c.connections(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		if web == 0 && streaming > 0 {
			return run.Progress{Done: true, Detail: fmt.Sprintf("only %s on nginx; they never end by themselves and are cut with the containers", spelling.Count(streaming, "websocket", "websockets"))}, nil
		}
		return run.Progress{For: fmt.Sprintf("nginx to finish: %d in flight, %s", web, spelling.Count(streaming, "websocket", "websockets")), Again: pace}, nil
	}
}

// stopContainers ends what is left, with time to finish.
func (c *crew) stopContainers() run.Step {
	if c.in.Dead {
		return c.cannot("stop", "Stop the containers")
	}
	services := c.Config.Reimage.Start
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "stop", Title: "Stop the containers", Kind: run.Idempotent, Until: "rebuild", Skip: true,
			Why:   "Docker's own grace of 10 s is shorter than what Puma and Sidekiq need; -t " + Grace + " lets them finish.",
			Panes: []string{"connections", "sidekiq", "log"}, Usual: "up to " + Grace + " s", Awaits: drain,
		},
		Deadline: 3 * time.Minute,
		Plan:     plan(c.shown("stop -t " + Grace + " " + strings.Join(services, " "))),
		Observe: func(ctx context.Context, _ *run.Walk) (run.Finding, error) {
			up, err := c.running(ctx)
			if err != nil || len(up) > 0 {
				return pending("running: %s", list(up)), err
			}
			return done("no container runs"), nil
		},
		Do: func(ctx context.Context, w *run.Walk) error {
			return c.compose(ctx, w, append([]string{"stop", "-t", Grace}, services...)...)
		},
		Verify: func(*run.Walk) run.Check {
			return func(ctx context.Context) (run.Progress, error) {
				up, err := c.running(ctx)
				if err != nil {
					return run.Progress{}, err
				}
				return run.Progress{Done: len(up) == 0, For: list(up) + " to stop", Detail: "no container runs", Again: pace}, nil
			}
		},
		Undo: func(ctx context.Context, w *run.Walk) error { return c.up(ctx, w, services) }, UndoPlan: []string{c.shown("up -d --no-recreate " + strings.Join(services, " "))},
	}
}

func (c *crew) containers(ctx context.Context) ([]fleet.Container, error) {
	return Containers(ctx, c.host(), c.node)
}

// Containers are those of a node's compose project, found by label: names differ between versions of compose.
func Containers(ctx context.Context, h Host, n config.Node) ([]fleet.Container, error) {
	res := h.Look(ctx, ssh.Command{For: "listing containers", Script: `docker ps -a --format '{{json .}}'`})
	if res.Outcome == ssh.Exited && res.Code == notFound {
		return nil, decided(&fault.Error{What: "docker is not installed", On: n.Name, Next: "put it into the image or let provisioning install it, then retry"})
	}
	if err := res.Err("listing containers", n.Name); err != nil {
		return nil, err
	}
	all, bad := fleet.Containers(strings.TrimSpace(res.Stdout), n.Mastodon.Project)
	if bad > 0 {
		return nil, &fault.Error{What: "docker's answer is not understood", On: n.Name, Why: fmt.Sprintf("in %s there is no container", spelling.Count(bad, "line", "lines")), Next: "run `docker ps -a` there and look"}
	}
	return all, nil
}

func (c *crew) running(ctx context.Context) ([]string, error) {
	all, err := c.containers(ctx)
	if err != nil {
		return nil, err
	}
	var up []string
	for _, d := range all {
		if d.State == "running" || d.State == "restarting" || d.State == "paused" {
			up = append(up, d.Service)
		}
	}
	slices.Sort(up)
	return up, nil
}

// up starts compose services without replacing containers that are there.
func (c *crew) up(ctx context.Context, w *run.Walk, services []string) error {
	return c.compose(ctx, w, append([]string{"up", "-d", "--no-recreate"}, services...)...)
}
