package worker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// SidekiqRestart is the runbook that starts a node's Sidekiq anew.
const SidekiqRestart = "sidekiq-restart"

func sidekiqBook(d Deps) run.Book {
	return run.Book{
		ID: SidekiqRestart, Title: "Restart a node's Sidekiq", Danger: act.Changes, Targets: "node",
		Summary: "Lets a node's Sidekiq finish its jobs, stops it with time to spare, and starts it again. The node goes on serving visitors.",
		Dangers: []string{
			"Its jobs wait for the others meanwhile, or for its return: a backup or a video may take many minutes to finish.",
			"Where it is the only one that listens to the scheduler queue, cron work waits until it is back.",
		},
		Build: func(ctx context.Context, target string, given map[string]string) (run.Runbook, error) {
			c, err := enlist(ctx, d, target, given)
			if err != nil {
				return run.Runbook{}, err
			}
			return run.Runbook{
				ID: SidekiqRestart, Version: 1, Title: "Restart Sidekiq on " + target, Target: target, Inputs: c.in.encode(), Steps: patient(sidekiqSteps(c)),
			}, nil
		},
	}
}

// enlist is recruit for what needs no load balancer, on whatever node.
func enlist(ctx context.Context, d Deps, target string, given map[string]string) (*crew, error) {
	node, ok := d.Config.Node(target)
	if !ok {
		return nil, d.Config.NoNode(target)
	}
	c := &crew{Deps: d, node: node}
	in, resumed, err := decode(given)
	if err != nil || resumed {
		c.in = in
		return c, err
	}
	c.in.Droplet, c.in.Address, c.in.KnownAs = node.Droplet, c.host().Addr(), c.host().KnownAs()
	res := c.host().Look(ctx, ssh.Command{For: "see whether it lives", Script: "true"})
	return c, res.Err("seeing whether the host lives", node.Name)
}

func sidekiqSteps(c *crew) []run.Step {
	quiet := c.quietSidekiq()
	quiet.Until = restarting
	return []run.Step{c.lookAtSidekiq(), quiet, c.putBack(), c.restartSidekiq()}
}

// restarting is the id of the step that starts Sidekiq anew.
const restarting = "restart"

// The facts of a restart: the identities that ran before, and the units with their process numbers.
const (
	factProcesses = "processes"
	factUnits     = "units"
)

// lookAtSidekiq says whose jobs will wait, and remembers who runs.
func (c *crew) lookAtSidekiq() run.Step {
	checks := func(w *run.Walk) []check {
		return []check{{"identity", c.sameMachine}, {"sidekiq", func(ctx context.Context) (string, error) { return c.sayProcesses(ctx, w) }}, {"queues", c.checkQueues}}
	}
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "preflight", Title: "Look before touching anything", Kind: run.Read, NoUndo: "it changed nothing", Panes: []string{"sidekiq"},
			Why: "A queue that only this node serves stands still meanwhile; where it is the scheduler's, so does cron work.",
		},
		Deadline: time.Minute,
		Plan:     plan("redis: SMEMBERS processes, and each one's heartbeat", c.sidekiqHere()),
		Observe:  func(ctx context.Context, w *run.Walk) (run.Finding, error) { return foresee(checks(w))(ctx, w) },
		Do:       func(ctx context.Context, w *run.Walk) error { return doChecks(checks(w))(ctx, w) },
	}
}

// sidekiqHere is the command that finds a node's own Sidekiq, as it is shown.
func (c *crew) sidekiqHere() string {
	if c.native() {
		return c.node.Name + "$ hostname; systemctl list-units 'mastodon-sidekiq*'"
	}
	return c.node.Name + "$ docker ps   (a container's short id is its Sidekiq's host name)"
}

// sameMachine proves a worker's identity; exec is who it is by its host key alone.
func (c *crew) sameMachine(ctx context.Context) (string, error) {
	if c.node.Droplet == 0 {
		return "known by its host key; the config names no droplet", nil
	}
	return c.checkIdentity(ctx)
}

