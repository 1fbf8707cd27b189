package main

import (
	"context"
	"io"
	"sync"

	"github.com/charmbracelet/x/ansi"

	"github.com/vmtui/vmtui/keys"
)

// aside is a line on the terminal that is written over and over, and says nothing while a question stands there: who answers must see what was asked.
type aside struct {
	mu     sync.Mutex
	to     io.Writer
	stands bool // something of it may be on the terminal
}

// over is the line on this terminal.
func (a *aside) over(terminal io.Writer) io.Writer {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.to = terminal
	return a
}

// Write leaves out what comes while a question stands; the next has it all again.
func (a *aside) Write(p []byte) (int, error) {
	if !a.mu.TryLock() {
		return len(p), nil
	}
	defer a.mu.Unlock()
	a.stands = true
	return a.to.Write(p)
}

// politely asks on a terminal that nothing else writes to meanwhile.
type politely struct {
	keys.Asker
	aside *aside
}

// Ask implements keys.Asker.
func (p politely) Ask(ctx context.Context, q keys.Question) (keys.Answer, error) {
	p.aside.mu.Lock()
	defer p.aside.mu.Unlock()
	if p.aside.stands {
		_, _ = io.WriteString(p.aside.to, "\r"+ansi.EraseLineRight) // the question is what counts
	}
	return p.Asker.Ask(ctx, q)
}
