package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/worker"
	"github.com/vmtui/vmtui/remote/clean"
)

func newHold(f *flags) *cobra.Command {
	show := func(cmd *cobra.Command, _ []string) error {
		return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return showHolds(ctx, f, a) })
	}
	cmd := withJSON(f, &cobra.Command{Use: "hold", Short: "Workers that are out on purpose", Args: noArgs, RunE: show})
	cmd.AddCommand(withJSON(f, &cobra.Command{Use: "show", Short: "Show what is on hold, by whom and why", Args: between(0, 0), RunE: show}))
	cmd.AddCommand(setHold(f), clearHold(f))
	return cmd
}

func showHolds(ctx context.Context, f *flags, a *app) error {
	holds, err := a.keeper.Holds(ctx)
	if err != nil {
		return err
	}
	if f.json {
		return f.printJSON(map[string]any{"holds": append([]fleet.Hold{}, holds...)})
	}
	if len(holds) == 0 {
		return f.printf("nothing is on hold\n")
	}
	for _, h := range holds {
		if err := f.printf("%s\n", holdWords(h)); err != nil {
			return err
		}
	}
	return nil
}

func holdWords(h fleet.Hold) string {
	said := fmt.Sprintf("%s is on hold by %s since %s: %s", h.Worker, h.By, h.Since.Format(time.DateTime), h.Why)
	if h.Run != "" {
		said += " (run " + h.Run + ")"
	}
	if h.Intent != "" {
		said += "\n  under way: " + h.Intent
	}
	return said
}

func setHold(f *flags) *cobra.Command {
	var why, confirm string
	cmd := &cobra.Command{Use: "set WORKER --why REASON", Short: "Say that a worker is out on purpose", Args: between(1, 1), RunE: func(cmd *cobra.Command, args []string) error {
		if why == "" {
			return usage(cmd, "--why is missing: the others must be able to read the reason")
		}
		return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error {
			if err := a.mustKnow(args[0]); err != nil {
				return err
			}
			if err := mayReplace(ctx, a, args[0], confirm); err != nil {
				return err
			}
			h := fleet.Hold{Worker: args[0], By: a.operator, Why: clean.Line(why), Since: time.Now().UTC().Truncate(time.Second)}
			err := a.changeHold(ctx, "hold/set", h.Worker, "set the hold record of "+h.Worker+": "+h.Why, func(ctx context.Context, p act.Permit) error { return a.keeper.SetHold(ctx, p, h) })
			if err != nil {
				return err
			}
			return f.answer(map[string]any{"hold": h}, holdWords(h))
		})
	}}
	cmd.Flags().StringVar(&why, "why", "", "the `REASON`, for everybody who looks")
	cmd.Flags().StringVar(&confirm, "confirm", "", "whose hold it replaces, when it is somebody else's (`WHO`)")
	return withJSON(f, cmd)
}

// mayReplace keeps what somebody else or an unfinished run has written: others rely on it.
func mayReplace(ctx context.Context, a *app, worker, confirm string) error {
	h, err := a.keeper.Hold(ctx, worker)
	if err != nil || h == nil {
		return err
	}
	if h.Run != "" {
		return &fault.Error{What: "a run holds it", On: worker, Why: holdWords(*h), Next: a.toEnd(ctx, *h), Code: fault.Refused}
	}
	if h.By != a.operator && confirm != h.By {
		return &fault.Error{What: "not confirmed", On: worker, Why: holdWords(*h), Next: fmt.Sprintf("talk to %s; then repeat it with --confirm %s", h.By, h.By), Code: fault.Refused}
	}
	return nil
}

// toEnd says how a worker gets free of the run that holds it.
func (a *app) toEnd(ctx context.Context, h fleet.Hold) string {
	byHand := "; when the record is of no use any more: " + clearing(h)
	v, err := a.engine.View(ctx, h.Run)
	switch {
	case err != nil:
		return "look for the run with whoever began it" + byHand
	case v.State == run.Done:
		return "bring the worker back: vmtui run " + worker.Return + " " + h.Worker + byHand
	case v.WhyNoResume() != "":
		return "that run is over, it is " + string(v.State) + byHand
	}
	next, err := a.engine.Onward(ctx, h.Run)
	if err != nil || next == "" {
		next = "let the run end that is under way: vmtui runs show " + h.Run
	}
	return next + byHand
}

// clearing is the command that removes a record which others may rely on.
func clearing(h fleet.Hold) string {
	return fmt.Sprintf("vmtui hold clear %s --confirm %s", h.Worker, h.By)
}

// mayClear wants it said whose record goes, when it is not one's own or when a run relies on it.
func mayClear(h fleet.Hold, operator, confirm string, toEnd func(fleet.Hold) string) error {
	if confirm == h.By || h.By == operator && h.Run == "" {
		return nil
	}
	next := fmt.Sprintf("talk to %s; then %s", h.By, clearing(h))
	if h.Run != "" {
		next = toEnd(h)
	}
	return &fault.Error{What: "not confirmed", On: h.Worker, Why: holdWords(h), Next: next, Code: fault.Refused}
}

func clearHold(f *flags) *cobra.Command {
	var confirm string
	cmd := &cobra.Command{Use: "clear WORKER", Short: "Remove a worker's hold record", Args: between(1, 1), RunE: func(cmd *cobra.Command, args []string) error {
		return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error {
			h, err := a.keeper.Hold(ctx, args[0])
			if err != nil {
				return err
			}
			if h == nil {
				if err := a.mustKnow(args[0]); err != nil {
					return err
				}
				return f.answer(map[string]any{"cleared": false, "worker": args[0]}, args[0]+" is not on hold")
			}
			if err := mayClear(*h, a.operator, confirm, func(h fleet.Hold) string { return a.toEnd(ctx, h) }); err != nil {
				return err
			}
			err = a.changeHold(ctx, "hold/clear", args[0], fmt.Sprintf("clear the hold record of %s, which %s had set: %s", args[0], h.By, h.Why), func(ctx context.Context, p act.Permit) error { return a.keeper.ClearHold(ctx, p, args[0]) })
			if err != nil {
				return err
			}
			return f.answer(map[string]any{"cleared": true, "worker": args[0]}, args[0]+" is no longer on hold")
		})
	}}
	cmd.Flags().StringVar(&confirm, "confirm", "", "whose hold it is, when it is somebody else's or a run's (`WHO`)")
	return withJSON(f, cmd)
}
