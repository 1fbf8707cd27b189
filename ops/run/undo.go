package run

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// undoable says why the run cannot be walked back, or nil.
func undoable(v *View, h *history, rb Runbook) error {
	if why := v.WhyNoUndo(); why != "" {
		return v.refusal("there is nothing to undo", why, false)
	}
	return noReturn(v, h, rb)
}

// noReturn names the once-step behind which there is no way back, if it was sent.
func noReturn(v *View, h *history, rb Runbook) error {
	for i := range rb.Steps {
		s := &rb.Steps[i]
		if s.Kind != Once || s.Undo != nil || !h.step(s.ID).happened() {
			continue
		}
		why := fmt.Sprintf("step %s (%s) was sent and cannot be taken back", s.ID, s.Title)
		if s.NoUndo != "" {
			why += ": " + s.NoUndo
		}
		return v.refusal("undo is refused", why, true)
	}
	return nil
}

// undoable is asked in the middle of the leg.
func (l *leg) undoable(ctx context.Context) error {
	now := newHistory()
	for i := range l.rb.Steps {
		log := l.j.stepLog(l.rb.Steps[i].ID)
		now.steps[l.rb.Steps[i].ID] = &log
	}
	return l.e.noWayBack(ctx, &View{ID: l.j.id, State: Running, alive: true}, now, l.rb)
}

// takesBack says what an undo would do, in its order, and what it would leave.
func (l *leg) takesBack() []string {
	var out []string
	for i := len(l.rb.Steps) - 1; i >= 0; i-- {
		s := &l.rb.Steps[i]
		log := l.j.stepLog(s.ID)
		if log.undone || !log.happened() {
			continue
		}
		for _, line := range s.undoLines(log) {
			out = append(out, s.ID+": "+line)
		}
	}
	if out == nil {
		out = []string{"nothing: this run has changed nothing"}
	}
	return out
}

func (s *Step) undoLines(log stepLog) []string {
	switch {
	case s.Child != nil && log.done:
		return []string{"left as it is: its run is done"}
	case s.Child != nil:
		return []string{"walk its run back"}
	case s.Undo == nil:
		return []string{"left as it is: " + s.noUndo()}
	case len(s.UndoPlan) == 0:
		return []string{"take back: " + s.Title}
	}
	return s.UndoPlan
}

// backward takes back, in reverse order, what this run did.
func (l *leg) backward(ctx context.Context) error {
	l.back = true
	for i := len(l.rb.Steps) - 1; i >= 0; i-- {
		if err := l.boundary(ctx); err != nil {
			return err
		}
		if err := l.stepBack(ctx, &l.rb.Steps[i]); err != nil {
			return err
		}
	}
	if len(l.left) > 0 {
		slices.Reverse(l.left)
		return &ending{state: Undone, detail: "what could be is taken back; left as it is, because its run was done: " + strings.Join(l.left, ", ")}
	}
	return &ending{state: Undone, detail: "everything this run did is taken back"}
}

// stepBack takes one step back, asking the operator when that fails.
func (l *leg) stepBack(ctx context.Context, s *Step) error {
	log := l.j.stepLog(s.ID)
	if log.undone || !log.happened() {
		if log.done && !log.ours {
			l.j.say(ctx, s.ID, "left as it is: it was so before this run")
		}
		return nil
	}
	if s.Undo == nil && s.Child == nil {
		l.j.say(ctx, s.ID, "nothing to take back: "+s.noUndo())
		return nil
	}
	u := &undoing{attempt{l: l, s: s, w: l.walkOf(ctx, s)}}
	ctx = u.w.told(ctx)
	u.w.back()
	for {
		err := u.try(ctx)
		if err == nil || over(err) || ctx.Err() != nil || l.j.lost() != nil {
			return err
		}
		if goesOn, err := u.settle(ctx, err); !goesOn {
			return err
		}
	}
}

func (s *Step) noUndo() string {
	switch {
	case s.NoUndo != "":
		return s.NoUndo
	case s.Kind == Read:
		return "it only read"
	}
	return "it has no undo"
}

// back marks that what the step does from now on takes something back.
func (w *Walk) back() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.undo = true
}

// undoing is an attempt at taking a step back.
type undoing struct{ attempt }

func (u *undoing) try(ctx context.Context) error {
	u.l.tries[u.s.ID]++
	if u.s.Child != nil {
		return u.childBack(ctx)
	}
	if err := u.step(ctx, Undoing, ""); err != nil {
		return err
	}
	deadline := time.Now().Add(u.s.deadline())
	if err := u.act(ctx, deadline); err != nil {
		return err
	}
	if u.s.Undone == nil {
		return u.step(ctx, StepUndo, "")
	}
	p, err := u.until(ctx, u.s.Undone(u.w), deadline)
	if err != nil {
		return err
	}
	return u.step(ctx, StepUndo, p.Detail)
}

func (u *undoing) act(ctx context.Context, deadline time.Time) error {
	acting, done := u.l.outlive(ctx, deadline)
	defer done()
	err := u.s.Undo(acting, u.w)
	if lost := u.l.j.lost(); lost != nil {
		return lost
	}
	if err != nil && ctx.Err() != nil {
		u.l.j.say(ctx, u.s.ID, "not finished before the end of this leg: "+err.Error())
		return context.Cause(ctx)
	}
	if err != nil {
		return u.failed(acting, err)
	}
	return nil
}
