package book

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/worker"
	"github.com/vmtui/vmtui/remote/ssh"
)

// docker does something with services of a node's compose project.
type docker struct {
	do       string
	services []*text
}

// What can be done with services.
const (
	doPull    = "pull"
	doUp      = "up"
	doRestart = "restart"
	doStop    = "stop"
	doStart   = "start"
)

func readDocker(b block) deed {
	b.only("on", "do", "services", "budget")
	d := &docker{do: b.among("do", doPull, doUp, doRestart, doStop, doStart), services: readTexts(b, "services")}
	if !b.has("do") {
		b.wrong(b.line, "add `do: pull`, up, restart, stop or start", "%s does not say what to do", b.what)
	}
	if len(d.services) == 0 {
		b.wrong(b.line, "add `services: [web]`: what is meant is said", "%s names no service", b.what)
	}
	c := readCommand(b, d)
	c.mode = run.Idempotent
	if d.do == doRestart { // doing it twice interrupts twice
		c.mode = run.Once
	}
	// Whoever stops what visitors use must leave enough of it.
	c.budget = c.budget || !b.has("budget") && d.do != doPull && d.do != doStart
	return &onCompose{command: c, said: b.has("budget")}
}

// onCompose is a docker command. It keeps the budget where there is one, unless its author says otherwise.
type onCompose struct {
	*command
	said bool
}

func (o *onCompose) check(p *page, d *Definition, s *Step) {
	if !o.said && d.cfg.LoadBalancer.ID == "" {
		o.budget = false
	}
	o.command.check(p, d, s)
	for _, w := range o.on.words {
		for _, n := range d.cfg.Nodes {
			if n.Mastodon.Kind != config.KindCompose && slices.Contains(chosen(fleetOf(d.cfg), w.raw), n.Name) {
				p.wrong(w.line, "name nodes whose mastodon.kind is compose", "Mastodon on %s does not run in compose", n.Name)
			}
		}
	}
}

func (d *docker) texts() []*text { return d.services }

func (d *docker) order(u *unit, env map[string]any) (ssh.Command, bool, error) {
	services, known, err := values(d.services, env)
	n, _ := u.b.Config.Node(u.node)
	return worker.Compose(n, append(d.words(), services...)...), known, err
}

// words are the subcommand. Docker's own grace of 10 s is shorter than what Puma and Sidekiq need.
func (d *docker) words() []string {
	switch d.do {
	case doUp:
		return []string{"up", "-d"}
	case doRestart, doStop:
		return []string{d.do, "-t", worker.Grace}
	}
	return []string{d.do}
}

func (d *docker) lines(u *unit, c ssh.Command) []string {
	n, _ := u.b.Config.Node(u.node)
	return []string{fmt.Sprintf("%s$ cd %s && docker compose -p %s %s", u.node, n.Mastodon.Dir, n.Mastodon.Project, strings.Join(c.Args[2:], " "))}
}

// observed sees what runs. Whether an `up` would change something, and whether a restart has been, cannot be seen.
func (d *docker) observed(u *unit) func(context.Context) (run.Finding, error) {
	if d.do != doStop && d.do != doStart {
		return nil
	}
	return func(ctx context.Context) (run.Finding, error) {
		so, said, err := d.look(ctx, u)
		if err != nil || !so {
			return pending("%s", said), err
		}
		return run.Finding{Truth: run.IsDone, Detail: said}, nil
	}
}

func (d *docker) verified(u *unit) run.Check {
	if d.do == doPull {
		return nil
	}
	return func(ctx context.Context) (run.Progress, error) {
		so, said, err := d.look(ctx, u)
		return run.Progress{Done: so, Detail: said, For: said, Again: pace}, err
	}
}

// look reports whether every service is as it should be then: stopped, or running and healthy.
func (d *docker) look(ctx context.Context, u *unit) (bool, string, error) {
	services, _, err := values(d.services, u.env())
	if err != nil {
		return false, "", err
	}
	n, _ := u.b.Config.Node(u.node)
	all, err := worker.Containers(ctx, u.host(), n)
	if err != nil {
		return false, "", err
	}
	so := true
	var said []string
	for _, s := range services {
		state, good := stateOf(all, s)
		if d.do == doStop {
			good = state == "absent" || state == "exited" || state == "created"
		}
		so, said = so && good, append(said, s+" is "+state)
	}
	return so, strings.Join(said, ", "), nil
}

// stateOf is a service's state in a word, and whether it serves.
func stateOf(all []fleet.Container, service string) (string, bool) {
	i := slices.IndexFunc(all, func(c fleet.Container) bool { return c.Service == service })
	if i < 0 {
		return "absent", false
	}
	c := all[i]
	if c.State == "running" && c.Health != "" {
		return c.Health, c.Health == "healthy"
	}
	return c.State, c.State == "running"
}