func (c *crew) sayProcesses(ctx context.Context, w *run.Walk) (string, error) {
	mine, here, err := c.processes(ctx)
	switch {
	case err != nil:
		return "", err
	case len(here) == 0:
		return "", &fault.Error{What: "no Sidekiq runs here", On: c.node.Name, Next: "start it by hand, or bring a worker back with " + Return, Code: fault.Refused}
	case len(mine) < len(here):
		return "", &fault.Error{What: "a Sidekiq has no heartbeat", On: c.node.Name, Why: fmt.Sprintf("%d run here, %d are in Redis", len(here), len(mine)), Next: "look at its log; nobody can tell what it has in hand"}
	}
	var ids []string
	busy := 0
	for _, p := range mine {
		ids, busy = append(ids, p.Identity), busy+p.Busy
	}
	return fmt.Sprintf("processes: %d, jobs in hand: %d", len(mine), busy), c.rememberProcesses(ctx, w, ids)
}

// rememberProcesses keeps who ran before, once: what is started anew must be somebody else.
func (c *crew) rememberProcesses(ctx context.Context, w *run.Walk, ids []string) error {
	if w.Dry() || w.Fact(factProcesses) != "" {
		return nil
	}
	if c.native() {
		units, err := c.unitPIDs(ctx)
		if err != nil {
			return err
		}
		if err := w.Remember(ctx, factUnits, strings.Join(units, "\n")); err != nil {
			return err
		}
	}
	return w.Remember(ctx, factProcesses, strings.Join(ids, " "))
}

// checkQueues finds the queues that nobody serves while this node does not.
func (c *crew) checkQueues(ctx context.Context) (string, error) {
	mine, _, err := c.processes(ctx)
	if err != nil {
		return "", err
	}
	all, err := c.Jobs.Processes(ctx)
	alone := orphans(mine, all)
	switch {
	case err != nil:
		return "", err
	case slices.Contains(alone, "scheduler"):
		return "", run.NeedsGo{
			Key: "scheduler", Cause: c.node.Name + " runs the only scheduler: cron work waits until it is back", Details: []string{"queues that nobody else serves: " + list(alone)},
			Hint: "go on if that can wait for some minutes; no second scheduler is started meanwhile, because two would do its work twice",
		}
	case len(alone) > 0:
		return "warning: nobody else serves " + list(alone) + "; their jobs wait until it is back", nil
	}
	return "others serve each of its queues", nil
}

// orphans are the queues that some of mine listen to and no other live, unquiet process.
func orphans(mine, all []sidekiq.Process) []string {
	served := map[string]bool{}
	for _, p := range all {
		own := slices.ContainsFunc(mine, func(m sidekiq.Process) bool { return m.Identity == p.Identity })
		for _, q := range p.Queues {
			served[q] = served[q] || !own && !p.Stale && !p.Quiet
		}
	}
	var alone []string
	for _, p := range mine {
		for _, q := range p.Queues {
			if name := clean.Line(q); !served[q] && !slices.Contains(alone, name) {
				alone = append(alone, name)
			}
		}
	}
	return alone
}

// restartSidekiq starts it anew; a quiet Sidekiq works again in no other way.
func (c *crew) restartSidekiq() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: restarting, Title: "Start it anew", Kind: run.Idempotent, Skip: true, Panes: []string{"sidekiq"}, NoUndo: "it runs, as it did before", Usual: "its boot, 30 s or so",
			Why: "Quiet cannot be taken back: only a new process takes jobs. The old one gets its time to finish, which docker's 10 s and systemd's 15 s are not.",
		},
		Deadline: 5 * time.Minute,
		Plan:     plan(append(c.shownRestart(), "redis: a heartbeat of a process that did not run before, not quiet")...),
		Observe: func(ctx context.Context, w *run.Walk) (run.Finding, error) {
			if w.Dry() {
				return pending("what runs now was there before"), nil
			}
			p, err := c.verifyAnew(w)(ctx)
			if err != nil || !p.Done {
				return pending("%s", p.For), err
			}
			return done("%s", p.Detail), nil
		},
		Do:     c.sendRestart,
		Verify: c.verifyAnew,
	}
}

