package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/lease"
)

func newLease(f *flags) *cobra.Command {
	show := func(cmd *cobra.Command, _ []string) error {
		return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return showLease(ctx, f, a) })
	}
	cmd := withJSON(f, &cobra.Command{Use: "lease", Short: "Who is at work", Args: noArgs, RunE: show})
	cmd.AddCommand(withJSON(f, &cobra.Command{Use: "show", Short: "Show who is at work", Args: between(0, 0), RunE: show}))
	cmd.AddCommand(takeLease(f), clearLease(f))
	return cmd
}

func showLease(ctx context.Context, f *flags, a *app) error {
	l, now, err := a.keeper.Show(ctx)
	if err != nil {
		return err
	}
	if f.json {
		return f.printJSON(map[string]any{"lease": leaseJSON(l, now)})
	}
	if l == nil {
		return f.printf("nobody holds the lease\n")
	}
	return f.printf("%s\n", leaseWords(l, now))
}

func leaseWords(l *fleet.Lease, now time.Time) string {
	state := "expires in " + l.Expires.Sub(now).String()
	if now.After(l.Expires) {
		state = "expired " + now.Sub(l.Expires).String() + " ago"
	}
	return fmt.Sprintf("%s@%s holds lease %d for run %s, renewed %s ago, %s", l.Owner, l.Host, l.Token, l.Run, now.Sub(l.Renewed), state)
}

func leaseJSON(l *fleet.Lease, now time.Time) any {
	if l == nil {
		return nil
	}
	return map[string]any{
		"owner": l.Owner, "host": l.Host, "run": l.Run, "token": l.Token, "age_seconds": now.Sub(l.Renewed).Seconds(),
		"expires_in_seconds": l.Expires.Sub(now).Seconds(), "expired": now.After(l.Expires),
	}
}

// takeLease asks for the owner's name: nobody takes over a person they have not read of.
func takeLease(f *flags) *cobra.Command {
	var confirm string
	cmd := &cobra.Command{Use: "take", Short: "Take the lease over from somebody who is gone", Args: between(0, 0), RunE: func(cmd *cobra.Command, _ []string) error {
		return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error {
			free, err := mustName(ctx, a, confirm, "vmtui lease take")
			if err != nil {
				return err
			}
			if free {
				return f.answer(map[string]any{"taken": false, "lease": nil}, "nobody holds the lease: there is nothing to take over")
			}
			if err := a.singly(ctx, "lease/take", "exec", "take the lease over", func(ctx context.Context) error { return a.keeper.TakeOver(ctx, "lease-take") }); err != nil {
				return err
			}
			if err := a.keeper.Clear(ctx); err != nil {
				return err
			}
			return f.answer(map[string]any{"taken": true, "lease": nil}, "the lease is taken over, its former owner can no longer act, and it is free now")
		})
	}}
	cmd.Flags().StringVar(&confirm, "confirm", "", "the present `OWNER`, as `vmtui lease` shows it")
	return withJSON(f, cmd)
}

func clearLease(f *flags) *cobra.Command {
	var confirm string
	cmd := &cobra.Command{Use: "clear", Short: "Remove a lease whose owner is certainly gone, without waiting for it to expire", Args: between(0, 0), RunE: func(cmd *cobra.Command, _ []string) error {
		return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error {
			free, err := mustName(ctx, a, confirm, "vmtui lease clear")
			if err != nil {
				return err
			}
			if free {
				return f.answer(map[string]any{"cleared": false, "lease": nil}, "nobody holds the lease")
			}
			if err := a.singly(ctx, "lease/clear", "exec", "remove the lease", a.keeper.Clear); err != nil {
				return err
			}
			return f.answer(map[string]any{"cleared": true, "lease": nil}, "the lease is cleared")
		})
	}}
	cmd.Flags().StringVar(&confirm, "confirm", "", "the present `OWNER`, as `vmtui lease` shows it")
	return withJSON(f, cmd)
}

// mustName wants to hear whose lease it is about, or that nobody can tell. free: there is none.
func mustName(ctx context.Context, a *app, confirm, command string) (free bool, err error) {
	if a.door.ReadOnly() {
		return false, &fault.Error{What: "read-only", On: "the lease", Why: "nothing may be changed", Next: "leave --read-only and read_only out", Code: fault.Refused}
	}
	l, now, err := a.keeper.Show(ctx)
	switch {
	case errors.Is(err, lease.ErrDamaged) && confirm == "damaged":
		return false, nil
	case err != nil || l == nil:
		return err == nil, err
	case confirm == l.Owner:
		return false, nil
	}
	return false, &fault.Error{What: "not confirmed", On: l.Owner + "@" + l.Host, Why: leaseWords(l, now), Next: fmt.Sprintf("if they are gone: %s --confirm %s", command, l.Owner), Code: fault.Refused}
}
