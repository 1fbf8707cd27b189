package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

const (
	notFound = 127 // the shell's status for a command that does not exist
	degraded = 2   // cloud-init's status for "done, but something was wrong"
)

func (c *crew) verifyFirstBoot(w *run.Walk) run.Check {
	return func(ctx context.Context) (run.Progress, error) {
		res := c.host().Look(ctx, ssh.Command{Script: "cloud-init status --format json", Answers: []int{degraded, notFound}})
		if res.Outcome != ssh.Exited {
			return run.Progress{For: "the host: " + silence(res), Again: c.Config.SSH.Retry}, nil
		}
		if res.Code == notFound {
			return run.Progress{Done: true, Detail: "this image has no cloud-init"}, nil
		}
		var said struct {
			Status      string              `json:"status"`
			Errors      []string            `json:"errors"`
			Recoverable map[string][]string `json:"recoverable_errors"` // by their level
		}
		if err := json.Unmarshal([]byte(res.Stdout), &said); err != nil {
			return run.Progress{}, (&fault.Error{What: "cloud-init's answer is not understood", On: c.node.Name}).Because(err)
		}
		complaints := legible(said.Errors, said.Recoverable)
		switch {
		case said.Status == "done" && res.Code == degraded:
			if w.Granted("degraded") {
				return run.Progress{Done: true, Detail: "finished, degraded; see the transcript"}, nil
			}
			return run.Progress{}, decided(run.NeedsGo{Key: "degraded", Cause: "first boot finished, but degraded", Details: complaints, Hint: "read /var/log/cloud-init-output.log there; go on if it does not matter: the next steps prove what a worker needs"})
		case said.Status == "done" || said.Status == "disabled":
			return run.Progress{Done: true, Detail: "cloud-init is " + said.Status}, nil
		case said.Status == "error":
			return run.Progress{}, decided(&fault.Error{What: "first boot failed", On: c.node.Name, Why: list(complaints), Next: "read /var/log/cloud-init-output.log there; retry when it is mended, or skip with a reason"})
		}
		return run.Progress{For: "cloud-init, which is " + said.Status, Again: pace}, nil
	}
}

// legible is all that cloud-init complains of, as it may be shown: JSON can spell what no terminal should get.
func legible(errors []string, warnings map[string][]string) []string {
	var all []string
	for _, line := range errors {
		all = append(all, clean.Line(line))
	}
	for _, level := range slices.Sorted(maps.Keys(warnings)) {
		for _, line := range warnings[level] {
			all = append(all, clean.Line(level+": "+line))
		}
	}
	return all
}

const scriptFile = "/root/vmtui-provision.sh"

// provision makes the new disk a worker. It starts nothing: a worker that is not proven equal must not serve.
func (c *crew) provision() run.Step {
	name := filepath.Base(c.Config.Reimage.Provision)
	if c.Config.Reimage.Provision == "" {
		return run.Step{
			StepInfo: run.StepInfo{ID: "provision", Title: "No provisioning script is configured", Kind: run.Read, NoUndo: "it changed nothing", Panes: []string{"host"}, Why: "The image is taken as complete; the next step shows whether it is."},
			Plan:     plan("nothing: reimage.provision is not set"),
		}
	}
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "provision", Title: "Provision it by " + name, Kind: run.Idempotent, Skip: true, NoUndo: "the disk is new; only forward",
			Why: "The script makes the disk a worker: the shared configuration, the tunnel to Redis, the images. It must start no container.", Panes: []string{"host", "containers"},
			Usual: "some minutes", Awaits: provisioner,
		},
		Deadline: c.Config.Reimage.Wait,
		Plan:     plan(fmt.Sprintf("upload %s to %s:%s", name, c.node.Name, scriptFile), c.node.Name+"$ flock "+provisioned+".lock sh "+scriptFile),
		Observe: func(ctx context.Context, w *run.Walk) (run.Finding, error) {
			mark, err := c.ask(ctx, "reading the provisioning mark", `cat "$1" 2>/dev/null || true`, provisioned)
			if err != nil || mark == "" || mark != w.Run() {
				return pending("not provisioned by this run"), err
			}
			return done("provisioned by this run"), nil
		},
		Do:     c.runProvisioning,
		Verify: c.verifyNothingStarted,
	}
}

const provisioned = "/var/lib/vmtui/provisioned"

// provisionScript is one command under one lock: the script of a console that has died may still run, and its file must not change under it.
// Whoever waited for it finds its mark and does not run it again. What the script prints goes to a file, because a script that prints to a console
// which is gone dies in its middle; and a script of which a dying console sent a part ($5 is its length) is not run at all.
const provisionScript = `mkdir -p "${3%/*}" && flock -w "$4" "$3.lock" sh -c '
if [ "$(cat "$3" 2>/dev/null)" = "$2" ]; then exit 0; fi
umask 077 && cat > "$1" && [ "$(wc -c < "$1")" -eq "$4" ] || exit 1
sh "$1" < /dev/null > "$3.log" 2>&1; status=$?
if [ "$status" = 0 ]; then printf %s "$2" > "$3"; fi
cat "$3.log"
exit "$status"' sh "$1" "$2" "$3" "$5"`

func (c *crew) runProvisioning(ctx context.Context, w *run.Walk) error {
	script, err := os.ReadFile(c.Config.Reimage.Provision)
	if err != nil {
		return (&fault.Error{What: "the provisioning script cannot be read", On: c.Config.Reimage.Provision, Next: "correct reimage.provision in " + c.Config.Path()}).Because(err)
	}
	began := time.Now()
	wait := strconv.Itoa(int(c.Config.Reimage.Wait.Seconds()))
	run := ssh.Command{For: "provision the new disk", Script: provisionScript, Args: []string{scriptFile, w.Run(), provisioned, wait, strconv.Itoa(len(script))}, Stdin: script}
	if err := c.change(ctx, w, "sh "+scriptFile, run); err != nil {
		return err
	}
	w.Out("provisioned in %s", round(time.Since(began)))
	return nil
}

func (c *crew) verifyNothingStarted(*run.Walk) run.Check {
	return func(ctx context.Context) (run.Progress, error) {
		up, err := c.running(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		if len(up) > 0 {
			return run.Progress{}, decided(&fault.Error{What: "provisioning has started containers", On: c.node.Name, Why: strings.Join(up, ", ") + " are running before the worker was proven equal", Next: "stop them, take the start out of the script, then retry"})
		}
		return run.Progress{Done: true, Detail: "provisioned; nothing runs yet"}, nil
	}
}
