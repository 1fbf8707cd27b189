package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/trail"
)

// pruneRuns keeps the store in bounds. Nothing is pruned by itself.
func pruneRuns(f *flags) *cobra.Command {
	var older string
	var yes bool
	cmd := &cobra.Command{
		Use: "prune", Short: "Take the output of old runs out of the store; who did what, and how it ended, stays", Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			age, err := span(older)
			if err != nil || age < 0 {
				return &fault.Error{What: "that age is not understood", On: older, Next: "write --older-than 90d, or 12h", Code: fault.Usage}
			}
			return withApp(cmd.Context(), f, f.asker(yes), func(ctx context.Context, a *app) error { return prune(ctx, f, a, time.Now().Add(-age), yes) })
		},
	}
	cmd.Flags().StringVar(&older, "older-than", "90d", "of runs that ended before this `AGE`")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return withJSON(f, cmd)
}

func prune(ctx context.Context, f *flags, a *app, ended time.Time, yes bool) error {
	var p run.Pruned
	for _, s := range a.pruners() {
		one, err := s.Prunable(ctx, ended)
		if err != nil {
			return err
		}
		p = p.Plus(one)
	}
	if p.Lines == 0 {
		return f.answer(map[string]any{"pruned": p}, "there is no output of runs that ended before "+ended.Format(time.DateTime))
	}
	if !yes {
		if err := mayPrune(ctx, f, p, ended); err != nil {
			return err
		}
	}
	p = run.Pruned{}
	what := act.Act{Verb: "store/prune", Target: "store", What: fmt.Sprintf("take out the output of runs that ended before %s", ended.UTC().Format(time.RFC3339)), Danger: act.Changes, Unleased: true}
	err := a.single(ctx, what, func(ctx context.Context, _ act.Permit) error {
		var errs []error
		for _, s := range a.pruners() {
			one, err := s.Prune(ctx, ended)
			p, errs = p.Plus(one), append(errs, err)
		}
		return errors.Join(errs...)
	})
	return errors.Join(err, f.answer(map[string]any{"pruned": p}, "taken out: "+amount(p)))
}

// pruners are the stores that can be pruned.
func (a *app) pruners() []run.Pruner {
	var all []run.Pruner
	for _, s := range a.engine.Chains() {
		if p, ok := s.(run.Pruner); ok {
			all = append(all, p)
		}
	}
	return all
}

func mayPrune(ctx context.Context, f *flags, p run.Pruned, ended time.Time) error {
	if !f.attended(false) {
		return &fault.Error{What: "not confirmed", On: amount(p), Why: "nobody sits at a terminal to say yes", Next: "repeat it with --yes", Code: fault.Refused}
	}
	a, err := f.terminal().Ask(ctx, desk.Question{Subject: "the store", Text: fmt.Sprintf("%s, of runs that ended before %s: take it out for good?", amount(p), ended.Format(time.DateTime))})
	if err == nil && !a.Yes {
		err = &fault.Error{What: "not pruned", On: "the store", Why: "the answer was not yes", Next: "nothing was changed", Code: fault.Refused}
	}
	return err
}

func amount(p run.Pruned) string {
	return fmt.Sprintf("%s of output of %s, %s", spelling.Count(p.Lines, "line", "lines"), spelling.Count(p.Runs, "run", "runs"), spelling.Count(p.Size, "character", "characters"))
}

// reportRun writes the report of a run in Markdown.
func reportRun(ctx context.Context, f *flags, a *app, id string) error {
	if _, err := a.engine.View(ctx, id); err != nil {
		return err
	}
	events, err := a.stores.Events(ctx, id, 0)
	if err != nil {
		return err
	}
	text := trail.Report(id, events)
	if f.json {
		return f.printJSON(map[string]any{"run": id, "markdown": text, "entries": append([]trail.Entry{}, trail.Of(id, events)...)})
	}
	return f.printf("%s", text)
}
