package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vmtui/vmtui/keys/fault"
)

// accepts says why an answer does not fit this gate, or nil.
func (g Gate) accepts(a Answer) error {
	wrong := func(why, next string) error {
		return &fault.Error{What: "the gate does not take this answer", On: string(a.Choice), Why: why, Next: next, Code: fault.Refused}
	}
	switch {
	case !slices.Contains(g.Choices, a.Choice):
		return wrong("it is not one of its choices", fmt.Sprintf("say one of %v", g.Choices))
	case a.Choice == Go && g.Confirm != "" && a.Typed != g.Confirm:
		return wrong("the name was not typed", "type "+g.Confirm+" exactly")
	case a.Choice == Skip && a.Reason == "":
		return wrong("skipping needs a reason", "say why")
	}
	return nil
}

// ask opens a gate and waits for its answer, from whatever process. Unattended, it ends the leg instead.
func (l *leg) ask(ctx context.Context, step string, g Gate) (Answer, error) {
	if slices.Contains(g.Choices, Undo) {
		g.Undo = l.takesBack()
	}
	l.sign(step, &g)
	if l.mode.Unattended {
		end := &ending{state: AtGate, detail: g.Cause, step: step, gate: &g}
		l.above.waitsAt(g)
		if g.Unknown {
			end.state = Unknown
		}
		return Answer{}, end
	}
	for {
		seq, err := l.j.add(ctx, Gated, step, "", g.Cause, g)
		if err != nil {
			return Answer{}, err
		}
		higher, err := l.above.open(ctx, g)
		if err != nil {
			return Answer{}, err
		}
		a, err := l.answer(ctx, seq, higher, g)
		if err != nil {
			return a, err
		}
		wrong := g.accepts(a)
		if wrong == nil {
			return a, nil
		}
		l.j.say(ctx, step, wrong.Error())
	}
}

// sign gives a gate its ticket, and says whose answer it takes.
func (l *leg) sign(step string, g *Gate) {
	g.Of = g.ticket(l.j.leg, step, l.tries[step])
	for i := range l.rb.Steps {
		g.Own = g.Own || l.rb.Steps[i].ID == step && l.rb.Steps[i].Own
	}
}

// answer waits for the answer to the gate of that number, which the run above may show as well, under its own.
func (l *leg) answer(ctx context.Context, gate, higher uint64, g Gate) (Answer, error) {
	for {
		if a := l.j.takeAnswer(gate); a != nil {
			return *a, l.above.close(ctx, higher, *a)
		}
		if a := l.above.answer(higher); a != nil {
			a.Gate, a.Of = gate, g.Of
			_, err := l.j.add(ctx, Answered, g.Of.Step, "", "", a)
			return *a, err
		}
		if err := l.requested(ctx); err != nil {
			return Answer{}, err
		}
		select {
		case <-ctx.Done():
			return Answer{}, context.Cause(ctx)
		case <-l.j.news:
		case <-l.above.news():
		}
	}
}

// pass records that the mode answered a gate, so that the log shows who said go and to what.
func (l *leg) pass(ctx context.Context, step string, g Gate) error {
	l.sign(step, &g)
	seq, err := l.j.add(ctx, Gated, step, "", g.Cause, g)
	if err != nil {
		return err
	}
	a := Answer{Gate: seq, Of: g.Of, Choice: Go, Typed: g.Confirm, Reason: "said beforehand, by --yes", By: l.e.Operator}
	if g.Confirm != "" {
		a.Reason = "said beforehand: " + g.Confirm
		if l.mode.Confirm != g.Confirm && l.above != nil {
			a.Reason = "said beforehand, in run " + l.above.a.l.j.id
		}
	}
	_, err = l.j.add(ctx, Answered, step, "", "", a)
	return err
}

// beforehand reports that the mode passes a gate that is no failure.
func (m Mode) beforehand(confirm string) bool {
	if confirm != "" {
		return m.Confirm == confirm || slices.Contains(m.Sworn, confirm)
	}
	return m.Yes
}

// gate is the step's own, before it acts.
func (a *attempt) gate(ctx context.Context, plan []string, stands Ready) error {
	g := Gate{Cause: "ready: " + a.s.Title, Hint: a.s.Why, Details: stands.Details, Confirm: cmp.Or(stands.Confirm, a.s.Confirm), Plan: plan}
	if a.s.Confirm != "" {
		g.Cause = "this cannot be taken back: " + a.s.Title
	}
	log := a.l.j.stepLog(a.s.ID)
	anew := a.again && a.s.Kind == Once && len(log.sent()) > 0
	if anew {
		g.Cause = "this sends it AGAIN: " + a.s.Title
	}
	g.Choices = a.choices(ctx, Go)
	if !anew && a.l.mode.beforehand(g.Confirm) { // what was said beforehand was said of the first
		if err := a.l.pass(ctx, a.s.ID, g); err != nil {
			return err
		}
		a.w.pass(g.Confirm)
		return nil
	}
	ans, err := a.l.ask(ctx, a.s.ID, g)
	if err != nil {
		return err
	}
	if ans.Choice == Go {
		a.w.pass(ans.Typed)
		return nil
	}
	return a.leave(ctx, ans, g)
}

