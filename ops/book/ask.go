package book

import (
	"context"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/clean"
)

// ask is a gate with a question.
type ask struct {
	question *text
	details  []*text
	attended bool // nobody says yes beforehand
}

func readAsk(b block) deed {
	b.only("question", "details", "attended")
	return &ask{question: newText(b.lineOf("question"), b.must("question", "write what the operator decides")), details: readTexts(b, "details"), attended: b.yes("attended")}
}

func (a *ask) check(*page, *Definition, *Step) {}
func (a *ask) texts() []*text                  { return append([]*text{a.question}, a.details...) }
func (a *ask) kind() run.Kind                  { return run.Read }
func (a *ask) danger() act.Danger              { return act.Safe }
func (a *ask) confirms() string                { return "" }

func (a *ask) steps(u *unit) ([]run.Step, error) {
	at, err := u.on(u.node, false)
	if err != nil {
		return nil, err
	}
	st := at.frame(run.Read, "")
	st.Plan = at.plan(func(env map[string]any) ([]string, error) {
		question, _, err := a.question.value(env)
		return []string{"asks: " + clean.Line(question)}, err
	})
	st.Observe = at.observe(nil)
	st.Do = func(_ context.Context, w *run.Walk) error {
		at.walk = w
		question, _, err := a.question.value(at.env())
		if err != nil || w.Granted("ask") {
			return err
		}
		details, _, err := values(a.details, at.env())
		if err != nil {
			return err
		}
		for i := range details {
			details[i] = clean.Line(details[i])
		}
		return run.NeedsGo{Key: "ask", Cause: clean.Line(question), Hint: u.s.Why, Details: details, Attended: a.attended}
	}
	return []run.Step{st}, nil
}
