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
)

// ExecReboot is the runbook that restarts the exec node's machine.
const ExecReboot = "exec-reboot"

func execRebootBook(d Deps) run.Book {
	return run.Book{
		ID: ExecReboot, Title: "Reboot the exec node", Danger: act.Changes, Targets: config.RoleExec,
		Summary: "Lets exec's Sidekiq finish its jobs, restarts its machine, waits until everything that ran there runs again, and says how long there was no scheduler.",
		Dangers: []string{
			"The scheduler runs on exec: no cron work begins until it is back, and none of it is made up for. Scheduled posts are late by as much.",
			"Where exec exports the shared directory, the workers wait for it whenever they read or write there.",
			"The lease and the holds lie on exec and survive. While it is down nobody can look at them, and this run cannot renew its own.",
			"Whatever else runs on exec, somebody's tootctl say, ends.",
		},
		Untried: []string{"How long an exec node takes from the reboot to its sshd: the box makes it a second.", "How workers bear the gap of an NFS server that is exec itself."},
		Build: func(ctx context.Context, target string, given map[string]string) (run.Runbook, error) {
			exec := d.Config.Exec().Name
			if target != "" && target != exec {
				return run.Runbook{}, &fault.Error{What: "not the exec node", On: target, Why: "this is for " + exec, Next: "a worker is rebooted by " + Reboot, Code: fault.Usage}
			}
			c, err := enlist(ctx, d, exec, given)
			if err != nil {
				return run.Runbook{}, err
			}
			return run.Runbook{ID: ExecReboot, Version: 1, Title: "Reboot " + exec, Target: exec, Inputs: c.in.encode(), Steps: patient(execRebootSteps(c))}, nil
		},
	}
}

func execRebootSteps(c *crew) []run.Step {
	quiet := c.quietSidekiq()
	quiet.Until = rebooting
	reboot := c.reboot()
	reboot.Plan = plan("the lease is checked once more", c.node.Name+"$ systemctl --no-block reboot   once",
		c.node.Name+"$ "+bootID+"   until it differs from before", c.node.Name+"$ systemctl is-system-running   until it has started")
	reboot.Panes = []string{"host", "sidekiq"}
	return []run.Step{c.lookAtExec(), c.beginGap(quiet), c.putBack(), c.noteUnits(), reboot, c.unitsBack(), c.schedulerBack(), c.sayGap()}
}

// The facts of exec's reboot.
const (
	factActive = "active units"
	factGap    = "no scheduler from"
	factNoGap  = "scheduler again at"
)

// lookAtExec is what is looked at before a Sidekiq is restarted, and who else is at work on the node.
func (c *crew) lookAtExec() run.Step {
	s := also(c.lookAtSidekiq(), check{"services", c.checkEnabled}, check{"people", c.checkNobody})
	s.Why = "Cron work stands still while exec is down, and what somebody else runs there ends with it."
	s.Plan = plan("redis: SMEMBERS processes, and each one's heartbeat", c.sidekiqHere(), c.node.Name+"$ systemctl is-enabled   each service that runs", c.node.Name+"$ ps   for tootctl, rails and rake")
	return s
}

// checkEnabled refuses while something runs that would not come back with the machine.
func (c *crew) checkEnabled(ctx context.Context) (string, error) {
	units, err := c.activeUnits(ctx)
	if err != nil {
		return "", err
	}
	out, err := c.ask(ctx, "asking what starts with the machine", `for u in "$@"; do echo "$u $(systemctl is-enabled "$u" 2>/dev/null)"; done`, units...)
	if err != nil {
		return "", err
	}
	var lost []string
	for line := range strings.Lines(out) {
		if unit, state, _ := strings.Cut(strings.TrimSpace(line), " "); state == "disabled" {
			lost = append(lost, unit)
		}
	}
	if len(lost) > 0 {
		return "", &fault.Error{What: "something would not come back", On: c.node.Name, Why: list(lost) + " runs, and is not enabled", Next: "systemctl enable it, or stop it if it is not wanted", Code: fault.Refused}
	}
	return list(units) + ": each starts with the machine", nil
}

// atWork lists what must not be cut off by a reboot.
const atWork = `ps -eo pid,user,args | grep -E 'bin/(tootctl|rails|rake)|[ /]rake |apt-get|dpkg' | grep -v grep || true`

// checkNobody asks when somebody's work would end with the machine. Nobody says yes to that beforehand.
func (c *crew) checkNobody(ctx context.Context) (string, error) {
	out, err := c.ask(ctx, "looking for people at work", atWork)
	if err != nil || out == "" {
		return "nobody's tootctl, rails or apt is running", err
	}
	return "", run.NeedsGo{
		Key: "people at work", Attended: true, Cause: "the reboot would cut somebody's work off", Details: strings.Split(out, "\n"),
		Hint: "wait for it (vmtui jobs), or go on if it may be lost",
	}
}

// beginGap notes since when the scheduler begins nothing.
func (c *crew) beginGap(quiet run.Step) run.Step {
	send := quiet.Do
	quiet.Why += " From here on no cron work begins."
	quiet.Do = func(ctx context.Context, w *run.Walk) error {
		if err := noting(ctx, w, factGap); err != nil {
			return err
		}
		return send(ctx, w)
	}
	return quiet
}

