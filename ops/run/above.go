package run

import (
	"context"
	"fmt"
	"time"
)

// above is the leg that a step's run is walked within, as that run sees it: its gates are shown and answered there too, what is asked of that run holds for
// this one, and what is done here is told there. Nil is nothing above.
type above struct {
	a   *attempt // at the step that this run is
	run string   // this run

	request string // of the run above, which was heeded here
	turned  bool   // this run walks back because the operator said so here or above
	letGo   bool   // the operator let go of this run at a gate
	hint    string // what can be done about a refusal
	gate    *Gate  // at which this run waits, unattended
}

// shown is a gate of this run as the run above shows it.
func (u *above) shown(g Gate) Gate {
	g.Cause, g.Run = words(u.target(), g.Cause), u.run
	return g
}

func (u *above) target() string {
	if t := u.a.s.Title; t != "" {
		return t
	}
	return u.a.s.ID
}

// open shows the gate above, and gives its number there.
func (u *above) open(ctx context.Context, g Gate) (uint64, error) {
	if u == nil {
		return 0, nil
	}
	up := u.shown(g)
	own := up.Own
	u.a.l.sign(u.a.s.ID, &up)
	up.Own = own || up.Own
	return u.a.l.j.add(ctx, Gated, u.a.s.ID, "", up.Cause, up)
}

// close tells the run above that its gate was answered here.
func (u *above) close(ctx context.Context, gate uint64, a Answer) error {
	if u == nil || u.a.l.j.takeAnswer(gate) != nil {
		return nil
	}
	u.a.l.j.with(func(v *View, _ *history) {
		if v.Gate != nil {
			a.Of = v.Gate.Of
		}
	})
	a.Gate = gate
	_, err := u.a.l.j.add(ctx, Answered, u.a.s.ID, "", "", a)
	return err
}

// answer takes what was answered above.
func (u *above) answer(gate uint64) *Answer {
	if u == nil {
		return nil
	}
	return u.a.l.j.takeAnswer(gate)
}

// asked takes what was asked of the run above.
func (u *above) asked() string {
	if u == nil {
		return ""
	}
	return u.a.l.j.takeRequest()
}

// heed remembers what was asked and is done.
func (u *above) heed(request string) {
	if u != nil {
		u.request = request
		u.turned = u.turned || request == RequestUndo
	}
}

// leaves remembers that the operator let go of this run, or turned it.
func (u *above) leaves(c Choice) {
	if u != nil {
		u.letGo, u.turned = c == Stop, c == Undo
	}
}

// waitsAt remembers the gate at which this run waits.
func (u *above) waitsAt(g Gate) {
	if u != nil {
		u.gate = &g
	}
}

// refused remembers what can be done about it.
func (u *above) refused(hint string) {
	if u != nil {
		u.hint = hint
	}
}

// news holds a token when somebody wrote into the log above.
func (u *above) news() <-chan struct{} {
	if u == nil {
		return nil
	}
	return u.a.l.j.news
}

// say adds a line to the transcript above.
func (u *above) say(ctx context.Context, line string) {
	if u != nil {
		u.a.l.j.say(ctx, u.a.s.ID, line)
	}
}

// stepped tells above what a step of this run has come to.
func (u *above) stepped(ctx context.Context, a *attempt, state StepState, detail string) error {
	if u == nil {
		return nil
	}
	at := u.at(a)
	switch state {
	case Observing, Verifying, Pending:
		return nil
	case Doing, Undoing:
		now := time.Now()
		return u.tell(ctx, Wait{For: at, Since: now, Until: now.Add(a.s.deadline()), Usual: a.s.Usual})
	}
	u.say(ctx, stepMarks[state]+" "+at+": "+words(string(state), detail))
	return nil
}

// waits tells above what is awaited.
func (u *above) waits(ctx context.Context, a *attempt, w Wait) error {
	if u == nil {
		return nil
	}
	w.For = words(u.at(a), w.For)
	return u.tell(ctx, w)
}

func (u *above) tell(ctx context.Context, w Wait) error {
	_, err := u.a.l.j.add(ctx, Waiting, u.a.s.ID, "", w.For, w)
	return err
}

// at is where this run is.
func (u *above) at(a *attempt) string {
	for i := range a.l.rb.Steps {
		if a.l.rb.Steps[i].ID == a.s.ID {
			return fmt.Sprintf("%s [%d/%d] %s", a.l.rb.Target, i+1, len(a.l.rb.Steps), a.s.Title)
		}
	}
	return a.s.Title
}
