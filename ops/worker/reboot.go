package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Reboot is the runbook that restarts a worker's machine.
const Reboot = "worker-reboot"

func rebootBook(d Deps) run.Book {
	return run.Book{
		ID: Reboot, Title: "Reboot a worker", Danger: act.Changes, Targets: config.RoleWorker, Inputs: []run.Input{whyInput},
		Summary: "Takes a worker out of service, restarts its machine, as a new kernel needs it, proves it equal to its peers and returns it, Sidekiq last.",
		Dangers: []string{
			"The others carry its load for some minutes.", "Websockets that are still open are cut; clients reconnect.",
			"What else runs on the host, somebody's tootctl say, ends with the reboot.",
		},
		Untried: append(slices.Clone(drainUntried), "How long a droplet takes from the reboot to its sshd: the box makes it a second."),
		Build:   living(d, Reboot, "Reboot", rebootSteps),
	}
}

// rebootSteps stop the containers before the daemon ends, and take them away, because docker starts what has `restart: always` even when it was stopped
// by hand: Sidekiq would run before anybody has proved the worker equal. While the machine is down nothing on it can be looked at, so what holds there
// holds until the reboot; an enabled nginx starts with the machine, and the flag is still there to fail the balancer's check.
func rebootSteps(c *crew) []run.Step {
	steps := append([]run.Step{c.preflight(false)}, held(heldTo(c.out(), rebooting), map[string]string{"hold": "release", "remove": "add"})...)
	steps = append(steps, c.proveOut(), c.keepLogs(), c.takeAway(), c.reboot(), c.newBoot())
	return append(steps, c.back()...)
}

// rebooting is the id of the step that reboots.
const rebooting = "reboot"

// The facts of a reboot: the boot and the kernel before it.
const (
	factBoot   = "boot"
	factKernel = "kernel"
)

// keepLogs saves what goes with the containers, and remembers which boot this is.
func (c *crew) keepLogs() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "keep-logs", Title: "Save the logs and note the boot", Kind: run.Read, NoUndo: "it changed nothing", Panes: []string{"log"},
			Why: "The containers' logs go with the containers. The boot's id shows later whether the machine has really rebooted.",
		},
		Deadline: 2 * time.Minute,
		Plan:     plan(c.shown("logs --no-color --tail 100")+"   into the transcript", c.node.Name+"$ "+bootID, c.node.Name+"$ "+kernel),
		Do: func(ctx context.Context, w *run.Walk) error {
			c.outLogs(ctx, w)
			if err := c.rememberBoot(ctx, w); err != nil {
				return err
			}
			said, err := c.ask(ctx, "reading the kernel's version", kernel)
			if err != nil {
				return err
			}
			return w.Remember(ctx, factKernel, said)
		},
	}
}

// kernel is the running kernel, and whether Debian wants a reboot.
const kernel = `uname -r; test ! -e /run/reboot-required || echo 'a reboot is required'`

// takeAway removes the stopped containers, so that docker has nothing to start with the machine. Compose makes them anew from the same file.
func (c *crew) takeAway() run.Step {
	services := strings.Join(c.Config.Reimage.Start, " ")
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "take-away", Title: "Take the stopped containers away", Kind: run.Idempotent, Until: rebooting, Panes: []string{"containers"},
			Why: "When its daemon starts, docker starts what has `restart: always`, even what was stopped by hand: Sidekiq would take jobs before the worker is proven equal.",
		},
		Deadline: 2 * time.Minute,
		Plan:     plan(c.shown("rm -f " + services)),
		Observe: func(ctx context.Context, _ *run.Walk) (run.Finding, error) {
			all, err := c.ours(ctx)
			if err != nil || len(all) > 0 {
				return pending("there: %s", list(all)), err
			}
			return done("there is no container of ours"), nil
		},
		Do: func(ctx context.Context, w *run.Walk) error {
			up, err := c.running(ctx)
			if err != nil {
				return err
			}
			if len(up) > 0 {
				return &fault.Error{What: "containers run again", On: c.node.Name, Why: list(up), Next: "find out who started them; retry looks again"}
			}
			return c.compose(ctx, w, append([]string{"rm", "-f"}, c.Config.Reimage.Start...)...)
		},
		Undo:     func(context.Context, *run.Walk) error { return nil },
		UndoPlan: []string{"nothing: compose makes them anew when the undo starts them"},
	}
}

// ours are the services of ours that have a container, running or not.
func (c *crew) ours(ctx context.Context) ([]string, error) {
	all, err := c.containers(ctx)
	var there []string
	for _, d := range all {
		if slices.Contains(c.Config.Reimage.Start, d.Service) {
			there = append(there, d.Service)
		}
	}
	slices.Sort(there)
	return there, err
}

// reboot restarts the machine once. Its answer is mostly lost, because the machine that would give it goes down; the world tells.
func (c *crew) reboot() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: rebooting, Title: "Reboot it", Kind: run.Once, Usual: "a minute or two",
			Why: "A new kernel runs only after a reboot. Nothing of ours runs by now that the power could cut off.", Panes: []string{"balancer"},
		},
		Deadline: c.Config.Reimage.Wait,
		Plan: plan("the budget, the identity and the lease are checked once more", c.node.Name+"$ systemctl --no-block reboot   once",
			c.node.Name+"$ "+bootID+"   until it differs from before", c.node.Name+"$ systemctl is-system-running   until it has started"),
		Observe:  c.observeReboot,
		Do:       c.sendReboot,
		Verify:   c.verifyReboot,
		Undo:     func(context.Context, *run.Walk) error { return nil },
		UndoPlan: []string{"nothing: a reboot leaves nothing to take back"},
	}
}

