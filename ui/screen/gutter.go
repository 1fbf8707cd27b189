package screen

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ui"
)

// gutterMost is how many lines wait for the screen; what comes on top of that drives out the oldest, and is counted.
const gutterMost = 4000

// gutter carries lines from a node to a screen. Its one goroutine is started by the first command and ends with the screen's context. It never waits
// for the screen: a flood is merged and cut, so that the node's command is not slowed down and nothing piles up.
type gutter struct {
	mu      sync.Mutex
	lines   []string
	dropped int
	ended   bool
	err     error
	more    chan struct{} // has one in it while there is something to take
}

// poured is lines that came close together. Ended says that no more come; Err says why.
type poured struct {
	Lines   []string
	Dropped int
	Ended   bool
	Err     error
}

// openedGutter carries a fresh gutter back to its screen.
type openedGutter struct{ gutter *gutter }

// pourLogs opens a gutter of what a node's service writes. Called from a command.
func pourLogs(ctx context.Context, d ui.Desk, node, service string) *gutter {
	g := &gutter{more: make(chan struct{}, 1)}
	go func() { g.end(d.Logs(ctx, node, service, g.take)) }()
	return g
}

// take takes one more line.
func (g *gutter) take(line string) {
	g.mu.Lock()
	if len(g.lines) >= gutterMost {
		half := gutterMost / 2
		g.lines = append(g.lines[:0], g.lines[len(g.lines)-half:]...)
		g.dropped += gutterMost - half
	}
	g.lines = append(g.lines, line)
	g.mu.Unlock()
	g.stir()
}

func (g *gutter) end(err error) {
	g.mu.Lock()
	g.ended, g.err = true, err
	g.mu.Unlock()
	g.stir()
}

func (g *gutter) stir() {
	select {
	case g.more <- struct{}{}:
	default:
	}
}

// next waits for a line and for what comes close behind it.
func (g *gutter) next(ctx context.Context) poured {
	select {
	case <-g.more:
	case <-ctx.Done():
		return poured{Ended: true, Err: ctx.Err()}
	}
	timer := time.NewTimer(gather)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return g.drain()
}

// drain takes everything there is.
func (g *gutter) drain() poured {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := poured{Lines: g.lines, Dropped: g.dropped, Ended: g.ended, Err: g.err}
	g.lines, g.dropped = nil, 0
	return p
}

// pour is the command that opens a gutter.
func pour(p *Post, d ui.Desk, node, service string) tea.Cmd {
	life := p.ctx
	return p.Ask("logs", func(context.Context) tea.Msg { return openedGutter{pourLogs(life, d, node, service)} })
}