// choices are what can be said at a gate of this step, first first.
func (a *attempt) choices(ctx context.Context, first Choice) []Choice {
	out := []Choice{first}
	if a.s.Skip {
		out = append(out, Skip)
	}
	if !a.w.undoes() && a.l.undoable(ctx) == nil {
		out = append(out, Undo)
	}
	return append(out, Stop)
}

// errSkipped leaves a step that the operator skipped.
var errSkipped = errors.New("skipped")

// leave carries out an answer that does not go on with the step.
func (a *attempt) leave(ctx context.Context, ans Answer, g Gate) error {
	a.l.above.leaves(ans.Choice)
	switch ans.Choice {
	case Skip:
		if err := a.step(ctx, Skipped, ans.Reason); err != nil {
			return err
		}
		return errSkipped
	case Undo:
		return errUndo
	}
	end := &ending{state: Stopped, detail: "stopped at: " + g.Cause, step: a.s.ID}
	switch {
	case g.Unknown:
		end.state, end.detail = Unknown, g.Cause
	case g.Failure:
		end.state, end.detail = Failed, g.Cause
	}
	return end
}

// settle asks the operator about what stopped the step. It reports whether the step is tried again; if not, the error ends the walk, and
// nil goes on to the next step.
func (a *attempt) settle(ctx context.Context, err error) (bool, error) {
	if errors.Is(err, errSkipped) {
		return false, nil
	}
	var ask NeedsGo
	if errors.As(err, &ask) {
		err = a.question(ctx, ask)
	} else {
		err = a.failure(ctx, err)
	}
	if errors.Is(err, errSkipped) {
		return false, nil
	}
	return err == nil, err
}

// question asks what the step wants to know; nil means go.
func (a *attempt) question(ctx context.Context, ask NeedsGo) error {
	g := Gate{Cause: ask.Cause, Hint: ask.Hint, Details: ask.Details, Confirm: ask.Confirm, Plan: a.plans(ctx), Choices: a.choices(ctx, Go)}
	if !ask.Attended && a.l.mode.beforehand(ask.Confirm) {
		a.w.grant(ask)
		return a.l.pass(ctx, a.s.ID, g)
	}
	ans, err := a.l.ask(ctx, a.s.ID, g)
	if err != nil {
		return err
	}
	if ans.Choice == Go {
		a.w.grant(ask)
		return nil
	}
	return a.leave(ctx, ans, g)
}

// failure records what went wrong and asks how to go on; nil means retry.
func (a *attempt) failure(ctx context.Context, err error) error {
	f := &failure{err: err, unknown: unknown(err)}
	errors.As(err, &f)
	g := a.failureGate(ctx, f)
	g.Plan = a.plans(ctx)
	state := StepFail
	if g.Unknown {
		state = Unsure
	}
	if err := a.step(ctx, state, g.Cause); err != nil {
		return err
	}
	refused := fault.CodeOf(f.err) == fault.Refused && !a.l.changed()
	if refused && a.l.mode.Unattended {
		a.l.above.refused(g.Hint)
		a.leaveWord(g)
		return &ending{state: Refused, detail: g.Cause, step: a.s.ID}
	}
	ans, err := a.l.ask(ctx, a.s.ID, g)
	if err != nil {
		return err
	}
	if ans.Choice == Retry {
		a.again, a.wait = !f.late, f.late
		return nil
	}
	if refused && ans.Choice == Stop {
		a.l.above.leaves(Stop)
		return &ending{state: Refused, detail: g.Cause, step: a.s.ID}
	}
	return a.leave(ctx, ans, g)
}

// leaveWord writes down what a gate would have said besides its cause: where nobody is asked, none is opened.
func (a *attempt) leaveWord(g Gate) {
	for _, d := range g.Details {
		a.w.Out("%s", d)
	}
	if g.Hint != "" {
		a.w.Out("next: %s", g.Hint)
	}
}

// failureGate says what is known, and what retry would do.
func (a *attempt) failureGate(ctx context.Context, f *failure) Gate {
	told := fault.Of(f.err)
	g := Gate{Cause: words(told.What, told.Why), Details: f.details, Failure: true, Unknown: f.unknown, Choices: a.choices(ctx, Retry)}
	log := a.l.j.stepLog(a.s.ID)
	g.Unknown = g.Unknown || a.s.Kind == Once && log.unsure() && !a.w.undoes()
	switch {
	case f.hint != "":
		g.Hint = f.hint
	case told.Next != "":
		g.Hint = told.Next
	}
	if a.s.Kind == Once && len(log.sent()) > 0 && !f.late && !a.w.undoes() {
		g.Hint = sentence(g.Hint, "retry looks once more and, unless the world shows it, sends it AGAIN")
	}
	return g
}

// sentence adds a clause to what is said already.
func sentence(text, more string) string {
	if text == "" {
		return more
	}
	return text + "; " + more
}

func (w *Walk) pass(typed string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.passed, w.typed = true, typed
}

func (w *Walk) isPassed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.passed
}

// forget takes the step's go back: it is asked again.
func (w *Walk) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.passed, w.typed = false, ""
}
