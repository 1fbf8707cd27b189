package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/tootctl"
)

// tootctlFlags are what tootctl is told besides its own words.
type tootctlFlags struct {
	detach  bool
	yes     bool
	confirm string
}

func newTootctl(f *flags) *cobra.Command {
	var x tootctlFlags
	cmd := &cobra.Command{
		Use: "tootctl -- COMMAND…", Short: "Run tootctl on the exec node, as a job that outlives you",
		Long: "Runs tootctl on the exec node. The words behind -- are checked against the whole tree of commands first: what tootctl would refuse, or silently not do,\n" +
			"is refused here with the nearest name. One word behind -- is read as a line; several are words that nothing reads again.\n\n" +
			"A run is a job on that node: it goes on when you, your connection or your laptop are gone. See it again with `vmtui jobs`.\n\n" +
			"At a terminal you are shown what will be run and asked; where there is a dry run it is offered first. Scripts say --yes, and where something is lost --confirm INSTANCE.",
		Example: "  vmtui tootctl -- media usage\n  vmtui tootctl -- media remove --days 14 --dry-run\n  vmtui tootctl --detach --yes -- media remove --days 14\n  vmtui tootctl --yes --confirm vmst.io -- accounts delete spammer",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(cmd, "it takes a command: "+cmd.Use)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return withApp(cmd.Context(), f, f.asker(x.yes), func(ctx context.Context, a *app) error { return a.tootctl(ctx, f, x, args) })
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, half string) ([]string, cobra.ShellCompDirective) {
			return completeTootctl(args, half), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().BoolVar(&x.detach, "detach", false, "start it and leave; vmtui jobs shows how it ends")
	cmd.Flags().BoolVar(&x.yes, "yes", false, "run it without being asked")
	cmd.Flags().StringVar(&x.confirm, "confirm", "", "where something is lost: the `INSTANCE` again")
	return withJSON(f, withPassword(f, cmd))
}

// completeTootctl finds what the word that is being typed can become.
func completeTootctl(args []string, half string) []string {
	var out []string
	for _, c := range tootctl.Known().Complete(strings.TrimLeft(tootctl.Quote(args)+" "+half, " "), tootctl.Version{}) {
		out = append(out, c.Word+"\t"+c.About)
	}
	return out
}

// room is where the jobs of this instance are.
func (a *app) room() *job.Room {
	exec := a.cfg.Exec()
	return &job.Room{
		Host: a.host(exec.Name), Node: exec, Instance: a.cfg.Instance, Operator: a.operator + "@" + a.engine.Host, Door: a.door, Journal: a.engine.Single(), Dir: job.Dir,
		Direct: a.cfg.Upgrade.Direct(), Tell: a.tell, Memory: filepath.Join(a.cfg.StateDir, "mastodon-version"),
	}
}

func (a *app) tootctl(ctx context.Context, f *flags, x tootctlFlags, words []string) error {
	c, err := a.readCall(ctx, words)
	if err != nil {
		return err
	}
	r := a.room()
	if a.door.ReadOnly() {
		return &fault.Error{What: "read-only", On: c.Line(), Why: "a job writes its log on " + r.Node.Name, Next: "leave --read-only and read_only out", Code: fault.Refused}
	}
	if c.Secret() {
		if err := f.mayHear(c.Line()); err != nil {
			return err
		}
	}
	typed, err := a.mayRun(ctx, f, x, r, c)
	if err != nil {
		return err
	}
	return a.runCall(ctx, f, x, r, c, typed)
}

// readCall understands the words; the version is looked at only when it matters.
func (a *app) readCall(ctx context.Context, words []string) (*tootctl.Call, error) {
	if len(words) == 1 {
		split, err := tootctl.Split(words[0])
		if err != nil {
			return nil, err
		}
		words = split
	}
	c, err := tootctl.Known().Parse(words, tootctl.Version{})
	if err != nil || !c.Asks() {
		return c, err
	}
	r := a.room()
	a.tell("reading the version of Mastodon on " + r.Node.Name + ": Rails starts, " + r.Boot().String())
	v, err := r.Version(ctx)
	if err != nil {
		return nil, err
	}
	return tootctl.Known().Parse(words, v)
}

// mayRun shows what will be run and wants a yes, or the instance's name where something is lost. It gives back what was typed.
func (a *app) mayRun(ctx context.Context, f *flags, x tootctlFlags, r *job.Room, c *tootctl.Call) (typed string, err error) {
	danger := c.Danger()
	switch {
	case c.Command.Interactive && (x.yes || x.detach || !f.attended(false)):
		return "", &fault.Error{What: "not run", On: c.Line(), Why: "it asks, and only an operator may answer", Next: "run it at a terminal, without --yes and --detach", Code: fault.Refused}
	case danger == act.Safe:
		return "", nil
	case danger == act.Destroys && !f.attended(x.yes) && x.confirm != r.Instance:
		return "", &fault.Error{What: "not confirmed", On: c.Line(), Why: strings.Join(c.Caution(), "; "), Next: "repeat it with --yes --confirm " + r.Instance, Code: fault.Refused}
	case !f.attended(false) && !x.yes:
		return "", &fault.Error{What: "not confirmed", On: c.Line(), Why: "nobody sits at a terminal to say yes", Next: "repeat it with --yes", Code: fault.Refused}
	case x.yes:
		return x.confirm, nil
	}
	f.note(planOf(r, c))
	if err := a.preflight(ctx, f, c); err != nil {
		return "", err
	}
	if dry, ok := c.Rehearse(); ok && !c.Rehearsal() {
		if err := a.rehearse(ctx, f, r, dry); err != nil {
			return "", err
		}
	}
	return a.confirmCall(ctx, f, x, r, c)
}

// conditionMarks are before the conditions of a preflight.
var conditionMarks = map[desk.ConditionState]string{desk.Holds: "✓", desk.Fails: "✗", desk.Unknown: "?"}

// preflight shows what must hold before a call that asks, and refuses it where something does not.
func (a *app) preflight(ctx context.Context, f *flags, c *tootctl.Call) error {
	seen := a.desk.Preflight(ctx, c)
	for _, x := range seen {
		f.note("  " + conditionMarks[x.State] + " " + x.String())
	}
	return desk.Unfit(c, seen)
}

// planOf is what will be run, where, and what must be known before it is.
func planOf(r *job.Room, c *tootctl.Call) string {
	lines := []string{
		c.Line(), fmt.Sprintf("  on %s (%s), as a job that outlives you", r.Node.Name, r.Instance), "  does:    " + c.Command.Summary,
		fmt.Sprintf("  danger:  %s (risk %s)", c.Danger(), c.Command.Risk), "  takes:   " + c.Command.Takes(), "  touches: " + c.Command.Touches(),
	}
	for _, said := range c.Caution() {
		lines = append(lines, "  ! "+said)
	}
	return strings.Join(lines, "\n")
}

// rehearse offers the dry run first.
func (a *app) rehearse(ctx context.Context, f *flags, r *job.Room, dry *tootctl.Call) error {
	offer := "there is a dry run, which changes nothing. Rehearse it first?"
	if dry.Danger() != act.Safe { // what it writes to stands above
		offer = "there is a dry run. Rehearse it first?"
	}
	answer, err := f.asker(false).Ask(ctx, desk.Question{Subject: r.Instance, Text: offer, Details: []string{dry.Line()}})
	if err != nil || !answer.Yes {
		return err
	}
	err = a.runCall(ctx, f, tootctlFlags{}, r, dry, "")
	if code := ended(0); errors.As(err, &code) && ctx.Err() == nil {
		return nil // how it ended has been said, and the operator decides what that means
	}
	return err
}

// confirmCall asks.
func (a *app) confirmCall(ctx context.Context, f *flags, x tootctlFlags, r *job.Room, c *tootctl.Call) (string, error) {
	no := &fault.Error{What: "not run", On: c.Line(), Why: "it was not confirmed", Next: "nothing was changed", Code: fault.Refused}
	if c.Danger() != act.Destroys {
		answer, err := f.asker(false).Ask(ctx, desk.Question{Subject: r.Instance, Text: "run it?", Details: []string{c.Line()}})
		if err == nil && !answer.Yes {
			err = no
		}
		return "", err
	}
	if x.confirm != "" {
		return x.confirm, nil
	}
	f.note(fmt.Sprintf("This cannot be taken back. Type the name of the instance, %s, to run it:", r.Instance))
	typed, err := f.terminal().Line(ctx)
	if err == nil && strings.TrimSpace(typed) != r.Instance {
		err = no
	}
	return strings.TrimSpace(typed), err
}

// runCall starts a job and, unless it is left alone, stays with it to its end.
func (a *app) runCall(ctx context.Context, f *flags, x tootctlFlags, r *job.Room, c *tootctl.Call, typed string) error {
	f.note("starting " + c.Line() + " on " + r.Node.Name + ": Rails starts first, " + r.Boot().String())
	b, err := a.desk.RunTootctl(ctx, c, typed)
	switch {
	case b.Secret && b.Said != "" && f.json:
		return errors.Join(f.told(b), err)
	case b.Secret && b.Said != "":
		err = errors.Join(f.printf("%s\n", b.Said), a.password(ctx, f, b.Password), err)
	}
	if err != nil {
		return err
	}
	if x.detach || b.Secret {
		return f.answer(map[string]any{"job": b.Record}, "job "+b.ID+"; see it with: vmtui jobs attach "+b.ID)
	}
	return a.attach(ctx, f, r, b.Record)
}

// told is, for scripts, what a command has printed that nothing keeps: one document, in which everything but the new password has lost its secrets.
func (f *flags) told(b job.Begun) error {
	rec, err := json.Marshal(b.Record)
	if err != nil {
		return err
	}
	said := map[string]any{"job": json.RawMessage(keys.RedactJSON(rec, f.secrets.Redact)), "said": f.secrets.Redact(b.Said)}
	if b.Password != "" {
		said["new_password"] = b.Password
	}
	doc, err := json.MarshalIndent(said, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f.screen, "%s\n", doc)
	return err
}

// onTerminal reports that standard error is one.
func (f *flags) onTerminal() bool {
	errs, ok := beneath(f.err).(*os.File)
	return ok && !f.json && term.IsTerminal(int(errs.Fd()))
}
