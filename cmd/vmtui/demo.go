package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/book"
)

func newDemo(f *flags) *cobra.Command {
	var headless bool
	var faults []string
	cmd := &cobra.Command{
		Use: "demo", Short: "An instance in a box, and the console on it", Args: between(0, 0),
		Long: "demo starts a whole instance on this machine's loopback: an exec node, three workers, a load balancer, visitors, Redis, and the\nprovider's API. Nothing of yours is touched, and nothing is left behind.\n\nFaults, by --fault:\n" + strings.TrimRight(box.FaultHelp(), "\n"),
		RunE: func(cmd *cobra.Command, _ []string) error { return demo(cmd.Context(), f, headless, faults) },
	}
	cmd.Flags().BoolVar(&headless, "headless", false, "only start the box, print where it is, and run until a signal")
	cmd.Flags().StringArrayVar(&faults, "fault", nil, "break something: `FAULT`, as listed above; may be given again")
	return cmd
}

func demo(ctx context.Context, f *flags, headless bool, faults []string) error {
	b, err := box.Start(ctx, box.Options{Pace: box.Watchable(), Faults: faults})
	if err != nil {
		return (&fault.Error{What: "the box cannot be started", Next: "see `vmtui demo --help` for the faults it knows", Code: fault.Usage}).Because(err)
	}
	//nolint:contextcheck // it must be torn down although ctx has ended
	defer func() { _ = b.Close() }() // it is on its way out; what it could not remove is in the temporary directory
	if err := offerExamples(filepath.Dir(b.ConfigPath())); err != nil {
		return err
	}
	if headless {
		return serve(ctx, f, b)
	}
	f.config = b.ConfigPath()
	return console(ctx, f)
}

// offerExamples copies the example runbooks beside a config, where they can be read, changed and walked.
func offerExamples(dir string) error {
	dir = filepath.Join(dir, "runbooks")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	files, err := fs.Glob(book.Examples, "examples/*.yaml")
	if err != nil {
		return err
	}
	for _, name := range files {
		text, err := book.Examples.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func serve(ctx context.Context, f *flags, b *box.Box) error {
	lines := []string{"config: " + b.ConfigPath(), "site: " + b.SiteURL(), "stats: " + b.StatsURL()}
	if _, err := fmt.Fprintln(f.out, strings.Join(lines, "\n")); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
