package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/book"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/verb"
)

func newRuns(f *flags) *cobra.Command {
	list := func(cmd *cobra.Command, _ []string) error {
		return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return listRuns(ctx, f, a) })
	}
	cmd := withJSON(f, &cobra.Command{Use: "runs", Short: "Runs, finished and unfinished", Args: noArgs, RunE: list})
	cmd.AddCommand(withJSON(f, &cobra.Command{Use: "list", Short: "List them, newest first", Args: between(0, 0), RunE: list}))
	cmd.AddCommand(
		onRun(f, "show ID", "Show one run's steps and transcript", showRun),
		resumeRun(f), undoRun(f), takeRun(f),
		onRun(f, "report ID", "Write a report of one run, in Markdown", reportRun),
		pruneRuns(f),
		onRun(f, "stop ID", "Stop a run at its next step boundary, wherever it is walked", stopRun),
	)
	return cmd
}

func onRun(f *flags, use, short string, do func(context.Context, *flags, *app, string) error) *cobra.Command {
	return withJSON(f, &cobra.Command{Use: use, Short: short, Args: between(1, 1), RunE: func(cmd *cobra.Command, args []string) error {
		return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return do(ctx, f, a, args[0]) })
	}})
}

func listRuns(ctx context.Context, f *flags, a *app) error {
	list, missing := a.engine.List(ctx)
	if list == nil && missing != nil {
		return missing
	}
	return errors.Join(f.showRuns(list), missing)
}

