package root

import (
	"context"
	"errors"
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/verb"
	"github.com/vmtui/vmtui/ui"
	"github.com/vmtui/vmtui/ui/canvas"
)

// name is a run in two words.
func name(r desk.Run) string {
	return strings.TrimSpace(strings.TrimPrefix(verb.Spoken(r.Runbook), "worker-") + " " + r.Target)
}

// Run sits down at a terminal and returns when the operator has left, with where they go, or when ctx ends. The terminal is the caller's, and so are
// signals, so that a run can be stopped at a step boundary.
func Run(ctx context.Context, c *canvas.Canvas, d ui.Desk, o Options) (Way, error) {
	inner, end := context.WithCancel(ctx)
	defer end()
	o.Terminal = know(c)
	r, err := New(inner, d, o)
	if err != nil {
		return Way{}, err
	}
	defer r.Close()
	s := &seat{Root: r, canvas: c}
	if err := s.measure(); err != nil {
		return Way{}, err
	}
	s.draw()
	err = s.sit(ctx)
	return r.way, err
}

// sit runs the console until it is left. Bubble Tea reads the keys and carries the messages; it draws nothing, so it is told to look for something
// to draw as seldom as it lets itself be told.
func (s *seat) sit(ctx context.Context) error {
	in, _ := s.canvas.Files()
	p := tea.NewProgram(s, tea.WithInput(in), tea.WithOutput(io.Discard), tea.WithoutRenderer(), tea.WithFPS(1), tea.WithoutSignalHandler(), tea.WithoutCatchPanics(),
		tea.WithColorProfile(s.canvas.Profile()), tea.WithWindowSize(s.w, s.h))
	stop := context.AfterFunc(ctx, p.Quit)
	defer stop()
	defer s.followSize(ctx, p.Send)()
	_, err := p.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, tea.ErrInterrupted) {
		return nil
	}
	return err
}
