package main

import (
	"context"
	"os"
	"runtime/debug"
	"sync"

	"golang.org/x/term"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ui/root"
)

// console opens the console, on a run when one is named.
func console(ctx context.Context, f *flags, runID string) error {
	if !f.drawable() {
		return &fault.Error{What: "the console needs a terminal", Next: "use the subcommands in pipes and scripts: `vmtui status`, `vmtui run …`", Code: fault.Usage}
	}
	if f.plain {
		return status(ctx, f)
	}
	// A console left alone makes little garbage a second, for hours: collecting it half as often is a good part of what it costs, and a few megabytes.
	debug.SetGCPercent(200)
	return withApp(ctx, f, nil, func(ctx context.Context, a *app) error {
		ctx, cancel := context.WithCancel(ctx)
		var watching sync.WaitGroup
		watching.Go(func() { a.watch.Run(ctx) })
		defer watching.Wait()
		defer cancel()
		return root.Run(ctx, a.desk, root.Options{
			About: a.about(), Fleet: a.watch.Snapshot(), Keys: a.cfg.Bindings, Open: runID, Input: f.in, Output: f.out,
		})
	})
}

func (f *flags) drawable() bool {
	out, ok := f.out.(*os.File)
	return ok && term.IsTerminal(int(out.Fd()))
}

// about is what the header says of this console.
func (a *app) about() desk.About {
	host, err := os.Hostname()
	if err != nil {
		host = "here"
	}
	return desk.About{
		Instance: a.cfg.Instance, Color: a.cfg.Color, Operator: a.operator + "@" + host, Store: "local", Version: version, ReadOnly: a.door.ReadOnly(),
	}
}
