package roll

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
)

// preflight looks at everybody before anybody is touched.
func (r *roll) preflight() run.Step {
	return r.reading(reading{
		id: "preflight", title: "Look at all workers before touching one",
		why: "A roll that finds the third worker unwell after two are done has used up what there was to spare. Nothing is changed.",
		plan: []string{"the runs of this instance: no other roll is unfinished",
			strings.Join(r.workers, ", ") + ": each is the machine meant, in the load balancer, healthy by its own probe, and on no hold"},
	}, func(ctx context.Context, w *run.Walk) ([]string, error) { return r.look(ctx, w.Run()) })
}

// look says what was found, up to what speaks against the roll.
func (r *roll) look(ctx context.Context, self string) ([]string, error) {
	if err := r.alone(ctx, self); err != nil {
		return nil, err
	}
	said := []string{"no other roll is under way"}
	for _, name := range r.workers {
		line, err := r.fit(ctx, name)
		if err != nil {
			return said, err
		}
		said = append(said, name+": "+line)
	}
	return said, nil
}

// alone refuses while another roll over this fleet is unfinished: the lease only keeps two from acting at the same moment.
func (r *roll) alone(ctx context.Context, self string) error {
	runs, err := r.Runs(ctx)
	if runs == nil && err != nil {
		return err
	}
	for _, s := range runs {
		if !rolls[s.Runbook] || s.ID == self || s.State.Final() || !begun(s.ID, runs) {
			continue
		}
		return &fault.Error{
			What: "another roll is not over", On: s.ID, Why: fmt.Sprintf("%s of %s, %s, is %s, at its step %s", strings.TrimSpace(s.Runbook+" "+s.Target), s.Operator, s.Started.Local().Format(time.DateTime), s.State, s.Step),
			Next: "go on with it: vmtui runs resume " + s.ID + "; or let go of it: vmtui runs stop " + s.ID, Code: fault.Refused,
		}
	}
	return nil
}

// begun reports that a roll has come as far as its first worker.
func begun(id string, runs []run.Summary) bool {
	return slices.ContainsFunc(runs, func(s run.Summary) bool { return s.Parent == id })
}

// fit says that a worker is well and in service, or why a roll must not count on it.
func (r *roll) fit(ctx context.Context, name string) (string, error) {
	part := r.parts[name]
	if err := part.Identity(ctx); err != nil {
		return "", err
	}
	if why, err := part.Amiss(ctx); err != nil {
		return "", err
	} else if why != "" {
		return "", &fault.Error{
			What: "not every worker is in service", On: name, Why: name + " " + why,
			Next: fmt.Sprintf("see to it first (vmtui run worker-return %s), or leave it out: --set workers=NAME,NAME", name), Code: fault.Refused,
		}
	}
	return part.Budget(ctx)
}

// rolls are the runbooks that take several workers out of service, one after another.
var rolls = map[string]bool{Workers: true, Configuration: true, Upgrade: true}
