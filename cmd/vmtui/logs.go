package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/vmtui/vmtui/ops/logs"
)

func newLogs(f *flags) *cobra.Command {
	var t logs.Tail
	cmd := withJSON(f, &cobra.Command{
		Use: "logs NODE [SERVICE]", Short: "What a node's services write", Args: between(1, 2),
		Long: "logs prints the last lines of a service on a node: web, streaming, sidekiq, or nginx for its access log. Without a service it is all of them\nin containers or units. With --follow it goes on until Ctrl-C.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				t.Service = args[1]
			}
			t.Colours = f.inColour()
			return f.readLog(cmd.Context(), args[0], t)
		},
	})
	cmd.Flags().BoolVarP(&t.Follow, "follow", "f", false, "go on with what is written from now on")
	cmd.Flags().IntVarP(&t.Lines, "tail", "n", 200, "begin with the last `N` lines")
	return cmd
}

func (f *flags) readLog(ctx context.Context, node string, t logs.Tail) error {
	return withApp(ctx, f, f.asker(false), func(ctx context.Context, a *app) error {
		ctx, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		err := a.desk.ReadLog(ctx, node, t, func(line string) {
			if err := f.logLine(node, t.Service, line); err != nil {
				stop(err) // nobody reads any more
			}
		})
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	})
}

// logLine prints a line: as it is, or one JSON object for scripts.
func (f *flags) logLine(node, service, line string) error {
	if !f.json {
		return f.printf("%s\n", line)
	}
	b, err := json.Marshal(map[string]any{"node": node, "service": service, "line": line, "time": time.Now().UTC()})
	if err != nil {
		return err
	}
	return f.writeJSON(f.out, b)
}

// inColour reports that the answer goes to a terminal whose operator likes colours.
func (f *flags) inColour() bool {
	out, ok := f.screen.(*os.File)
	return ok && !f.json && os.Getenv("NO_COLOR") == "" && term.IsTerminal(int(out.Fd()))
}
