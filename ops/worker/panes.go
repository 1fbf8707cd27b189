package worker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Sight is one look at something that a step is best watched by.
type Sight struct {
	Title string
	Lines []string
	Value float64 // for a sparkline
	Says  string  // Value in words; empty when the pane has none
}

// Look takes one look for a pane of a run on target. given are the inputs of the run's header, facts what it has learnt since.
func Look(ctx context.Context, d Deps, pane, target string, given, facts map[string]string) (Sight, error) {
	in, _, err := decode(given)
	if err != nil {
		return Sight{Title: pane}, err
	}
	c, there := behold(d, target, in, facts)
	if !there {
		return Sight{Title: pane}, nil
	}
	switch pane {
	case "balancer":
		return c.seeBalancer(ctx)
	case "connections":
		return c.seeConnections(ctx)
	case "sidekiq":
		return c.seeSidekiq(ctx)
	case "containers":
		return c.seeContainers(ctx)
	case "log":
		return c.seeLog(ctx)
	case "host":
		return c.seeHost(ctx)
	case "records":
		return c.seeRecords(ctx)
	}
	return Sight{Title: pane}, fmt.Errorf("no pane is called %q", pane)
}

// behold is the crew that looks, unless there is nothing to look at: a worker that is being made is known by the run's facts alone.
func behold(d Deps, target string, in inputs, facts map[string]string) (*crew, bool) {
	if in.New != nil {
		c := expect(d, target, in)
		return c, c.learn(func(key string) string { return facts[key] })
	}
	node, known := d.Config.Node(target)
	return &crew{Deps: d, node: node, in: in}, known
}

func (c *crew) seeBalancer(ctx context.Context) (Sight, error) {
	s := Sight{Title: "load balancer"}
	lb, err := c.Cloud.Balancer(ctx, c.in.Balancer)
	if err != nil {
		return s, err
	}
	s.Lines = append(s.Lines, lb.Name+", "+lb.Status)
	for _, n := range c.Config.Workers() {
		line := "○ " + n.Name + "  out"
		if lb.Has(n.Droplet) {
			line = "● " + n.Name + "  " + c.seen(ctx, n)
		}
		s.Lines = append(s.Lines, line)
	}
	return s, nil
}

// seen is what the balancer's probe says of a member.
func (c *crew) seen(ctx context.Context, n config.Node) string {
	address := c.in.Private
	if n.Name != c.node.Name {
		address = c.in.Peers[n.Name]
	}
	h, err := c.probe(ctx, address)
	if err != nil {
		return "in, not probed"
	}
	return "in, probe " + h.detail
}

func (c *crew) seeConnections(ctx context.Context) (Sight, error) {
	s := Sight{Title: "connections of " + c.node.Name}
	web, streaming, err := c.connections(ctx)
	if err != nil {
		return s, err
	}
	s.Value, s.Says = float64(web+streaming), fmt.Sprintf("%d open", web+streaming)
	s.Lines = []string{fmt.Sprintf("to web        %d", web), fmt.Sprintf("to streaming  %d", streaming)}
	return s, nil
}

func (c *crew) seeSidekiq(ctx context.Context) (Sight, error) {
	s := Sight{Title: "sidekiq on " + c.node.Name}
	mine, containers, err := c.processes(ctx)
	if err != nil {
		return s, err
	}
	busy := 0
	for _, p := range mine {
		busy += p.Busy
		state := "takes jobs"
		if p.Quiet {
			state = "quiet"
		}
		s.Lines = append(s.Lines, fmt.Sprintf("%s  %d/%d busy, %s, heartbeat %s ago", clean.Line(p.Hostname), p.Busy, p.Concurrency, state, round(time.Since(p.Beat))))
		s.Lines = append(s.Lines, c.inHand(ctx, p.Identity)...)
	}
	if len(mine) == 0 {
		s.Lines = []string{fmt.Sprintf("no process in Redis; containers of it: %d", len(containers))}
	}
	s.Value, s.Says = float64(busy), fmt.Sprintf("%d busy", busy)
	return s, nil
}

func (c *crew) inHand(ctx context.Context, identity string) []string {
	jobs, err := c.Jobs.Work(ctx, identity)
	if err != nil {
		return nil
	}
	var lines []string
	for _, j := range jobs {
		lines = append(lines, fmt.Sprintf("  %s (%s) for %s", clean.Line(j.Class), clean.Line(j.Queue), round(time.Since(j.Since))))
	}
	return lines
}

func (c *crew) seeContainers(ctx context.Context) (Sight, error) {
	s := Sight{Title: "containers of " + c.node.Name}
	all, err := c.containers(ctx)
	for _, d := range all {
		s.Lines = append(s.Lines, fmt.Sprintf("%-10s %-9s %s", d.Service, d.State, d.Status))
	}
	return s, err
}

func (c *crew) seeLog(ctx context.Context) (Sight, error) {
	s := Sight{Title: "nginx on " + c.node.Name}
	res := c.host().Look(ctx, ssh.Command{Script: `tail -n 20 "$1"`, Args: []string{c.node.AccessLog}})
	if err := res.Err("reading the log", c.node.Name); err != nil {
		return s, err
	}
	for _, line := range strings.Split(strings.TrimSpace(res.Stdout), "\n") {
		s.Lines = append(s.Lines, clean.Short(line, lineShown))
	}
	return s, nil
}

// hostScript says of a machine, new or old, whether it is up and has settled.
const hostScript = `echo "boot $(cat /proc/sys/kernel/random/boot_id)"; uptime; df -P / | tail -n 1; cloud-init status 2>/dev/null || true`

func (c *crew) seeHost(ctx context.Context) (Sight, error) {
	s := Sight{Title: "host " + c.node.Name}
	out, err := c.ask(ctx, "looking at the host", hostScript)
	for line := range strings.Lines(out) {
		s.Lines = append(s.Lines, clean.Short(strings.TrimSpace(line), lineShown))
	}
	return s, err
}

func (c *crew) seeRecords(ctx context.Context) (Sight, error) {
	s := Sight{Title: "records on " + c.Config.Exec().Name}
	h, err := c.Records.Hold(ctx, c.node.Name)
	switch {
	case err != nil:
		return s, err
	case h == nil:
		s.Lines = []string{c.node.Name + " is not on hold"}
		return s, nil
	}
	s.Lines = []string{
		fmt.Sprintf("%s is on hold by %s since %s", c.node.Name, h.By, h.Since.Local().Format(time.DateTime)), "why: " + h.Why, "run: " + h.Run,
	}
	if h.Intent != "" {
		s.Lines = append(s.Lines, "announced: "+h.Intent)
	}
	return s, nil
}

// lineShown is how much of a line is shown in a pane: whoever writes into a log may write a megabyte.
const lineShown = 2 << 10
