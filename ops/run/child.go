package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
)

// kid is the run that a step is, as far as there is one.
type kid struct {
	id string   // "" before the first; a run of that id may not have come to be
	r  *reading // nil when there is none in the store
}

// goesOn reports a run that is not begun anew: one that is done, or that can be resumed. One that was taken back or refused has nothing left of it.
func (k kid) goesOn() bool {
	return k.r != nil && (k.r.view.State == Done || k.r.view.State.Resumable())
}

func (k kid) done() bool { return k.r != nil && k.r.view.State == Done }

// kid reads the newest run that the step began.
func (e *Engine) kid(ctx context.Context, log stepLog) (kid, error) {
	var k kid
	for _, a := range log.sent() {
		if a.Run != "" {
			k.id = a.Run
		}
	}
	if k.id == "" {
		return k, nil
	}
	r, err := e.read(ctx, k.id)
	if errors.Is(err, ErrNoRun) {
		return k, nil // recorded, and never begun
	}
	k.r = r
	return k, err
}

// child walks the run that the step is: the one that the log names, or a new one.
func (a *attempt) child(ctx context.Context) error {
	log := a.l.j.stepLog(a.s.ID)
	k, err := a.l.e.kid(ctx, log)
	if err != nil {
		return &failure{err: err}
	}
	if !k.goesOn() {
		if due, err := a.due(ctx); !due {
			return err
		}
	}
	if err := a.l.boundary(ctx); err != nil {
		return err
	}
	if err := a.step(ctx, Doing, ""); err != nil {
		return err
	}
	if !k.goesOn() {
		if k, err = a.bear(ctx, k); err != nil {
			return err
		}
	}
	if err := a.adopt(ctx, a.l.j.stepLog(a.s.ID)); err != nil { // it is there, whatever was heard of it
		return err
	}
	if !k.done() {
		if err := a.raise(ctx, k); err != nil {
			return err
		}
	}
	return a.verify(ctx, time.Now().Add(a.s.deadline()))
}

// due finds out whether a run is to be begun, shows what it would do, and passes the step's gate.
func (a *attempt) due(ctx context.Context) (bool, error) {
	found, err := a.observe(ctx)
	if err != nil {
		return false, err
	}
	log := a.l.j.stepLog(a.s.ID)
	switch found.Truth {
	case IsDone:
		return false, a.found(ctx, log, found)
	case LeftOut:
		return false, a.step(ctx, Skipped, found.Detail)
	case Conflict:
		return false, &failure{err: a.conflict(found), details: versions(log, found), hint: found.Hint}
	}
	return true, a.prepare(ctx)
}

// bear begins the step's run. Its id stands in the log before there is such a run, so that it is never begun twice.
func (a *attempt) bear(ctx context.Context, k kid) (kid, error) {
	rb, err := a.childBook(ctx, nil)
	if err != nil {
		return k, err
	}
	h := rb.Header(a.l.e.Operator)
	h.Parent = &Parent{Run: a.l.j.id, Step: a.s.ID}
	id := k.id
	if id == "" || k.r != nil {
		id = NewID(time.Now())
	}
	for {
		err := a.begin(ctx, id, h)
		switch {
		case err == nil:
		case errors.Is(err, ErrExists):
			if r, err := a.l.e.read(ctx, id); err != nil || r.view.Header.Parent == nil || *r.view.Header.Parent != *h.Parent {
				id = NewID(time.Now()) // somebody else's, begun in the same minute
				continue
			}
		case a.l.j.lost() != nil:
			return k, a.l.j.lost()
		default:
			return k, a.failed(ctx, err)
		}
		r, err := a.l.e.read(ctx, id)
		if err != nil {
			return k, &failure{err: err}
		}
		return kid{id: id, r: r}, nil
	}
}

func (a *attempt) begin(ctx context.Context, id string, h Header) error {
	what := act.Act{Target: h.Target, What: "begin run " + id + ": " + h.Title, Run: id, Danger: act.Changes}
	return a.w.Act(ctx, what, func(ctx context.Context, p act.Permit) error {
		if err := p.Check(ctx); err != nil {
			return err
		}
		Effect(ctx, id)
		return a.l.nursery().Create(ctx, id, h)
	})
}

// nursery is where the runs of this run's steps begin: where it is itself.
func (l *leg) nursery() Store {
	if l.shared || l.e.Stores == nil {
		return l.e.Store
	}
	return l.e.Stores.Local
}

