package worker

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
)

// check is one thing that is looked at before anything is done, by a word.
type check struct {
	name string
	fn   func(context.Context) (string, error)
}

// verdictOf is what a check found.
type verdictOf struct {
	check
	said string
	err  error
}

// askAll makes all checks side by side, since none needs another's answer, and gives what they found in their order.
func askAll(ctx context.Context, checks []check) []verdictOf {
	found := make([]verdictOf, len(checks))
	var all sync.WaitGroup
	for i, ch := range checks {
		all.Go(func() {
			said, err := ch.fn(ctx)
			found[i] = verdictOf{ch, said, err}
		})
	}
	all.Wait()
	return found
}

// foresee makes the checks while a plan is only looked at, so that a refusal is read before anything begins: all of them, the first one first.
func foresee(checks []check) func(context.Context, *run.Walk) (run.Finding, error) {
	return func(ctx context.Context, w *run.Walk) (run.Finding, error) {
		if !w.Dry() {
			return pending("not looked yet"), nil
		}
		found := run.Finding{Truth: run.IsPending, Detail: "nothing speaks against it"}
		for _, v := range askAll(ctx, checks) {
			var ask run.NeedsGo
			if errors.As(v.err, &ask) {
				v.said, v.err = "warning: "+ask.Cause+"; it will be asked", nil
			}
			if v.err != nil {
				v.said = objection(v.err)
				if found.Truth != run.Conflict {
					found.Truth, found.Detail, found.Hint = run.Conflict, v.said, fault.Of(v.err).Next
				}
			}
			found.Details = append(found.Details, v.name+": "+v.said)
		}
		return found, nil
	}
}

// objection is what speaks against going on, in a line.
func objection(err error) string {
	f := fault.Of(err)
	return strings.TrimSuffix(f.What+": "+f.Why, ": ")
}

// also is a preflight with more checks at its end.
func also(s run.Step, more ...check) run.Step {
	observe, do := s.Observe, s.Do
	s.Observe = func(ctx context.Context, w *run.Walk) (run.Finding, error) {
		found, err := observe(ctx, w)
		if err != nil || found.Truth == run.Conflict || !w.Dry() {
			return found, err
		}
		last, err := foresee(more)(ctx, w)
		last.Details = slices.Concat(found.Details, last.Details)
		return last, err
	}
	s.Do = func(ctx context.Context, w *run.Walk) error {
		if err := do(ctx, w); err != nil {
			return err
		}
		return doChecks(more)(ctx, w)
	}
	return s
}

// doChecks makes the checks. All are told of before the first objection stops the step.
func doChecks(checks []check) func(context.Context, *run.Walk) error {
	return func(ctx context.Context, w *run.Walk) error {
		var first error
		for _, v := range askAll(ctx, checks) {
			var ask run.NeedsGo
			if errors.As(v.err, &ask) && w.Granted(ask.Key) {
				v.said, v.err = ask.Cause+"; go on, as was said", nil
			}
			if v.err != nil {
				if first == nil {
					first = v.err
				}
				continue
			}
			for line := range strings.Lines(v.said) {
				w.Out("%s: %s", v.name, strings.TrimRight(line, "\n"))
			}
		}
		return first
	}
}
