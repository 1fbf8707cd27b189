package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/vmtui/vmtui/keys/fault"
)

// Answer answers the open gate of a run that some process walks; it may be called from any process. An answer to a gate that is closed
// already, or that the gate does not take, is refused and not recorded.
func (e *Engine) Answer(ctx context.Context, id string, a Answer) error {
	if e.Door.ReadOnly() {
		return &fault.Error{What: "read-only", On: id, Why: "an answer lets a run go on", Next: "answer where changes are allowed", Code: fault.Refused}
	}
	if a.By == "" {
		a.By = e.Operator
	}
	return e.tell(ctx, id, func(r *reading) (Event, error) {
		v := r.view
		if err := v.bears(a); err != nil {
			return Event{}, err
		}
		if err := walked(v, "resume it, and answer there: vmtui runs resume "+id); err != nil {
			return Event{}, err
		}
		if err := v.mayAnswer(a.By); err != nil {
			return Event{}, err
		}
		if err := v.Gate.accepts(a); err != nil {
			return Event{}, err
		}
		a.Of = v.Gate.Of
		return event(Answered, v.step(), "", "", a)
	})
}

// Request asks the process that walks the run to stop or to undo; it does so at the next step boundary, wait or gate. A run that no process
// walks is stopped at once; to walk it back, begin a leg with Mode.Undo.
func (e *Engine) Request(ctx context.Context, id, what string) error {
	if what != RequestStop && what != RequestUndo {
		return &fault.Error{What: "no such request", On: id, Why: fmt.Sprintf("%q", what), Next: "ask to stop or to undo", Code: fault.Usage}
	}
	if e.Door.ReadOnly() {
		return &fault.Error{What: "read-only", On: id, Why: "asking a run to " + what + " changes what it does", Next: "leave --read-only and read_only out", Code: fault.Refused}
	}
	dead := errors.New("dead")
	err := e.tell(ctx, id, func(r *reading) (Event, error) {
		v, past := r.view, r.hist.pastReturn(r.view)
		switch {
		case what == RequestStop && v.WhyNoStop() != "":
			return Event{}, v.refusal("there is nothing to stop", v.WhyNoStop(), past != nil)
		case what == RequestUndo && v.WhyNoUndo() != "":
			return Event{}, v.refusal("there is nothing to undo", v.WhyNoUndo(), false)
		case what == RequestUndo && past != nil:
			return Event{}, past
		case !v.alive:
			return Event{}, dead
		}
		return event(Asked, "", what, "by "+e.Operator, nil)
	})
	switch {
	case !errors.Is(err, dead):
		return err
	case what == RequestUndo:
		return &fault.Error{
			What: "nobody walks the run", On: id, Why: "its process is gone", Next: "walk it back: vmtui runs undo " + id, Code: fault.Refused,
		}
	}
	return e.stop(ctx, id)
}

// tell appends what say makes of the run as it stands, and thinks again when the log has grown meanwhile.
func (e *Engine) tell(ctx context.Context, id string, say func(*reading) (Event, error)) error {
	for {
		r, err := e.read(ctx, id)
		if err != nil {
			return err
		}
		ev, err := say(r)
		if err != nil {
			return err
		}
		ev.Leg = r.view.Leg
		err = e.Store.Append(ctx, id, r.view.Last, ev)
		if err == nil {
			return nil
		}
		if !errors.Is(err, ErrStale) {
			return unwritable(id, err)
		}
	}
}

// stop ends a run that no process walks, by a leg that does nothing else.
func (e *Engine) stop(ctx context.Context, id string) error {
	r, err := e.read(ctx, id)
	if err != nil {
		return err
	}
	if err := e.stopBelow(ctx, r.hist); err != nil {
		return err
	}
	c, err := e.take(ctx, r)
	if err != nil {
		return err
	}
	defer c.pulse.Release()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	j := hold(e.Store, c, end)
	_, err = j.add(ctx, Result, "", string(Stopped), "stopped by "+e.Operator+" while nobody walked it", nil)
	return err
}

// stopBelow stops the unfinished runs of a run's steps.
func (e *Engine) stopBelow(ctx context.Context, h *history) error {
	for _, log := range h.steps {
		k, err := e.kid(ctx, *log)
		if err != nil {
			return err
		}
		if k.r == nil || k.r.view.State.Final() {
			continue
		}
		if err := e.Request(ctx, k.id, RequestStop); err != nil {
			return err
		}
	}
	return nil
}

// walked says that nobody would hear an answer, or nil.
func walked(v *View, next string) error {
	if v.alive {
		return nil
	}
	return &fault.Error{What: "nobody walks the run", On: v.ID, Why: "its process is gone", Next: next, Code: fault.Refused}
}

// step is the id of the current step.
func (v *View) step() string {
	if v.Current < 0 || v.Current >= len(v.Steps) {
		return ""
	}
	return v.Steps[v.Current].ID
}

// pastReturn says that a step was sent which its definition calls final, or nil. The walker knows better, and has the last word.
func (h *history) pastReturn(v *View) error {
	for i := range v.Steps {
		s := &v.Steps[i]
		if s.Kind == Once && s.NoUndo != "" && h.step(s.ID).happened() {
			return v.refusal("undo is refused", "step "+s.ID+" was sent and cannot be taken back: "+s.NoUndo, true)
		}
	}
	return nil
}