func (f *flags) showRuns(list []run.Summary) error {
	if f.json {
		return f.printJSON(map[string]any{"runs": append([]run.Summary{}, list...)})
	}
	if len(list) == 0 {
		return f.printf("no runs yet\n")
	}
	w := tabwriter.NewWriter(f.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tRUNBOOK\tTARGET\tSTATE\tSTEP\tSTARTED\tOPERATOR\tSTORE")
	for _, s := range run.Nested(list, func(s run.Summary) run.Summary { return s }) {
		s.Runbook = verb.Spoken(s.Runbook)
		if s.Parent != "" {
			s.Runbook = "└ " + s.Runbook
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, s.Runbook, s.Target, s.State, stepOf(s), s.Started.Local().Format(time.DateTime), s.Operator, s.Store)
	}
	return w.Flush()
}

// stepOf is at which step a run is, or was; a single act has none.
func stepOf(s run.Summary) string {
	if !book.IsName(s.Runbook) {
		return ""
	}
	return s.Step
}

func showRun(ctx context.Context, f *flags, a *app, id string) error {
	v, err := a.engine.View(ctx, id)
	if err != nil {
		return err
	}
	if f.json {
		return a.printEvents(ctx, f, id)
	}
	if err := f.printf("%s  %s  %s by %s, %s\n%s\n", v.ID, v.Header.Title, v.State, v.Header.Operator, v.Started.Local().Format(time.DateTime), v.Detail); err != nil {
		return err
	}
	for _, s := range v.Steps {
		if err := f.printf("  %-10s %-14s %s  %s\n", s.State, verb.Step(v.Header.Runbook, s.ID), s.Title, s.Detail); err != nil {
			return err
		}
	}
	for _, l := range v.Lines {
		if err := f.printf("%s %s %-14s %s\n", l.Time.Local().Format(time.TimeOnly), l.Mark, verb.Step(v.Header.Runbook, l.Step), l.Text); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printEvents(ctx context.Context, f *flags, id string) error {
	events, err := a.stores.Events(ctx, id, 0)
	if err != nil {
		return err
	}
	for _, e := range events {
		if line, ok := run.JSONLine(id, e); ok {
			if err := f.printf("%s\n", line); err != nil {
				return err
			}
		}
	}
	return nil
}

func resumeRun(f *flags) *cobra.Command {
	var r runFlags
	cmd := &cobra.Command{Use: "resume ID", Short: "Go on with an unfinished run, looking at the world first", Args: between(1, 1), RunE: func(cmd *cobra.Command, args []string) error {
		return withApp(cmd.Context(), f, f.asker(r.yes), func(ctx context.Context, a *app) error {
			return a.again(ctx, f, args[0], run.Mode{Unattended: !f.attended(r.yes), Yes: r.yes, Confirm: r.confirm})
		})
	}}
	r.gates(cmd)
	return withJSON(f, withPassword(f, cmd))
}

// takeRun asks for the name of whoever walks the run: nobody takes over a person they have not read of.
func takeRun(f *flags) *cobra.Command {
	var r runFlags
	var from string
	cmd := &cobra.Command{
		Use: "take ID", Short: "Take a run over from somebody whose machine is gone, and go on with it", Args: between(1, 1),
		Long: "Take a run over from somebody whose machine is gone, and go on with it. Their process, should it still live, acts no more: it is told by the run's log, and the " +
			"lease on the exec node is taken from it, which waits until its last request is over.",
		Example: "  vmtui runs take 20261126-0312-a4f1 --from kirk",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withApp(cmd.Context(), f, f.asker(r.yes), func(ctx context.Context, a *app) error {
				v, err := a.engine.View(ctx, args[0])
				if err != nil {
					return err
				}
				if v.Leg == 0 || from != v.Walker.Operator {
					return unnamed(v)
				}
				return a.again(ctx, f, args[0], run.Mode{Unattended: !f.attended(r.yes), Yes: r.yes, Confirm: r.confirm, TakeOver: true})
			})
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "who walks it, the `OPERATOR` that `vmtui runs show` names")
	r.gates(cmd)
	return withJSON(f, withPassword(f, cmd))
}

// unnamed says whose run it is.
func unnamed(v *run.View) error {
	if v.Leg == 0 {
		return &fault.Error{What: "nobody walks the run", On: v.ID, Why: "it was never begun", Next: "vmtui runs resume " + v.ID, Code: fault.Refused}
	}
	return &fault.Error{
		What: "not confirmed", On: v.ID, Why: fmt.Sprintf("leg %d was begun by %s on %s; it is %s, and was last heard of %s ago", v.Leg, v.Walker.Operator, v.Walker.Host, v.State, time.Since(v.Updated).Round(time.Second)),
		Next: fmt.Sprintf("talk to them; if they are gone: vmtui runs take %s --from %s", v.ID, v.Walker.Operator), Code: fault.Refused,
	}
}

func undoRun(f *flags) *cobra.Command {
	var r runFlags
	cmd := &cobra.Command{Use: "undo ID", Short: "Walk a run back, as far as it can be", Args: between(1, 1), RunE: func(cmd *cobra.Command, args []string) error {
		return withApp(cmd.Context(), f, f.asker(r.yes), func(ctx context.Context, a *app) error {
			v, err := a.engine.View(ctx, args[0])
			if err != nil {
				return err
			}
			if v.Walked() {
				return request(ctx, f, a, args[0], run.RequestUndo)
			}
			return a.again(ctx, f, args[0], run.Mode{Unattended: !f.attended(r.yes), Yes: r.yes, Confirm: r.confirm, Undo: true})
		})
	}}
	r.gates(cmd)
	return withJSON(f, cmd)
}

// again begins another leg of a run that exists.
func (a *app) again(ctx context.Context, f *flags, id string, mode run.Mode) error {
	v, err := a.engine.View(ctx, id)
	if err != nil {
		return err
	}
	if a.door.ReadOnly() {
		return &fault.Error{What: "read-only", On: id, Why: "nothing may be changed", Next: "look with `vmtui runs show`, or leave read-only out", Code: fault.Refused}
	}
	if mode.Unattended && !mode.Yes && !v.Header.Single() {
		return unconfirmed(id)
	}
	rb, changed, err := a.desk.Rebuild(ctx, id, v.Header)
	if err != nil {
		return err
	}
	if !mode.Undo {
		if err := f.mayWalk(rb, v); err != nil {
			return err
		}
	}
	if changed {
		f.note(v.Header.Runbook + " says something else by now: this run goes on with what it began with")
	}
	return a.walk(ctx, f, id, rb, mode)
}

func stopRun(ctx context.Context, f *flags, a *app, id string) error {
	return request(ctx, f, a, id, run.RequestStop)
}

// request asks whoever walks a run to do something with it, and says how it stands.
func request(ctx context.Context, f *flags, a *app, id, what string) error {
	if err := a.engine.Request(ctx, id, what); err != nil {
		return err
	}
	v, err := a.engine.View(ctx, id)
	if err != nil {
		return err
	}
	return f.answer(map[string]any{"run": id, "asked": what, "state": v.State}, fmt.Sprintf("asked %s to %s; it is %s", id, what, v.State))
}
