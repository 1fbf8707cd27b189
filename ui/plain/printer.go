package plain

import (
	"fmt"
	"io"
	"time"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
)

// Printer prints a run's events as lines, one after another, in words.
type Printer struct {
	out  io.Writer
	view *run.View
	step string // the step announced last
	wait string // what was awaited last
	err  error
}

// NewPrinter prints a run from its first event on.
func NewPrinter(out io.Writer, id string) *Printer { return &Printer{out: out, view: run.NewView(id)} }

// View is the run so far.
func (p *Printer) View() *run.View { return p.view }

// Print prints one event. The error is the writer's.
func (p *Printer) Print(ev run.Event) error {
	before := len(p.view.Lines) + p.view.Cut
	p.view.Apply(ev)
	switch ev.Type {
	case run.Started:
		h := p.view.Header
		about := h.Title
		if h.Target != "" {
			about += ", " + h.Target
		}
		p.line(ev.Time, "run %s: %s, %s, by %s", p.view.ID, about, spelling.Count(len(h.Steps), "step", "steps"), h.Operator)
	case run.Stepped, run.Planned, run.Gated:
		p.announce(ev)
	case run.Waiting:
		p.waiting(ev)
	}
	p.transcript(before)
	return p.err
}

func (p *Printer) line(at time.Time, format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, at.Local().Format("15:04:05")+"  "+format+"\n", args...)
	}
}

// announce says which step begins, once.
func (p *Printer) announce(ev run.Event) {
	if ev.Step == "" || ev.Step == p.step {
		return
	}
	p.step, p.wait = ev.Step, ""
	for i, s := range p.view.Steps {
		if s.ID == ev.Step {
			p.line(ev.Time, "step %d of %d: %s", i+1, len(p.view.Steps), s.Title)
		}
	}
}

// waiting says what is awaited when that has changed.
func (p *Printer) waiting(ev run.Event) {
	w := p.view.Wait
	if w == nil || w.For == p.wait {
		return
	}
	p.wait = w.For
	p.line(ev.Time, "  waiting for %s, at most until %s", w.For, untilWhen(ev.Time.Local(), w.Until.Local()))
}

// untilWhen is a time of day, with its day when that is another one.
func untilWhen(now, until time.Time) string {
	if now.Format(time.DateOnly) == until.Format(time.DateOnly) {
		return until.Format(time.TimeOnly)
	}
	return until.Format(time.DateTime)
}

// words say what the transcript's marks mean.
var words = map[string]string{"›": "plan: ", "→": "sends: ", "✓": "done: ", "✗": "failed: ", "?": "unknown: ", "·": "", " ": "| "}

// transcript prints the lines that an event has added.
func (p *Printer) transcript(before int) {
	added := len(p.view.Lines) + p.view.Cut - before
	for _, l := range p.view.Lines[max(len(p.view.Lines)-added, 0):] {
		word := words[l.Mark]
		if len(l.Text) >= len(word) && l.Text[:len(word)] == word { // "done: …" says it itself
			word = ""
		}
		p.line(l.Time, "  %s%s", word, l.Text)
	}
}
