package plain

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/ops/run"
)

// Walker is what following a run needs of a desk.
type Walker interface {
	Tail(ctx context.Context, id string, after uint64) iter.Seq2[run.Event, error]
	Answer(ctx context.Context, id string, answer run.Answer) error
}

// Follow prints a run until it ends and asks its gates at the prompt, if somebody is there to answer. It returns the state the run was
// left in. A gate that another console answers is let go of. The run is printed from its first event on; following ends with the log,
// and with the first leg from that number on that is let go of: a new run's first leg is 1, a resumed run's is one more than it had.
func Follow(ctx context.Context, w Walker, id string, leg int, t Terminal) (run.State, error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	t.Out = &shared{w: t.Out} // the prompt and the log write in turn
	f := follower{walker: w, leg: leg, term: t, printer: NewPrinter(t.Out, id), said: make(chan said, 1)}
	events := make(chan run.Event)
	failed := make(chan error, 1)
	go func() { // ends with ctx or the log
		defer close(events)
		for ev, err := range w.Tail(ctx, id, 0) {
			if err != nil {
				failed <- err
				return
			}
			select {
			case events <- ev:
			case <-ctx.Done():
				return
			}
		}
	}()
	err := f.loop(ctx, events)
	end()
	for range events { // until the reader has ended
	}
	select {
	case err = <-failed:
	default:
	}
	return f.printer.View().State, err
}

// follower is one run being followed.
type follower struct {
	walker  Walker
	leg     int
	term    Terminal
	printer *Printer
	said    chan said
	asking  context.CancelFunc // ends the prompt of the gate that is open
}

// said is what was typed at a gate.
type said struct {
	gate   uint64
	answer run.Answer
	err    error
}

// loop prints and asks until the log ends or the run is let go of.
func (f *follower) loop(ctx context.Context, events <-chan run.Event) error {
	defer f.stopAsking()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case s := <-f.said:
			if err := f.send(ctx, s); err != nil {
				return err
			}
		case ev, ok := <-events:
			if !ok {
				return ctx.Err()
			}
			if err := f.printer.Print(ev); err != nil {
				return err
			}
			f.follow(ctx, ev)
			if (ev.Type == run.Result || ev.Type == run.LegEnd) && f.leg > 0 && ev.Leg >= f.leg {
				return nil
			}
		}
	}
}

// follow opens and closes the prompt as gates come and go.
func (f *follower) follow(ctx context.Context, ev run.Event) {
	v := f.printer.View()
	switch {
	case v.Gate == nil:
		f.stopAsking()
	case ev.Type == run.Gated:
		f.stopAsking()
		f.printGate(*v.Gate)
		if f.term.Line == nil || ev.Leg < f.leg { // a gate of an earlier leg is told, and nobody can answer it any more
			return
		}
		inner, end := context.WithCancel(ctx)
		done := make(chan struct{})
		f.asking = func() { end(); <-done }
		gate, seq := *v.Gate, v.GateSeq
		go func() {
			defer close(done)
			a, err := f.term.gate(inner, gate, seq)
			if inner.Err() == nil {
				f.said <- said{gate: seq, answer: a, err: err}
			}
		}()
	}
}

func (f *follower) stopAsking() {
	if f.asking != nil {
		f.asking()
		f.asking = nil
	}
	select {
	case <-f.said: // answered here and elsewhere at once: the log's answer stands
	default:
	}
}

// send gives an answer to the run.
func (f *follower) send(ctx context.Context, s said) error {
	f.stopAsking()
	if s.err != nil {
		return s.err
	}
	return f.walker.Answer(ctx, f.printer.View().ID, s.answer)
}

// printGate prints why the run waits.
func (f *follower) printGate(g run.Gate) {
	lines := []string{"GATE: " + g.Cause}
	if g.Hint != "" {
		lines = append(lines, "  next: "+g.Hint)
	}
	for _, d := range g.Details {
		lines = append(lines, "  "+d)
	}
	lines = append(lines, g.Ahead()...)
	for _, l := range lines {
		if err := f.term.say("%s", l); err != nil {
			f.printer.err = err
		}
	}
}

// meanings say what the choices do.
var meanings = map[run.Choice]string{
	run.Go: "do what is planned", run.Retry: "look again and try the step again", run.Skip: "leave the step out",
	run.Undo: "take back what was done, in reverse", run.Stop: "leave it as it is; it can be resumed",
}

// gate asks at the prompt until there is an answer that the gate takes.
func (t Terminal) gate(ctx context.Context, g run.Gate, seq uint64) (run.Answer, error) {
	names := make([]string, len(g.Choices))
	for i, c := range g.Choices {
		names[i] = string(c)
		if err := t.say("  %-6s %s", c, meanings[c]); err != nil {
			return run.Answer{}, err
		}
	}
	for {
		text, err := t.ask(ctx, "your decision ("+strings.Join(names, ", ")+"):")
		if err != nil {
			return run.Answer{}, err
		}
		a := run.Answer{Gate: seq, Of: g.Of, Choice: run.Choice(strings.ToLower(text))}
		if !slices.Contains(g.Choices, a.Choice) {
			if err := t.say("%q is none of them. Nothing was done.", text); err != nil {
				return run.Answer{}, err
			}
			continue
		}
		ok, err := t.complete(ctx, g, &a)
		if ok || err != nil {
			return a, err
		}
	}
}

// complete asks for the name or the reason that an answer needs; without it nothing is decided.
func (t Terminal) complete(ctx context.Context, g run.Gate, a *run.Answer) (bool, error) {
	var err error
	switch {
	case a.Choice == run.Go && g.Confirm != "":
		if a.Typed, err = t.ask(ctx, fmt.Sprintf("there is no way back. Type %s to go on:", g.Confirm)); err != nil {
			return false, err
		}
		if a.Typed != g.Confirm {
			return false, t.say("%q is not %s. Nothing was done.", a.Typed, g.Confirm)
		}
	case a.Choice == run.Skip:
		if a.Reason, err = t.ask(ctx, "why? It goes into the record:"); err != nil {
			return false, err
		}
		if a.Reason == "" {
			return false, t.say("without a reason nothing is skipped.")
		}
	}
	return true, nil
}
