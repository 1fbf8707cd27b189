package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/plain"
)

// runFlags are those of `vmtui run` and `vmtui runs resume`.
type runFlags struct {
	plan    bool
	yes     bool
	confirm string
	set     []string
}

func newRun(f *flags) *cobra.Command {
	var r runFlags
	cmd := &cobra.Command{
		Use: "run RUNBOOK [TARGET]", Short: "Walk through a runbook", Args: between(1, 2),
		Example: "  vmtui run worker-reimage worker-2 --plan\n  vmtui run worker-reimage worker-2 --yes --confirm worker-2",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withApp(cmd.Context(), f, f.asker(r.yes), func(ctx context.Context, a *app) error {
				return a.begin(ctx, f, r, args[0], strings.Join(args[1:], ""))
			})
		},
	}
	cmd.Flags().BoolVar(&r.plan, "plan", false, "look and say what would be done; change nothing")
	cmd.Flags().StringArrayVar(&r.set, "set", nil, "set an input, `KEY=VALUE`: image, why")
	r.gates(cmd)
	return withJSON(f, cmd)
}

func (r *runFlags) gates(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&r.yes, "yes", false, "unattended: pass the ordinary gates; a failure waits, with exit code 3")
	cmd.Flags().StringVar(&r.confirm, "confirm", "", "unattended: pass the gate that wants this `NAME` typed")
}

// attended reports that somebody sits at a terminal to answer gates.
func (f *flags) attended(yes bool) bool {
	in, ok := f.in.(*os.File)
	return ok && !yes && !f.json && term.IsTerminal(int(in.Fd()))
}

func (f *flags) asker(yes bool) keys.Asker {
	if f.attended(yes) {
		return f.terminal()
	}
	return keys.Refuser{}
}

func (a *app) begin(ctx context.Context, f *flags, r runFlags, book, target string) error {
	given, err := inputsOf(r.set)
	if err != nil {
		return err
	}
	b, err := a.desk.Book(book)
	if err != nil {
		return err
	}
	rb, err := b.Build(ctx, target, given)
	if err != nil {
		return err
	}
	if r.plan {
		return a.showPlan(ctx, f, rb)
	}
	if a.door.ReadOnly() {
		return &fault.Error{What: "read-only", On: book, Why: "nothing may be changed", Next: "look with --plan, or leave --read-only and read_only out", Code: fault.Refused}
	}
	id, err := a.engine.Start(ctx, rb)
	if err != nil {
		return err
	}
	return a.walk(ctx, f, id, rb, run.Mode{Unattended: !f.attended(r.yes), Yes: r.yes, Confirm: r.confirm})
}

func inputsOf(set []string) (map[string]string, error) {
	given := map[string]string{}
	for _, pair := range set {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key != "image" && key != "why" {
			return nil, &fault.Error{What: "that input is not known", On: pair, Next: "use --set image=NAME or --set why=TEXT", Code: fault.Usage}
		}
		given[key] = value
	}
	return given, nil
}

// walk walks a leg while its log is shown, and ends with the run's exit code.
func (a *app) walk(ctx context.Context, f *flags, id string, rb run.Runbook, mode run.Mode) error {
	v, err := a.engine.View(ctx, id)
	if err != nil {
		return err
	}
	show := a.follow(ctx, f, id, v.Leg+1, !mode.Unattended)
	state, err := a.engine.Walk(ctx, id, rb, mode)
	show()
	if err != nil {
		return err
	}
	if state == run.Interrupted && !f.json {
		_, _ = fmt.Fprintf(f.err, "stopped at a step boundary; go on with: vmtui runs resume %s\n", id)
	}
	if code := run.ExitCode(state); code != 0 {
		return ended(code)
	}
	return nil
}

// terminal is the operator's, to be asked at: gates, host keys, passphrases.
func (f *flags) terminal() plain.Terminal {
	in, ok := f.in.(*os.File)
	if !ok {
		return plain.Terminal{Out: redacting{f}}
	}
	if f.line == nil {
		f.line = plain.Lines(in) // one reader for the whole process: a line is not lost between two questions
	}
	return plain.Terminal{Out: redacting{f}, Line: f.line, Secret: func(_ context.Context, prompt string) (string, error) {
		if err := f.printf("%s ", prompt); err != nil {
			return "", err
		}
		secret, err := term.ReadPassword(int(in.Fd()))
		return string(secret), err
	}}
}
