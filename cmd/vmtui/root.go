package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/remote/clean"
)

// flags are what every command shares. All that is printed loses its secrets on the way; only the console draws on the screen itself.
type flags struct {
	streams
	screen   io.Writer // the standard output as it is
	secrets  *keys.Redactor
	watched  *monitored // nil where a command runs inside a test
	config   string
	readOnly bool
	plain    bool
	json     bool
	line     func(context.Context) (string, error) // reads the operator's answers
	aside    aside                                 // what is written beside the questions

	showPassword bool
	waiting      passwords
}

func newFlags(s streams) *flags {
	secrets := keys.NewRedactor()
	out := redacting{secrets, s.out}
	return &flags{streams: streams{s.in, out, redacting{secrets, s.err}}, screen: s.out, secrets: secrets}
}

// guard is done before anything that could crash with a secret in its hands: those that can be had at once are hidden, and out of the environment, which the
// monitor would inherit.
func (f *flags) guard(ctx context.Context, stateDir string, refs ...string) {
	f.secrets.Foresee(ctx, refs...)
	f.watched.start(stateDir) //nolint:contextcheck // a monitor is there until the very end
}

func newRoot(f *flags) *cobra.Command {
	root := &cobra.Command{
		Use: "vmtui", Short: "The operations console of a Mastodon instance",
		Long:          "vmtui sees the whole instance, runs tootctl and docker on it, and walks you through maintenance.\n\nNew here? `vmtui demo` shows it all on an instance in a box.",
		SilenceErrors: true, SilenceUsage: true, Version: version, Args: noArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return console(cmd.Context(), f) },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return notBelowZero(cmd) },
	}
	root.PersistentFlags().StringVar(&f.config, "config", config.DefaultPath(), "the config `FILE`")
	root.PersistentFlags().BoolVar(&f.readOnly, "read-only", false, "look, and change nothing")
	root.PersistentFlags().BoolVar(&f.plain, "plain", false, "print lines instead of drawing a screen")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(cmd, flagWords(cmd, err)) })
	root.AddCommand(
		newDemo(f), newStatus(f),
		newRun(f), newRuns(f),
		newExec(f), newLogs(f), newShell(f), newCopy(f),
		newTootctl(f), newJobs(f), newSidekiq(f),
		newPurge(f), newProbe(f), newZone(f),
		newLease(f), newHold(f), newAudit(f), newKeys(f),
		newConfig(f), newInit(f),
		newMonitor(),
	)
	answerHelp(root)
	return root
}

// withJSON gives a command its --json.
func withJSON(f *flags, cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolVar(&f.json, "json", false, "answer in JSON, for scripts")
	return cmd
}

// ended carries an exit code that is no error: everything about it has been printed.
type ended int

func (e ended) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// exit prints what went wrong and gives the exit code.
func (f *flags) exit(ctx context.Context, err error) int {
	var code ended
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return int(fault.Interrupted)
	case errors.Is(err, syscall.EPIPE):
		return 128 + int(syscall.SIGPIPE) // what a shell expects of one whose reader has gone
	}
	f.complain(err)
	return int(fault.CodeOf(err))
}

// How much is shown of what an error is about, and of why: either may have in it all that somebody pasted.
const (
	mostOfAName   = 300
	mostOfAReason = 4000
)

// complain prints an error on stderr, without secrets: for people, or as JSON for scripts.
func (f *flags) complain(err error) {
	for _, e := range fault.All(err) {
		f.complainOf(e)
	}
}

func (f *flags) complainOf(said *fault.Error) {
	if f.json {
		if b, err := json.Marshal(map[string]any{"error": said}); err == nil {
			_ = f.writeJSON(f.err, b)
		}
		return
	}
	var b strings.Builder
	// What was typed is in it, and may hold what no terminal should be sent.
	fmt.Fprintf(&b, "vmtui: %s", clean.Line(said.What))
	if said.On != "" {
		fmt.Fprintf(&b, " (%s)", clean.Short(clean.Line(said.On), mostOfAName))
	}
	if said.Why != "" {
		fmt.Fprintf(&b, "\n  why:  %s", clean.Short(clean.Text(said.Why), mostOfAReason))
	}
	if said.Next != "" {
		fmt.Fprintf(&b, "\n  next: %s", clean.Text(said.Next))
	}
	_, _ = fmt.Fprintln(f.err, b.String())
}

// printJSON writes one JSON document, indented for eyes.
func (f *flags) printJSON(v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return f.writeJSON(f.out, b)
}

// writeJSON writes a document whose strings lost their secrets one by one: taken as a text, a mask could break its quoting.
func (f *flags) writeJSON(w io.Writer, doc []byte) error {
	_, err := fmt.Fprintf(beneath(w), "%s\n", keys.RedactJSON(doc, f.secrets.Redact))
	return err
}

// beneath is what a redacting output writes into.
func beneath(w io.Writer) io.Writer {
	if r, ok := w.(redacting); ok {
		return r.w
	}
	return w
}

// answer says what came of a command: for scripts in JSON, for people in words.
func (f *flags) answer(v any, words string) error {
	if f.json {
		return f.printJSON(v)
	}
	return f.printf("%s\n", words)
}

func (f *flags) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(f.out, format, args...)
	return err
}
