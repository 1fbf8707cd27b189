package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/plain"
	"github.com/vmtui/vmtui/ui/root"
)

// withPassword gives a command that may bring a new password its --show-password.
func withPassword(f *flags, cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolVar(&f.showPassword, "show-password", false, "print a new password in clear, for scripts without --json")
	return cmd
}

// sits reports that somebody sits at a terminal, and can be handed a password there.
func (f *flags) sits() bool { return f.attended(false) && f.onTerminal() }

// mayHear refuses, before anything has begun, what brings a password that nobody could be handed.
func (f *flags) mayHear(what string) error {
	if f.json || f.showPassword || f.sits() {
		return nil
	}
	return &fault.Error{
		What: "not begun", On: what, Why: "it brings a new password, which is masked everywhere, and nobody sits at a terminal to be handed it",
		Next: "run it at a terminal; or with --json, which has it as new_password; or with --show-password, which prints it in clear", Code: fault.Refused,
	}
}

// mayWalk is mayHear for a run. View is how far it is, nil for one that begins.
func (f *flags) mayWalk(rb run.Runbook, v *run.View) error {
	if !rb.Hands(v) {
		return nil
	}
	return f.mayHear(rb.Title)
}

// password hands over a new password that a command has brought. What it prints goes past everything that masks.
func (a *app) password(ctx context.Context, f *flags, word string) error {
	switch {
	case word == "":
		return nil
	case f.showPassword:
		return f.bare(word)
	}
	_, err := a.handOver(ctx, f, word)
	return err
}

// bare prints it in clear.
func (f *flags) bare(word string) error {
	_, err := fmt.Fprintf(f.screen, "New password: %s\n", word)
	return err
}

// heard takes a new password that a run was given, and says whether somebody has it. Scripts get it at once, and whoever sits here is asked: the run waits meanwhile.
func (a *app) heard(ctx context.Context, f *flags, run, word string) bool {
	switch {
	case f.json:
		doc, err := json.Marshal(map[string]any{"type": "password", "run": run, "new_password": word})
		if err == nil {
			_, err = fmt.Fprintf(f.screen, "%s\n", doc)
		}
		return err == nil
	case f.showPassword:
		return f.bare(word) == nil
	case f.sits():
		taken, _ := a.handOver(ctx, f, word) // who has gone may have it all the same, and nothing more can be said to them
		return taken
	}
	// Of a run it is not always known beforehand that it brings one.
	f.note("a new password came, and nobody sits at a terminal to be handed it: it is gone, and only another one can be made, at a terminal, with --json or with --show-password")
	return false
}

// handOver asks what shall become of a password. The Ctrl-C that has ended what brought it is no answer to that: another one is.
func (a *app) handOver(ctx context.Context, f *flags, word string) (taken bool, err error) {
	ctx, stop := signal.NotifyContext(context.WithoutCancel(ctx), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	h := plain.Handover{Terminal: f.terminal(), Bare: beneath(f.err)}
	h.Out = f.err
	if !plain.Fits(os.Getenv("TERM")) {
		h.Clip = root.ReachOf(a.cfg.Notify, os.Getenv).Clipboard
	}
	return h.Give(ctx, word)
}
