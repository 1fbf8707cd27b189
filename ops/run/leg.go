package run

import (
	"cmp"
	"context"
	"errors"
	"sync"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// leg is one process's stretch of a run.
type leg struct {
	e     *Engine
	rb    Runbook
	mode  Mode
	j     *journal
	walks map[string]*Walk
	tries map[string]int // attempts at each step in this leg
	back  bool           // the leg walks back
	above *above         // the leg that this one is walked within, as a step of its run; nil when it is none
	left  []string       // what an undo left as it is: the targets of runs that are done

	shared  bool          // the run is in the team's store
	settled chan struct{} // closed when the run has come here from a store that was lost
	closed  bool          // the log says already how the leg ended
}

// ending is how a leg lets go of the run, when it does not simply reach the end.
type ending struct {
	state  State
	detail string
	step   string
	gate   *Gate // recorded with a result that only waits
}

// Error names the state.
func (e *ending) Error() string { return words(string(e.state), e.detail) }

var errUndo = errors.New("undo") // the operator wants to go back

// Walk begins a leg of the run and walks it until it ends, waits, or is interrupted. The runbook is rebuilt by the caller from the header's
// inputs; one that differs from what the run began with is refused. The state is the run's when the leg ended. The error says why the leg
// could not be walked: refused, taken over, lease not given, log lost; a step's failure is no error of Walk but a gate and a result.
// When ctx ends, what is being done is finished within the grace, and the run is left to be resumed.
func (e *Engine) Walk(ctx context.Context, id string, rb Runbook, m Mode) (State, error) {
	return e.walk(ctx, id, rb, m, nil)
}

// walk is Walk, within a leg of another run where up says so.
func (e *Engine) walk(ctx context.Context, id string, rb Runbook, m Mode, up *above) (State, error) {
	c, err := e.claim(ctx, id, rb, m)
	if err != nil {
		if c == nil {
			return Refused, err
		}
		return c.view.State, err
	}
	defer c.pulse.Release()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	l := &leg{e: e, rb: rb, mode: m, above: up, j: hold(e.Store, c, end), walks: map[string]*Walk{}, tries: map[string]int{}, shared: c.keep, settled: make(chan struct{})}
	defer l.anchor(ctx)
	stop := l.attend(ctx)
	defer stop()
	return l.walk(ctx)
}

// attend runs the journal's listeners until the returned function is called.
func (l *leg) attend(ctx context.Context) func() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { l.j.follow(ctx) })
	wg.Go(func() { l.j.flush(ctx) })
	wg.Go(func() { l.j.feel(ctx) })
	wg.Go(func() { l.goHome(ctx) })
	return func() { cancel(); wg.Wait() }
}

func (l *leg) walk(ctx context.Context) (State, error) {
	if err := l.unanswered(ctx); err != nil {
		return Interrupted, l.bridge(ctx, err)
	}
	release, err := l.lease(ctx)
	if err != nil {
		return l.unleased(ctx, err)
	}
	if err := l.arrive(ctx); err != nil {
		state, err := l.unarrived(ctx, err)
		return state, errors.Join(err, release(ctx))
	}
	err = l.direction(ctx)
	l.leave(ctx, err)
	if lost := release(ctx); lost != nil {
		l.j.say(ctx, "", "the lease could not be released, it will expire: "+lost.Error())
	}
	return l.finish(ctx, err)
}

// direction walks on, and back when that is what was asked, now or by an earlier leg.
func (l *leg) direction(ctx context.Context) error {
	back := l.mode.Undo
	l.j.with(func(_ *View, h *history) { back = back || h.undoing })
	if !back {
		err := l.forward(ctx)
		if !errors.Is(err, errUndo) {
			return err
		}
	}
	return l.backward(ctx)
}

// unanswered settles as unknown what an earlier leg sent and did not live to see answered.
func (l *leg) unanswered(ctx context.Context) error {
	var events []Event
	l.j.with(func(_ *View, h *history) {
		for id, s := range h.steps {
			for _, a := range s.acts {
				if a.State != "" {
					continue
				}
				ev, err := event(Settled, id, settledUnknown, "", Settlement{Intent: a.Seq, Error: "the process ended before an answer came"})
				if err == nil {
					events = append(events, ev)
				}
			}
		}
	})
	if len(events) == 0 {
		return nil
	}
	_, err := l.j.append(ctx, events...)
	return err
}

func (l *leg) lease(ctx context.Context) (func(context.Context) error, error) {
	if l.e.Lease == nil || !l.rb.changes() {
		return func(context.Context) error { return nil }, nil
	}
	acquire := l.e.Lease.Acquire
	if l.mode.TakeOver {
		acquire = l.e.Lease.TakeFrom
	}
	release, err := acquire(ctx, l.j.id)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), appendLimit)
		defer cancel()
		return release(late)
	}, nil
}

