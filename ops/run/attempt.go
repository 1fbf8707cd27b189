package run

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
)

// attempt is one try at a step, from looking to proving.
type attempt struct {
	l     *leg
	s     *Step
	w     *Walk
	first bool // of this leg
	again bool // the operator said retry after a failure: a once-step may be sent again
	wait  bool // the operator said retry after a deadline: a once-step is only waited for again
}

// failure is what stops a step at a gate.
type failure struct {
	err     error
	details []string
	hint    string
	unknown bool // nobody knows whether it happened
	late    bool // only the deadline of Verify passed
}

// Error is the cause.
func (f *failure) Error() string { return f.err.Error() }

// Unwrap gives the cause.
func (f *failure) Unwrap() error { return f.err }

// stepOn walks one step: tries it, and asks the operator, until it is done or given up.
func (l *leg) stepOn(ctx context.Context, s *Step) error {
	a := &attempt{l: l, s: s, w: l.walkOf(ctx, s), first: true}
	ctx = a.w.told(ctx)
	if a.keeps() {
		return nil
	}
	for {
		err := a.try(ctx)
		a.first, a.again, a.wait = false, false, false
		if err == nil || over(err) || ctx.Err() != nil || l.j.lost() != nil {
			return err
		}
		if goesOn, err := a.settle(ctx, err); !goesOn {
			return err
		}
	}
}

// over reports an error that is not the step's but ends the walk, or turns it.
func over(err error) bool {
	var end *ending
	return errors.As(err, &end) || errors.Is(err, errUndo)
}

// keeps reports a step of an earlier leg that is not looked at again: skipped, or done with an effect that need not hold any more.
func (a *attempt) keeps() bool {
	kept := false
	a.l.j.with(func(_ *View, h *history) {
		s := h.step(a.s.ID)
		kept = s.skipped || s.done && (a.s.Until == "" || h.step(a.s.Until).begun)
	})
	return kept
}

func (a *attempt) try(ctx context.Context) error {
	a.l.tries[a.s.ID]++
	if a.s.Child != nil {
		return a.child(ctx)
	}
	look, err := a.look(ctx)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(a.s.deadline())
	switch look {
	case IsDone:
		return nil
	case IsPending:
		if err := a.prepare(ctx); err != nil {
			return err
		}
		deadline = time.Now().Add(a.s.deadline()) // the operator may have taken long
		if err := a.do(ctx, deadline); err != nil {
			return err
		}
	}
	return a.verify(ctx, deadline)
}

func (s *Step) deadline() time.Duration {
	if s.Deadline > 0 {
		return s.Deadline
	}
	return DefaultDeadline
}

// look finds out what there is to do: nothing, the step, or only its proof. What the log knows of a once-step comes before the world.
func (a *attempt) look(ctx context.Context) (Truth, error) {
	log := a.l.j.stepLog(a.s.ID)
	if a.s.Kind == Once && !log.done && !a.again && (log.settledDone() || log.phase == Verifying || a.wait) {
		return UnderWay, nil
	}
	found, err := a.observe(ctx)
	if err != nil {
		return "", err
	}
	switch found.Truth {
	case IsDone:
		return IsDone, a.found(ctx, log, found)
	case LeftOut:
		return IsDone, a.step(ctx, Skipped, found.Detail)
	case UnderWay:
		return UnderWay, a.adopt(ctx, log)
	case Conflict:
		return "", &failure{err: a.conflict(found), details: versions(log, found), hint: found.Hint}
	}
	if a.s.Kind == Once && len(log.sent()) > 0 && !a.again {
		return "", a.maybeSent(log, found)
	}
	return IsPending, nil
}

func (a *attempt) observe(ctx context.Context) (Finding, error) {
	if a.s.Observe == nil {
		return Finding{Truth: IsPending}, nil
	}
	if err := a.step(ctx, Observing, ""); err != nil {
		return Finding{}, err
	}
	look, cancel := context.WithTimeoutCause(ctx, a.s.deadline(), errDeadline)
	defer cancel()
	found, err := a.s.Observe(look, a.w)
	if ctx.Err() != nil {
		return found, context.Cause(ctx)
	}
	if err != nil {
		return found, a.failed(look, err)
	}
	return found, nil
}

// found records a step that the world says is done: by us, in an earlier attempt, or before this run.
func (a *attempt) found(ctx context.Context, log stepLog, found Finding) error {
	if err := a.adopt(ctx, log); err != nil {
		return err
	}
	state := Already
	if log.ours || log.happened() {
		state = StepDone
	}
	return a.step(ctx, state, found.Detail)
}

// adopt settles as done what was sent with an unknown outcome and was found in the world.
func (a *attempt) adopt(ctx context.Context, log stepLog) error {
	var events []Event
	for _, in := range log.sent() {
		if in.State == settledDone || in.State == settledFailed {
			continue
		}
		ev, err := event(Settled, a.s.ID, settledDone, "found in the world", Settlement{Intent: in.Seq, Effect: in.Effect})
		if err != nil {
			return err
		}
		events = append(events, ev)
	}
	if len(events) == 0 {
		return nil
	}
	_, err := a.l.j.append(ctx, events...)
	return err
}

