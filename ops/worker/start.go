package worker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/ssh"
)

// startWeb brings up what serves visitors, and proves it by the balancer's probe and one real page.
func (c *crew) startWeb() run.Step {
	services := c.serving()
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "start", Title: "Start " + strings.Join(services, " and "), Kind: run.Idempotent, Skip: true, NoUndo: "drain it again instead",
			Why: "It serves nobody yet. The health path proves only that Puma answers, so one real page is asked for as well.", Panes: []string{"containers", "log"},
			Usual: "a minute: Puma boots", Awaits: healthCheck,
		},
		Deadline: c.Config.Reimage.Wait,
		Plan: plan(c.shown("up -d --no-recreate "+strings.Join(services, " ")), c.node.Name+"$ rm -f "+c.Config.LoadBalancer.LameDuck+" && systemctl start nginx",
			fmt.Sprintf("%s$ curl %s   healthy %s in a row, %s apart", c.Config.Exec().Name, probeURL(c.in.Check, c.in.Private), spelling.Count(c.in.Check.Healthy, "time", "times"), round(c.in.Check.Interval)),
			c.Config.Exec().Name+"$ one real page: /api/v2/instance"),
		Do: func(ctx context.Context, w *run.Walk) error {
			if err := c.up(ctx, w, services); err != nil {
				return err
			}
			if err := c.dropFlag(ctx, w); err != nil {
				return err
			}
			return c.change(ctx, w, "systemctl start nginx", ssh.Command{Script: "systemctl start nginx"})
		},
		Verify: c.verifyStarted,
	}
}

// serving are the services that start before Sidekiq.
func (c *crew) serving() []string {
	return slices.DeleteFunc(slices.Clone(c.Config.Reimage.Start), func(s string) bool { return strings.HasPrefix(s, "sidekiq") })
}

func (c *crew) verifyStarted(w *run.Walk) run.Check {
	probe := c.verifyServing(w)
	return func(ctx context.Context) (run.Progress, error) {
		waiting, err := c.unhealthy(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		if len(waiting) > 0 {
			return run.Progress{For: list(waiting) + " to be healthy", Again: pace, Usual: "a minute"}, nil
		}
		p, err := probe(ctx)
		if err != nil || !p.Done {
			return p, err
		}
		status, _, err := c.realPage(ctx, c.in.Private)
		if err != nil || status != 200 {
			return run.Progress{For: fmt.Sprintf("a real page; /api/v2/instance answers %d", status), Again: c.in.Check.Interval}, err
		}
		return run.Progress{Done: true, Detail: p.Detail + ", and a real page"}, nil
	}
}

// unhealthy are the serving services that docker does not call healthy.
func (c *crew) unhealthy(ctx context.Context) ([]string, error) {
	all, err := c.containers(ctx)
	if err != nil {
		return nil, err
	}
	var waiting []string
	for _, service := range c.serving() {
		at := slices.IndexFunc(all, func(d fleet.Container) bool { return d.Service == service })
		if at < 0 || all[at].State != "running" || !healthy(all[at]) {
			waiting = append(waiting, service)
		}
	}
	return waiting, nil
}

// healthy is docker's word, or its silence: a service without a health check is taken for running.
func healthy(d fleet.Container) bool { return d.Health == "healthy" || d.Health == "" }

// realPage asks a worker from exec for a page that touches the database.
func (c *crew) realPage(ctx context.Context, address string) (status int, took time.Duration, err error) {
	res := c.exec().Look(ctx, c.in.pageCommand(c.Config.Instance, address))
	if res.Outcome != ssh.Exited {
		return 0, 0, res.Err("asking for a real page", c.Config.Exec().Name)
	}
	status, took = answerOf(res.Stdout)
	return status, took, nil
}

func (in inputs) pageCommand(instance, address string) ssh.Command {
	check := in.Check
	check.Path = "/api/v2/instance"
	switch {
	case check.Protocol == "tcp" && check.Port == 443:
		check.Protocol = "https"
	case check.Protocol == "tcp":
		check.Protocol = "http"
	}
	return ssh.Command{For: "ask for the instance page from exec", Script: httpProbe, Answers: NoAnswer(), Args: append(in.curlFlags(check),
		"-m", "10", "-H", "Host: "+instance, "-H", "X-Forwarded-Proto: https", probeURL(check, address))}
}