// childBook is the runbook of the step's run: a new one, or that of a run which exists.
func (a *attempt) childBook(ctx context.Context, begun *Header) (Runbook, error) {
	look, cancel := context.WithTimeoutCause(ctx, a.s.deadline(), errDeadline)
	defer cancel()
	rb, err := a.s.Child(look, a.w, begun)
	if ctx.Err() != nil {
		return rb, context.Cause(ctx)
	}
	if err != nil {
		return rb, a.failed(look, err)
	}
	if slices.ContainsFunc(rb.Steps, func(s Step) bool { return s.Child != nil }) {
		return rb, &failure{err: rb.wrong("it is made of runs itself, and cannot be a step of one")}
	}
	return rb, nil
}

// raise walks the step's run until it is done. Whatever else becomes of it ends or turns this run too, or is a failure of the step.
func (a *attempt) raise(ctx context.Context, k kid) error {
	rb, err := a.childBook(ctx, &k.r.view.Header)
	if err != nil {
		return err
	}
	e := *a.l.e
	e.Lease, e.Anchors = nil, nil // this leg has the lease, and anchors what was written when it ends
	m := a.l.mode
	m.Undo, m.TakeOver, m.Sworn = a.w.undoes(), m.TakeOver && a.first, a.l.sworn()
	up := &above{a: a, run: k.id}
	state, err := e.walk(ctx, k.id, rb, m, up)
	switch {
	case a.l.j.lost() != nil:
		return a.l.j.lost()
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return a.failed(ctx, err)
	}
	return a.became(ctx, state, up)
}

// became says what the end of a leg of the step's run means for this one.
func (a *attempt) became(ctx context.Context, state State, up *above) error {
	k, err := a.l.e.kid(ctx, a.l.j.stepLog(a.s.ID))
	if err != nil || k.r == nil {
		return a.failed(ctx, errors.Join(err, ErrNoRun))
	}
	v := k.r.view
	detail := words(v.Header.Target, v.Detail)
	switch {
	case up.request == RequestStop:
		return &ending{state: Stopped, detail: "stopped by request, in run " + k.id, step: a.s.ID}
	case state == Undone && a.w.undoes(), state == Done:
		return nil
	case state == Undone && up.turned:
		return errUndo
	case up.letGo:
		return &ending{state: state, detail: detail, step: a.s.ID}
	case up.gate != nil:
		g := up.shown(*up.gate)
		a.l.sign(a.s.ID, &g)
		return &ending{state: state, detail: g.Cause, step: a.s.ID, gate: &g}
	}
	f := &fault.Error{What: v.Header.Title + " was " + string(state), On: v.Header.Target, Why: v.Detail, Next: "retry goes on with run " + k.id}
	switch state {
	case Undone:
		f.Next = "retry begins it anew"
	case Refused:
		f.Code, f.Next = fault.Refused, sentence(up.hint, "retry begins it anew")
	}
	return &failure{err: f, unknown: state == Unknown}
}

// sworn are the names that were typed at gates of this leg: each passes the gate of a step's run that wants it.
func (l *leg) sworn() []string {
	names := slices.Clone(l.mode.Sworn)
	for _, w := range l.walks {
		w.mu.Lock()
		if w.typed != "" {
			names = append(names, strings.Split(w.typed, ",")...)
		}
		w.mu.Unlock()
	}
	return names
}

// childBack walks the step's run back, unless there is nothing of it to take back, or it is done.
func (u *undoing) childBack(ctx context.Context) error {
	k, err := u.l.e.kid(ctx, u.l.j.stepLog(u.s.ID))
	switch {
	case err != nil:
		return &failure{err: err}
	case k.done():
		u.l.left = append(u.l.left, k.r.view.Header.Target)
		u.l.j.say(ctx, u.s.ID, "left as it is: run "+k.id+" is done")
		return nil
	case !k.goesOn():
		return nil
	}
	if err := u.step(ctx, Undoing, ""); err != nil {
		return err
	}
	if err := u.raise(ctx, k); err != nil {
		return err
	}
	return u.step(ctx, StepUndo, "run "+k.id+" is walked back")
}

// noWayBack says why a run cannot be walked back, or nil: something was sent, by it or by an unfinished run of one of its steps, that cannot be taken back.
func (e *Engine) noWayBack(ctx context.Context, v *View, h *history, rb Runbook) error {
	if err := noReturn(v, h, rb); err != nil {
		return err
	}
	for i := range rb.Steps {
		if rb.Steps[i].Child == nil {
			continue
		}
		k, err := e.kid(ctx, *h.step(rb.Steps[i].ID))
		if err != nil {
			return err
		}
		if !k.goesOn() || k.done() {
			continue
		}
		if past := k.r.hist.pastReturn(k.r.view); past != nil {
			f := fault.Of(past)
			return v.refusal(f.What, fmt.Sprintf("of run %s, %s", k.id, f.Why), true)
		}
	}
	return nil
}