// verifyAnew waits until every Sidekiq of the node is another process than before, and takes jobs.
func (c *crew) verifyAnew(w *run.Walk) run.Check {
	working := c.verifyWorking(w)
	return func(ctx context.Context) (run.Progress, error) {
		mine, _, err := c.processes(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		before := strings.Fields(w.Fact(factProcesses))
		for _, p := range mine {
			if slices.Contains(before, p.Identity) {
				return run.Progress{For: "the old process to go: " + clean.Line(p.Identity), Again: pace}, nil
			}
		}
		return working(ctx)
	}
}

// services of compose that are Sidekiqs.
func (c *crew) sidekiqServices() []string {
	found := slices.DeleteFunc(slices.Clone(c.Config.Reimage.Start), func(s string) bool { return !strings.HasPrefix(s, "sidekiq") })
	if len(found) == 0 {
		return []string{"sidekiq"}
	}
	return found
}

func (c *crew) shownRestart() []string {
	if c.native() {
		return []string{c.node.Name + "$ systemctl restart UNIT   for each of mastodon-sidekiq* that is active"}
	}
	services := strings.Join(c.sidekiqServices(), " ")
	return []string{c.shown("stop -t " + Grace + " " + services), c.shown("up -d --no-recreate " + services)}
}

func (c *crew) sendRestart(ctx context.Context, w *run.Walk) error {
	if !c.native() {
		if err := c.compose(ctx, w, append([]string{"stop", "-t", Grace}, c.sidekiqServices()...)...); err != nil {
			return err
		}
		return c.up(ctx, w, c.sidekiqServices())
	}
	return c.restartUnits(ctx, w)
}

func (c *crew) native() bool { return c.node.Mastodon.Kind == config.KindNative }

// sidekiqUnits are the active services of a native Mastodon's Sidekiq. There may be several, each with its queues.
func (c *crew) sidekiqUnits(ctx context.Context) ([]string, error) {
	out, err := c.ask(ctx, "looking for Sidekiq's units", `systemctl list-units 'mastodon-sidekiq*' --state=active --plain --no-legend`)
	if err != nil {
		return nil, err
	}
	var units []string
	for line := range strings.Lines(out) {
		if fields := strings.Fields(line); len(fields) > 0 {
			units = append(units, fields[0])
		}
	}
	return units, nil
}

// sidekiqHosts is the host name that a native Sidekiq gives itself, once for each that runs.
func (c *crew) sidekiqHosts(ctx context.Context) ([]string, error) {
	units, err := c.sidekiqUnits(ctx)
	if err != nil {
		return nil, err
	}
	name, err := c.ask(ctx, "asking for the host name", "hostname")
	return slices.Repeat([]string{name}, len(units)), err
}

// unitPIDs are the active units, each with its main process.
func (c *crew) unitPIDs(ctx context.Context) ([]string, error) {
	units, err := c.sidekiqUnits(ctx)
	if err != nil || len(units) == 0 {
		return nil, err
	}
	out, err := c.ask(ctx, "asking for the units' processes", `for u in "$@"; do echo "$u $(systemctl show -p MainPID --value "$u")"; done`, units...)
	return strings.Split(out, "\n"), err
}

// restartUnits restarts the units that still run their old process: a new one, of an answer that was lost, may have jobs in hand already, and systemd
// would give it 15 s to finish them.
func (c *crew) restartUnits(ctx context.Context, w *run.Walk) error {
	now, err := c.unitPIDs(ctx)
	if err != nil {
		return err
	}
	var units []string
	for _, u := range now {
		if name, _, _ := strings.Cut(u, " "); slices.Contains(strings.Split(w.Fact(factUnits), "\n"), u) {
			units = append(units, name)
		}
	}
	if len(units) == 0 {
		w.Out("each unit runs a new process already")
		return nil
	}
	return c.change(ctx, w, "systemctl restart "+strings.Join(units, " "), ssh.Command{Script: `systemctl restart "$@"`, Args: units})
}
