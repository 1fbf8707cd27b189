package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/plain"
)

// runFlags are those of `vmtui run` and `vmtui runs resume`.
type runFlags struct {
	plan    bool
	yes     bool
	confirm string
	set     []string
	store   string
}

func newRun(f *flags) *cobra.Command {
	var r runFlags
	cmd := &cobra.Command{
		Use: "run [RUNBOOK [TARGET] [KEY=VALUE]...]", Short: "Walk through a runbook; without one, list them", Args: cobra.ArbitraryArgs,
		Example: "  vmtui run\n  vmtui run worker-reimage worker-2 --plan\n  vmtui run account-support username=wesley approve=true\n  vmtui run worker-reimage worker-2 --yes --confirm worker-2\n  vmtui run workers-roll worker-reimage --plan",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return withApp(cmd.Context(), f, f.asker(true), func(_ context.Context, a *app) error { return listBooks(f, a.desk.Shelf()) })
			}
			return withApp(cmd.Context(), f, f.asker(r.yes), func(ctx context.Context, a *app) error {
				return a.begin(ctx, f, r, args[0], args[1:])
			})
		},
	}
	cmd.Flags().BoolVar(&r.plan, "plan", false, "look and say what would be done; change nothing")
	cmd.Flags().StringArrayVar(&r.set, "set", nil, "set an input, `KEY=VALUE`, of those that the runbook takes; it is understood without --set too")
	cmd.Flags().StringVar(&r.store, "store", "", "`local` begins in the store on this machine, where the others do not see the run: for when the team's is away")
	r.gates(cmd)
	return withJSON(f, withPassword(f, cmd))
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
	if !f.attended(yes) {
		return keys.Refuser{}
	}
	t := f.terminal()
	t.Out = f.err // an answer may go into a pipe; the question is for the person
	return politely{t, &f.aside}
}

func (a *app) begin(ctx context.Context, f *flags, r runFlags, book string, words []string) error {
	if r.store != "" && r.store != run.LocalStore {
		return &fault.Error{What: "no such store", On: r.store, Why: "a run begins in the configured store", Next: "leave --store out, or write --store local", Code: fault.Usage}
	}
	b, err := a.desk.Book(book)
	if err != nil {
		return err
	}
	for _, pair := range r.set {
		words = append(words, "--set", pair)
	}
	target, given, err := b.Said(words)
	if err != nil {
		return err
	}
	rb, err := b.Build(ctx, target, given)
	if err != nil {
		return err
	}
	if r.plan {
		return a.showPlan(ctx, f, b, rb)
	}
	if a.door.ReadOnly() {
		return &fault.Error{What: "read-only", On: book, Why: "nothing may be changed", Next: "look with --plan, or leave --read-only and read_only out", Code: fault.Refused}
	}
	if err := a.mayBegin(ctx, f, r, b, rb); err != nil {
		return err
	}
	begin := a.engine.Start
	if r.store == run.LocalStore {
		begin = a.engine.StartHere
	}
	id, err := begin(ctx, rb)
	if err != nil {
		return err
	}
	return a.walk(ctx, f, id, rb, run.Mode{Unattended: !f.attended(r.yes), Yes: r.yes, Confirm: r.confirm})
}

// mayBegin wants a yes before anything is changed: from whoever sits there and has read the plan, or as --yes.
func (a *app) mayBegin(ctx context.Context, f *flags, r runFlags, b run.Book, rb run.Runbook) error {
	if err := f.mayWalk(rb, nil); err != nil {
		return err
	}
	if r.yes {
		return nil
	}
	if !f.attended(false) {
		return unconfirmed(rb.Title)
	}
	if err := a.showPlan(ctx, f, b, rb); err != nil {
		return err
	}
	answer, err := f.terminal().Ask(ctx, desk.Question{Subject: rb.Title, Text: "this is what will happen, step by step. Begin?"})
	if err != nil {
		return err
	}
	if !answer.Yes {
		return &fault.Error{What: "not begun", On: rb.Title, Why: "the answer was not yes", Next: "nothing was changed", Code: fault.Refused}
	}
	return nil
}

// unconfirmed refuses to act where nobody was asked and nobody said yes beforehand.
func unconfirmed(what string) error {
	return &fault.Error{What: "not confirmed", On: what, Why: "nobody sits at a terminal to say yes", Next: "read the plan with --plan; then repeat it with --yes", Code: fault.Refused}
}

// walk walks a leg while its log is shown, and ends with the run's exit code.
func (a *app) walk(ctx context.Context, f *flags, id string, rb run.Runbook, mode run.Mode) error {
	v, err := a.engine.View(ctx, id)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	show := a.follow(ctx, f, id, v.Leg+1, !mode.Unattended, stop)
	state, err := a.engine.Walk(ctx, id, rb, mode)
	show()
	if err != nil {
		return err
	}
	if state.Resumable() && !f.json {
		if next, err := a.engine.Onward(ctx, id); err == nil && next != "" {
			_, _ = fmt.Fprintf(f.err, "the run is %s; %s\n", state, next)
		}
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
		return plain.Terminal{Out: f.out}
	}
	if f.line == nil {
		f.line = plain.Lines(in) // one reader for the whole process: a line is not lost between two questions
	}
	return plain.Terminal{Out: f.out, Line: f.line, Secret: func(ctx context.Context, prompt string) (string, error) {
		if _, err := fmt.Fprintf(f.err, "%s ", prompt); err != nil {
			return "", err
		}
		defer func() { _, _ = fmt.Fprintln(f.err) }() // nobody's Enter was shown either
		return unseen(ctx, in, f.line)
	}}
}

// unseen reads a line without echo, by the one reader of this process: a second one beside it would get the line or not.
func unseen(ctx context.Context, in *os.File, line func(context.Context) (string, error)) (text string, err error) {
	fd := int(in.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return "", err
	}
	quiet := *before
	quiet.Lflag &^= unix.ECHO
	quiet.Lflag |= unix.ICANON | unix.ISIG
	quiet.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(fd, setTermios, &quiet); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unix.IoctlSetTermios(fd, setTermios, before)) }()
	return line(ctx)
}
