package screen

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui"
)

// How events are gathered into one message: the program draws after every message, so many events must not be many messages.
const (
	gather     = 40 * time.Millisecond
	gatherMost = 2000
)

// batch is events that came close together. Ended says that no more come; Err says why when that was not the run's own end.
type batch struct {
	Events []run.Event
	Ended  bool
	Err    error
}

// stream brings a run's events. Its one goroutine is started by the first command, sends to a channel nobody else has, and ends with
// the screen's context.
type stream struct {
	events chan run.Event
	ended  chan error
}

// tail opens a stream of a run's events after that number. Called from a command.
func tail(ctx context.Context, d ui.Desk, id string, after uint64) *stream {
	s := &stream{events: make(chan run.Event, 256), ended: make(chan error, 1)}
	go s.pump(ctx, d, id, after)
	return s
}

// pump is the stream's goroutine.
func (s *stream) pump(ctx context.Context, d ui.Desk, id string, after uint64) {
	var failed error
	for ev, err := range d.Tail(ctx, id, after) {
		if err != nil {
			failed = err
			break
		}
		select {
		case s.events <- ev:
		case <-ctx.Done():
			failed = ctx.Err()
		}
		if failed != nil {
			break
		}
	}
	s.ended <- failed
	close(s.events)
}

// next waits for the next event and gathers what follows closely.
func (s *stream) next(ctx context.Context) batch {
	var b batch
	select {
	case ev, ok := <-s.events:
		if !ok {
			return batch{Ended: true, Err: <-s.ended}
		}
		b.Events = append(b.Events, ev)
	case <-ctx.Done():
		return batch{Ended: true, Err: ctx.Err()}
	}
	timer := time.NewTimer(gather)
	defer timer.Stop()
	for len(b.Events) < gatherMost {
		select {
		case ev, ok := <-s.events:
			if !ok {
				b.Ended, b.Err = true, <-s.ended
				return b
			}
			b.Events = append(b.Events, ev)
		case <-timer.C:
			return b
		case <-ctx.Done():
			return b
		}
	}
	return b
}

// opened carries a fresh stream back to its screen.
type opened struct{ stream *stream }

// follow is the command that opens a stream.
func follow(p *Post, d ui.Desk, id string, after uint64) tea.Cmd {
	life := p.ctx
	return p.Ask("tail", func(context.Context) tea.Msg { return opened{tail(life, d, id, after)} })
}