func (a *attempt) conflict(found Finding) error {
	why := found.Detail
	if why == "" {
		why = "the world is neither as before the step nor as after it"
	}
	return &fault.Error{What: "conflict: " + a.s.Title, On: a.l.rb.Target, Why: why, Next: found.Hint}
}

// maybeSent is why a once-step stops: something was sent, and the world does not show it.
func (a *attempt) maybeSent(log stepLog, found Finding) error {
	why := "it was refused before"
	switch {
	case log.done:
		why = "it was done, and it no longer holds"
	case log.unsure():
		why = "it was sent, no answer came, and the world does not show it"
	case log.settledDone():
		why = "it was sent and accepted, and the world does not show it"
	}
	if found.Detail != "" {
		why += " (" + found.Detail + ")"
	}
	return &failure{
		err:     &fault.Error{What: a.s.Title, On: a.l.rb.Target, Why: why},
		details: versions(log, found), unknown: log.unsure(), hint: found.Hint,
	}
}

// versions are both of the truth: what the log knows of the step, and what the world says.
func versions(log stepLog, found Finding) []string {
	out := append(log.tells(), "the world says: "+words(string(found.Truth), found.Detail))
	return append(out, found.Details...)
}

// failed makes an error of the step's own functions a failure; a question stays a question.
func (a *attempt) failed(ctx context.Context, err error) error {
	var ask NeedsGo
	if errors.As(err, &ask) {
		return err
	}
	if errors.Is(context.Cause(ctx), errDeadline) && !unknown(err) {
		err = a.tooLong(err.Error())
	}
	return &failure{err: err, unknown: unknown(err)}
}

func (a *attempt) tooLong(why string) error {
	return &fault.Error{
		What: a.s.Title + ": not within " + spelling.Span(a.s.deadline()), On: a.l.rb.Target, Why: why, Next: "retry waits as long again", Err: errDeadline,
	}
}

// step records the step's new state.
func (a *attempt) step(ctx context.Context, state StepState, detail string) error {
	if _, err := a.l.j.add(ctx, Stepped, a.s.ID, string(state), detail, nil); err != nil {
		return err
	}
	return a.l.above.stepped(ctx, a, state, detail)
}

// prepare shows the plan and passes the step's gate.
func (a *attempt) prepare(ctx context.Context) error {
	plan, err := a.plan(ctx)
	if err != nil {
		return err
	}
	if a.again && a.s.Kind == Once {
		a.w.forget() // sending again is confirmed again
	}
	if a.w.isPassed() || !a.s.Gate && a.s.Confirm == "" {
		return nil
	}
	stands, err := a.ready(ctx)
	if err != nil {
		return err
	}
	return a.gate(ctx, plan, stands)
}

func (a *attempt) ready(ctx context.Context) (Ready, error) {
	if a.s.Ready == nil {
		return Ready{}, nil
	}
	look, cancel := context.WithTimeoutCause(ctx, a.s.deadline(), errDeadline)
	defer cancel()
	stands, err := a.s.Ready(look, a.w)
	if ctx.Err() != nil {
		return stands, context.Cause(ctx)
	}
	if err != nil {
		return stands, a.failed(look, err)
	}
	return stands, nil
}

func (a *attempt) plan(ctx context.Context) ([]string, error) {
	if a.s.Plan == nil {
		return nil, nil
	}
	look, cancel := context.WithTimeoutCause(ctx, a.s.deadline(), errDeadline)
	defer cancel()
	lines, err := a.s.Plan(look)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, a.failed(look, err)
	}
	if !slices.Equal(lines, a.w.planned) {
		a.w.planned = lines
		_, err = a.l.j.add(ctx, Planned, a.s.ID, "", "", lines)
	}
	return lines, err
}

// plans is what another try would do, as far as it can be told: a gate that opens because something is wrong must open all the same.
func (a *attempt) plans(ctx context.Context) []string {
	switch {
	case a.w.undoes():
		return a.s.UndoPlan
	case a.w.planned != nil || a.s.Plan == nil:
		return a.w.planned
	}
	look, cancel := context.WithTimeoutCause(ctx, a.s.deadline(), errDeadline)
	defer cancel()
	lines, err := a.s.Plan(look)
	if err != nil {
		return nil
	}
	return lines
}

// do acts, in a context that outlives the operator's leaving by the grace.
func (a *attempt) do(ctx context.Context, deadline time.Time) error {
	if err := a.l.boundary(ctx); err != nil {
		return err
	}
	if err := a.step(ctx, Doing, ""); err != nil {
		return err
	}
	if a.s.Do == nil {
		return nil
	}
	acting, done := a.l.outlive(ctx, deadline)
	defer done()
	err := a.s.Do(acting, a.w)
	if lost := a.l.j.lost(); lost != nil {
		return lost
	}
	if err == nil {
		return a.step(ctx, Verifying, "")
	}
	if ctx.Err() != nil {
		a.l.j.say(ctx, a.s.ID, "not finished before the end of this leg: "+err.Error())
		return context.Cause(ctx)
	}
	return a.failed(acting, err)
}
