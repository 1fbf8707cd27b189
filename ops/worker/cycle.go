package worker

import (
	"context"
	"slices"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
)

// held says up to which step each effect must hold, by the ids of the steps that have it.
func held(steps []run.Step, until map[string]string) []run.Step {
	for i := range steps {
		if to, known := until[steps[i].ID]; known {
			steps[i].Until = to
		}
	}
	return steps
}

// heldTo lets every effect that holds for a while hold until one step.
func heldTo(steps []run.Step, until string) []run.Step {
	for i := range steps {
		if steps[i].Until != "" {
			steps[i].Until = until
		}
	}
	return steps
}

// cycle is the way out and the way back, with something between them; what the one did holds until the other takes it back.
func (c *crew) cycle(between ...run.Step) []run.Step {
	return slices.Concat([]run.Step{c.preflight(false)}, held(c.out(), Until()), []run.Step{c.proveOut()}, between, c.back())
}

// living makes a runbook for a host that answers. What keeps a worker's disk needs its host to do it.
func living(d Deps, id, verb string, steps func(*crew) []run.Step) func(context.Context, string, map[string]string) (run.Runbook, error) {
	return func(ctx context.Context, target string, given map[string]string) (run.Runbook, error) {
		c, err := recruit(ctx, d, target, given, false)
		if err != nil {
			return run.Runbook{}, err
		}
		if c.in.Dead {
			return run.Runbook{}, &fault.Error{
				What: "the host is dead", On: target, Why: "it gives no sign of life, from here and from " + d.Config.Exec().Name + "; " + id + " is done on the host", Code: fault.Refused,
				Next: "power it on in the provider's control panel; or give it a new disk: vmtui run " + Reimage + " " + target,
			}
		}
		return run.Runbook{ID: id, Version: 1, Title: verb + " " + target, Target: target, Inputs: c.in.encode(), Steps: patient(steps(c))}, nil
	}
}