// unleased ends a run that did nothing yet; one that did is left to be resumed.
func (l *leg) unleased(ctx context.Context, err error) (State, error) {
	if cause := context.Cause(ctx); cause != nil {
		return l.finish(ctx, cause)
	}
	if l.begun() {
		if _, lost := l.j.add(ctx, LegEnd, "", string(Interrupted), "the lease was not given: "+err.Error(), nil); lost != nil {
			return Interrupted, lost
		}
		if fault.CodeOf(err) == fault.Refused {
			return Refused, err
		}
		return Interrupted, err
	}
	state := Failed
	if fault.CodeOf(err) == fault.Refused {
		state = Refused
	}
	if _, lost := l.j.add(ctx, Result, "", string(state), err.Error(), nil); lost != nil {
		return Interrupted, lost
	}
	return state, err
}

// finish records how the leg ended.
func (l *leg) finish(ctx context.Context, err error) (State, error) {
	if lost := l.j.lost(); lost != nil {
		if errors.Is(lost, ErrOvertaken) {
			return Running, lost
		}
		return Interrupted, l.bridge(ctx, lost)
	}
	var end *ending
	switch {
	case err == nil:
		end = &ending{state: Done}
	case errors.As(err, &end):
	case ctx.Err() != nil:
		if _, lost := l.j.add(ctx, LegEnd, "", string(Interrupted), "interrupted; resume it when you are ready", nil); lost != nil {
			return Interrupted, l.bridge(ctx, lost)
		}
		return Interrupted, nil
	default:
		return l.finish(ctx, &ending{state: Failed, detail: err.Error()})
	}
	return l.result(ctx, end)
}

func (l *leg) result(ctx context.Context, end *ending) (State, error) {
	var events []Event
	if end.gate != nil {
		ev, err := event(Gated, end.step, "", end.gate.Cause, end.gate)
		if err != nil {
			return Interrupted, err
		}
		events = append(events, ev)
	}
	events = append(events, Event{Type: Result, Step: end.step, State: string(end.state), Detail: end.detail})
	if _, err := l.j.append(ctx, events...); err != nil {
		return Interrupted, l.bridge(ctx, err)
	}
	l.home(ctx, end.state)
	return end.state, nil
}

// begun reports that some step did more than look, in any leg.
func (l *leg) begun() bool {
	var begun bool
	l.j.with(func(_ *View, h *history) {
		for _, s := range h.steps {
			begun = begun || s.begun
		}
	})
	return begun
}

// changed reports that something was sent that may have happened, in any leg.
func (l *leg) changed() bool {
	var changed bool
	l.j.with(func(_ *View, h *history) {
		for _, s := range h.steps {
			changed = changed || s.happened()
		}
	})
	return changed
}

// walkOf is the walk that a step sees, the same for the whole leg.
func (l *leg) walkOf(ctx context.Context, s *Step) *Walk {
	w := l.walks[s.ID]
	if w == nil {
		w = &Walk{
			ctx: ctx, step: s, runID: l.j.id, runbook: l.rb.ID, door: l.e.Door, j: l.j, attended: !l.mode.Unattended,
			granted: map[string]bool{},
		}
		l.walks[s.ID] = w
	}
	return w
}

// forward walks every step in order.
func (l *leg) forward(ctx context.Context) error {
	for i := range l.rb.Steps {
		if err := l.boundary(ctx); err != nil {
			return err
		}
		if err := l.stepOn(ctx, &l.rb.Steps[i]); err != nil {
			return err
		}
	}
	return nil
}

// boundary is where the operator's wishes take effect.
func (l *leg) boundary(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return l.requested(ctx)
}

// requested gives what was asked of the run from outside, as the error that ends what is going on.
func (l *leg) requested(ctx context.Context) error {
	own := l.j.takeRequest()
	higher := l.above.asked()
	switch cmp.Or(own, higher) {
	case RequestStop:
		l.above.heed(higher)
		return &ending{state: Stopped, detail: "stopped by request"}
	case RequestUndo:
		if l.back {
			return nil // it does so already
		}
		err := l.undoable(ctx)
		if err == nil {
			l.above.heed(higher)
			return errUndo
		}
		l.j.say(ctx, "", "undo is refused: "+err.Error())
		l.above.say(ctx, "undo is refused: "+err.Error())
	}
	return nil
}

// unknown reports an outcome that nobody knows.
func unknown(err error) bool { return errors.Is(err, remote.ErrUnknown) }