// noteUnits remembers what must run again: whatever of an instance runs now.
func (c *crew) noteUnits() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "note", Title: "Note what runs, and which boot this is", Kind: run.Read, NoUndo: "it changed nothing", Panes: []string{"host"},
			Why: "What ran before must run again. The boot's id shows whether the machine has really rebooted.",
		},
		Deadline: time.Minute,
		Plan:     plan(c.node.Name+"$ systemctl list-units --state=active   of Mastodon, stunnel, nginx, NFS, Redis, docker, the database and the search server", c.node.Name+"$ "+bootID, c.node.Name+"$ "+kernel),
		Do: func(ctx context.Context, w *run.Walk) error {
			units, err := c.activeUnits(ctx)
			if err != nil {
				return err
			}
			w.Out("runs: %s", list(units))
			if err := w.Remember(ctx, factActive, strings.Join(units, " ")); err != nil {
				return err
			}
			said, err := c.ask(ctx, "reading the kernel's version", kernel)
			if err != nil {
				return err
			}
			if err := w.Remember(ctx, factKernel, said); err != nil {
				return err
			}
			return c.rememberBoot(ctx, w)
		},
	}
}

// activeUnits are the running services that an instance is made of.
func (c *crew) activeUnits(ctx context.Context) ([]string, error) {
	out, err := c.ask(ctx, "listing the running services",
		`systemctl list-units 'mastodon-*' 'stunnel*' 'nginx*' 'nfs-*' 'pgbouncer*' 'postgresql*' 'redis*' 'elasticsearch*' 'opensearch*' 'docker*' --state=active --plain --no-legend`)
	if err != nil {
		return nil, err
	}
	var units []string
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) > 0 && strings.HasSuffix(f[0], ".service") {
			units = append(units, f[0])
		}
	}
	slices.Sort(units)
	return units, nil
}

// unitsBack waits for everything that ran before. What does not start by itself is not started by this: it would not start the next time either.
func (c *crew) unitsBack() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "services", Title: "Wait for what ran before", Kind: run.Read, Skip: true, NoUndo: "it changed nothing", Panes: []string{"host", "sidekiq"},
			Why: "That a service is enabled does not say that it comes up: its database, its mount or its tunnel may not be there yet.", Usual: "a minute",
		},
		Deadline: 5 * time.Minute,
		Plan:     plan(c.node.Name+"$ systemctl list-units --state=active   until each that ran before is there", c.node.Name+"$ PING to Redis at 127.0.0.1:6379", c.node.Name+"$ "+kernel),
		Verify: func(w *run.Walk) run.Check {
			return func(ctx context.Context) (run.Progress, error) {
				now, err := c.activeUnits(ctx)
				if err != nil {
					return run.Progress{}, err
				}
				missing := slices.DeleteFunc(strings.Fields(w.Fact(factActive)), func(u string) bool { return slices.Contains(now, u) })
				if len(missing) > 0 {
					return run.Progress{For: list(missing) + " to run", Again: pace}, nil
				}
				if _, err := c.checkTunnel(ctx); err != nil {
					return run.Progress{For: "Redis; " + fault.Of(err).Why, Again: pace}, nil // it comes up by itself, or the deadline says so
				}
				said, err := c.sayKernel(ctx, w.Fact(factKernel))
				return run.Progress{Done: err == nil, Detail: list(now) + "; the kernel " + said}, err
			}
		},
	}
}

// schedulerBack waits for a Sidekiq that did not run before, takes jobs, and listens to the scheduler's queue if one did.
func (c *crew) schedulerBack() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "scheduler", Title: "See its Sidekiq at work", Kind: run.Read, Skip: true, NoUndo: "it changed nothing", Panes: []string{"sidekiq"},
			Why: "systemd only knows that a process runs. Its heartbeat in Redis says that it takes jobs, and which.", Usual: "its boot, 30 s or so",
		},
		Deadline: 5 * time.Minute,
		Plan:     plan("redis: a heartbeat of a process that did not run before, not quiet"),
		Verify: func(w *run.Walk) run.Check {
			anew := c.verifyAnew(w)
			return func(ctx context.Context) (run.Progress, error) {
				p, err := anew(ctx)
				if err != nil || !p.Done {
					return p, err
				}
				return p, noting(ctx, w, factNoGap)
			}
		},
	}
}

// sayGap says how long no cron work began.
func (c *crew) sayGap() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "report", Title: "Sum up", Kind: run.Read, NoUndo: "it changed nothing", Panes: []string{"sidekiq"},
			Why: "Whoever wonders about a late post or a missing clean-up reads here when there was no scheduler.",
		},
		Deadline: time.Minute,
		Plan:     plan("the transcript's last lines: from when to when no cron work began"),
		Do: func(_ context.Context, w *run.Walk) error {
			from, err := time.Parse(time.RFC3339, w.Fact(factGap))
			till, err2 := time.Parse(time.RFC3339, w.Fact(factNoGap))
			if err != nil || err2 != nil {
				w.Out("report: how long there was no scheduler is not known: a step was left out")
				return nil //nolint:nilerr // that is said
			}
			w.Out("report: %s", gap(from, till))
			return nil
		},
	}
}

func gap(from, till time.Time) string {
	return fmt.Sprintf("no scheduler for %s, from %s to %s: what was due then comes with its next turn, and is not made up for",
		round(till.Sub(from)), from.Local().Format(time.DateTime), till.Local().Format(time.DateTime))
}