// boot is the id of the boot that answers now, "" when nothing does.
func (c *crew) boot(ctx context.Context) (id string, res ssh.Result) {
	res = c.host().Look(ctx, ssh.Command{For: "read the boot id", Script: bootID})
	if !res.OK() {
		c.host().Drop()
		return "", res
	}
	return strings.TrimSpace(res.Stdout), res
}

// observeReboot tells a reboot that was sent from one that was not by the boot's id, which no boot shares with another.
func (c *crew) observeReboot(ctx context.Context, w *run.Walk) (run.Finding, error) {
	before := w.Fact(factBoot)
	if before == "" {
		return pending("not rebooted"), nil
	}
	now, res := c.boot(ctx)
	switch {
	case refusal(res) != nil:
		return run.Finding{}, refusal(res)
	case now == "" && len(w.Intents("")) > 0:
		return run.Finding{Truth: run.UnderWay, Detail: "it was asked to reboot, and does not answer: " + silence(res)}, nil
	case now == "":
		return run.Finding{}, res.Err("reading the boot id", c.node.Name)
	case now != before:
		return done("another boot id than before: %s", now), nil
	case len(w.Intents("")) == 0:
		return pending("not rebooted"), nil
	}
	if anew, err := c.anotherBoot(ctx, w); err != nil || anew {
		return done("another boot answers"), err
	}
	return pending("it was asked to reboot, and the old boot still answers"), nil
}

func (c *crew) sendReboot(ctx context.Context, w *run.Walk) error {
	if c.node.Role == config.RoleWorker {
		if err := c.afford(ctx, w); err != nil {
			return err
		}
	}
	same := func(ctx context.Context) error { _, err := c.sameMachine(ctx); return err }
	return w.Act(ctx, act.Act{Verb: "reboot", Target: c.node.Name, What: "systemctl reboot", Danger: act.Changes, Identity: same}, func(ctx context.Context, p act.Permit) error {
		err := c.host().Do(ctx, p, ssh.Command{For: "reboot", Script: "systemctl --no-block reboot"}).Err("systemctl reboot", c.node.Name)
		if !errors.Is(err, remote.ErrUnknown) {
			return err
		}
		w.Out("the answer went down with the machine, or was lost; waiting for another boot")
		anew, looked := c.anotherBoot(ctx, w)
		if anew {
			return nil
		}
		return errors.Join(err, looked)
	})
}

// anotherBoot waits for a boot that was not there before. The old one may answer for a while; only silence is waited out for as long as the step has.
func (c *crew) anotherBoot(ctx context.Context, w *run.Walk) (bool, error) {
	for still := 0; still < listings; {
		now, res := c.boot(ctx)
		switch {
		case refusal(res) != nil:
			return false, refusal(res)
		case now == w.Fact(factBoot):
			still++
			c.host().Drop()
		case now != "":
			return true, nil
		}
		if err := pause(ctx, c.Config.SSH.Retry); err != nil {
			return false, err
		}
	}
	return false, nil
}

// verifyReboot waits for another boot. A machine that goes on answering with the old one has not heard of the reboot: waiting would not cure that.
func (c *crew) verifyReboot(w *run.Walk) run.Check {
	still := 0
	return func(ctx context.Context) (run.Progress, error) {
		again := c.Config.SSH.Retry
		now, res := c.boot(ctx)
		switch {
		case refusal(res) != nil:
			return run.Progress{}, refusal(res)
		case now == "":
			return run.Progress{For: "a login: " + silence(res), Again: again}, nil
		case now == w.Fact(factBoot):
			if still++; still > listings {
				return run.Progress{}, decided(&fault.Error{What: "the machine did not go down", On: c.node.Name, Why: "the old boot has answered " + strconv.Itoa(still) + " logins since the reboot", Next: "look what keeps it there: systemctl list-jobs"})
			}
			c.host().Drop()
			return run.Progress{For: "the reboot; the old boot still answers", Again: again}, nil
		}
		state, err := c.ask(ctx, "asking systemd", "systemctl is-system-running || true")
		if err != nil || state == "starting" || state == "initializing" {
			return run.Progress{For: "systemd, which is " + state, Again: pace}, err
		}
		return run.Progress{Done: true, Detail: "another boot id; systemd is " + state}, nil
	}
}

// newBoot proves that nothing started by itself, and says which kernel runs.
func (c *crew) newBoot() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "new-boot", Title: "Prove that nothing started by itself", Kind: run.Read, NoUndo: "it changed nothing", Panes: []string{"containers"},
			Why: "A Sidekiq that docker started with the machine would take jobs before the worker is proven equal.",
		},
		Deadline: time.Minute,
		Plan:     plan(c.node.Name+"$ docker ps -a   must show none that runs", c.node.Name+"$ "+kernel),
		Do: func(ctx context.Context, w *run.Walk) error {
			return doChecks([]check{{"containers", c.checkStill}, {"kernel", func(ctx context.Context) (string, error) { return c.sayKernel(ctx, w.Fact(factKernel)) }}})(ctx, w)
		},
	}
}

func (c *crew) sayKernel(ctx context.Context, before string) (string, error) {
	now, err := c.ask(ctx, "reading the kernel's version", kernel)
	said := fmt.Sprintf("was %s, is %s", strings.ReplaceAll(before, "\n", ", "), strings.ReplaceAll(now, "\n", ", "))
	if strings.Contains(now, "\n") {
		said += "\nwarning: Debian still wants a reboot; see /run/reboot-required.pkgs"
	}
	return said, err
}
