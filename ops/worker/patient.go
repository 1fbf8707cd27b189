package worker

import (
	"context"
	"errors"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
)

// verdict is an error that waiting does not cure: what was seen is wrong.
type verdict struct{ error }

// Unwrap gives the fault.
func (v verdict) Unwrap() error { return v.error }

// decided marks what a look has found to be wrong, in contrast to a look that could not be taken.
func decided(err error) error { return verdict{err} }

// patient makes every wait of the steps survive a look that could not be taken: a dropped connection in the middle of five minutes of waiting is
// no reason to stop. The deadline still ends it, at a gate that says what was in the way.
func patient(steps []run.Step) []run.Step {
	for i := range steps {
		steps[i].Verify = tolerant(steps[i].Verify)
		steps[i].Undone = tolerant(steps[i].Undone)
	}
	return steps
}

func tolerant(verify func(*run.Walk) run.Check) func(*run.Walk) run.Check {
	if verify == nil {
		return nil
	}
	return func(w *run.Walk) run.Check {
		check := verify(w)
		return func(ctx context.Context) (run.Progress, error) {
			p, err := check(ctx)
			var v verdict
			if err == nil || errors.As(err, &v) {
				return p, err
			}
			f := fault.Of(err)
			return run.Progress{For: "an answer; " + f.What + because(f.Why), Again: pace}, nil
		}
	}
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}
