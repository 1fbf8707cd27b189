package worker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
)

// forget takes the host keys of a machine that is gone out of the known hosts: its address may be given to a new one any day, whose key would then be
// taken for a stranger's.
func (c *crew) forget() run.Step {
	exec := c.Config.Exec().Name
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "forget", Title: "Forget its host keys", Kind: run.Idempotent, Skip: true, NoUndo: "the key is gone with the disk", Panes: []string{"records"},
			Why: "The provider gives its addresses to new machines. An old key under them would be an alarm for nothing, which teaches people to ignore alarms.",
		},
		Deadline: time.Minute,
		Plan: plan("known_hosts: take out the entries of "+c.in.KnownAs,
			fmt.Sprintf("%s$ ssh-keygen -R, for those of %s that its known_hosts has", exec, list(c.names()))),
		Observe: c.observeForgotten,
		Do:      c.sendForget,
	}
}

const knownScript = `f=$HOME/.ssh/known_hosts
for h in "$@"; do
  if [ -f "$f" ] && ssh-keygen -F "$h" -f "$f" >/dev/null 2>&1; then echo "$h"; fi
done`

func (c *crew) observeForgotten(ctx context.Context, _ *run.Walk) (run.Finding, error) {
	known, err := askOn(ctx, c.exec(), c.Config.Exec().Name, "looking into exec's known_hosts", knownScript, c.names()...)
	if err != nil {
		return run.Finding{}, err
	}
	entries, err := c.Trust.Entries(c.in.KnownAs)
	if err != nil {
		return run.Finding{}, err
	}
	entries = slices.DeleteFunc(entries, func(e keys.Entry) bool { return e.Pattern || e.Marker != "" }) // those speak of others too, and stay
	if known == "" && len(entries) == 0 {
		return done("nobody's known_hosts names it"), nil
	}
	f := pending("entries here: %d; on exec: %s", len(entries), list(strings.Fields(known)))
	for _, e := range entries {
		f.Details = append(f.Details, e.Place()+" "+e.Key())
	}
	return f, nil
}

// forgetScript takes a machine out of exec's own known_hosts, on a copy, so that a crash leaves the file as it was.
const forgetScript = `f=$HOME/.ssh/known_hosts
if [ ! -f "$f" ]; then exit 0; fi
t=$f.vmtui
trap 'rm -f "$t" "$t.old"' EXIT
cp -p "$f" "$t" || exit 1
for h in "$@"; do
  if ssh-keygen -F "$h" -f "$t" >/dev/null 2>&1; then ssh-keygen -R "$h" -f "$t" >/dev/null 2>&1 || exit 1; fi
done
mv -f "$t" "$f"`

func (c *crew) sendForget(ctx context.Context, w *run.Walk) error {
	a := act.Act{Verb: "keys/forget", Target: c.node.Name, What: "forget the host keys of " + c.in.KnownAs, Danger: act.Changes}
	return w.Act(ctx, a, func(ctx context.Context, p act.Permit) error {
		if err := c.Records.OnExec(ctx, p, "forgetting the host key in exec's known_hosts", forgetScript, c.names()...); err != nil {
			return err
		}
		gone, err := c.Trust.Forget(ctx, c.in.KnownAs)
		for _, e := range gone {
			w.Out("taken out: %s %s", e.Place(), e.Key())
		}
		return err
	})
}
