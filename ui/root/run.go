package root

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ui"
)

// fps is how often at most the terminal is written to. Every tick of the renderer wakes the process, also when nothing changed, and the first
// frame waits for the first tick: at 24 a key is on the screen within 42 ms.
const fps = 24

// name is a run in two words.
func name(r desk.Run) string {
	return strings.TrimSpace(strings.TrimPrefix(r.Runbook, "worker-") + " " + r.Target)
}

// Run opens the console and returns when the operator has left it, or when ctx ends: then the terminal is put back first. Signals are
// the caller's, so that a run can be stopped at a step boundary.
func Run(ctx context.Context, d ui.Desk, o Options) error {
	inner, end := context.WithCancel(ctx)
	defer end()
	r, err := New(inner, d, o)
	if err != nil {
		return err
	}
	defer r.Close()
	opts := []tea.ProgramOption{tea.WithFPS(fps), tea.WithoutSignalHandler()}
	if o.Input != nil {
		opts = append(opts, tea.WithInput(o.Input))
	}
	if o.Output != nil {
		opts = append(opts, tea.WithOutput(o.Output))
	}
	if o.Env != nil {
		opts = append(opts, tea.WithEnvironment(o.Env))
	}
	p := tea.NewProgram(r, opts...)
	stop := context.AfterFunc(ctx, p.Quit)
	defer stop()
	_, err = p.Run()
	switch {
	case err == nil, errors.Is(err, tea.ErrInterrupted):
		return ctx.Err()
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return err
}
