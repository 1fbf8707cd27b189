package worker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/lease"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/ssh"
)

const nonceFile = lease.Dir + "/nonce"

// saveLogs keeps what the old disk takes with it, and plants the mark by which it is told from the new one.
func (c *crew) saveLogs() run.Step {
	if c.in.Dead {
		return c.cannot("mark", "Save the logs and mark the old disk")
	}
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "mark", Title: "Save the logs and mark the old disk", Kind: run.Idempotent, Until: "rebuild", Skip: true,
			Why: "The logs go with the disk. The mark shows later whether it is really the new disk that answers.", NoUndo: "the mark harms nobody",
			Panes: []string{"log"},
		},
		Deadline: 2 * time.Minute,
		Plan:     plan(c.shown("logs --no-color --tail 100")+"   into the transcript", fmt.Sprintf("%s$ write the run's id to %s", c.node.Name, nonceFile)),
		Observe: func(ctx context.Context, w *run.Walk) (run.Finding, error) {
			mark, err := c.ask(ctx, "reading the mark", `cat "$1" 2>/dev/null || true`, nonceFile)
			if err != nil || mark != w.Run() || w.Fact(factBoot) == "" {
				return pending("not marked"), err
			}
			return done("marked"), nil
		},
		Do: c.mark,
	}
}

func (c *crew) mark(ctx context.Context, w *run.Walk) error {
	c.outLogs(ctx, w)
	if err := c.rememberBoot(ctx, w); err != nil {
		return err
	}
	return c.change(ctx, w, "write "+nonceFile, ssh.Command{Script: `mkdir -p "$1" && printf %s "$2" > "$3" && sync`, Args: []string{lease.Dir, w.Run(), nonceFile}})
}

// outLogs puts the last of the containers' logs into the transcript.
func (c *crew) outLogs(ctx context.Context, w *run.Walk) {
	logs := c.host().Look(ctx, Compose(c.node, "logs", "--no-color", "--tail", "100"))
	for line := range strings.Lines(logs.Stdout) {
		w.Out("log: %s", strings.TrimRight(line, "\n"))
	}
}

func (c *crew) rememberBoot(ctx context.Context, w *run.Walk) error {
	boot, err := c.ask(ctx, "reading the boot id", bootID)
	if err != nil {
		return err
	}
	return w.Remember(ctx, factBoot, boot)
}

const bootID = "cat /proc/sys/kernel/random/boot_id"

// newDisk proves that the machine that answers is the rebuilt one: the old sshd may go on answering for a while, with the old key.
func (c *crew) newDisk() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "new-disk", Title: "Prove that it is the new disk", Kind: run.Read, NoUndo: "it changed nothing",
			Why:   "The old system may answer for a while after the rebuild began. Only a login that finds no mark and another boot id is the new disk.",
			Usual: "at once, when the new system answers", Awaits: provider, Panes: []string{"host"},
		},
		Deadline: c.Config.Reimage.Wait,
		Plan:     plan(c.node.Name+"$ "+bootID+"   must differ from before", c.node.Name+"$ test -e "+nonceFile+"   must fail"),
		Verify:   c.verifyNewDisk,
	}
}

const diskScript = bootID + `; cat "$1" 2>/dev/null || true`

func (c *crew) verifyNewDisk(w *run.Walk) run.Check {
	return func(ctx context.Context) (run.Progress, error) {
		again := c.Config.SSH.Retry
		res := c.host().Look(ctx, ssh.Command{For: "read the mark on the disk", Script: diskScript, Args: []string{nonceFile}})
		if !res.OK() {
			c.host().Drop()
			return run.Progress{For: "a login: " + silence(res), Again: again}, refusal(res)
		}
		boot, mark, _ := strings.Cut(strings.TrimSpace(res.Stdout), "\n")
		switch {
		case strings.TrimSpace(mark) != "":
			c.host().Drop()
			return run.Progress{For: "the old disk to go; it still answers", Again: again}, nil
		case boot == w.Fact(factBoot):
			c.host().Drop()
			return run.Progress{For: "the reboot; the old boot still answers", Again: again}, nil
		}
		return run.Progress{Done: true, Detail: "another boot id, no mark: the new disk"}, nil
	}
}

// cloudInit waits until first boot has finished with the machine: it holds the package lock and may still write keys.
func (c *crew) cloudInit() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "first-boot", Title: "Wait for first boot to finish", Kind: run.Read, Skip: true, NoUndo: "it changed nothing",
			Why:   "First boot holds the package lock and may still change keys and files under the provisioning's hands.",
			Usual: "a minute or two", Awaits: provider, Panes: []string{"host"},
		},
		Deadline: c.Config.Reimage.Wait,
		Plan:     plan(c.node.Name + "$ cloud-init status --format json   until done"),
		Verify:   c.verifyFirstBoot,
	}
}
