package upkeep

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
)

// see asks the instance's own Rails for something that tootctl does not tell, and reads the answer, which is JSON, into what is given. The Ruby is constant
// and only reads.
func (c *chore) see(ctx context.Context, what, ruby string, into any, args ...string) error {
	said, err := c.Jobs.Evaluate(ctx, what, ruby, args...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(said), into); err != nil {
		return (&fault.Error{What: what, On: c.Jobs.Node.Name, Why: "Rails answered " + said, Next: "run bin/rails runner there yourself"}).Because(err)
	}
	return nil
}

// look is a step that only looks: what it found is its result, and its plan shows the Ruby that looks.
func (c *chore) look(id, title, why, ruby string, at func(ctx context.Context, w *run.Walk) (string, error)) run.Step {
	return run.Step{
		StepInfo: run.StepInfo{ID: id, Title: title, Why: why, Kind: run.Read, Skip: true, Usual: "as long as Rails takes to start", NoUndo: looked, Panes: c.panes()},
		Deadline: run.DefaultDeadline,
		Plan:     plan(append([]string{c.Jobs.Node.Name + "$ bin/rails runner, which only reads:"}, strings.Split(ruby, "\n")...)...),
		Verify: func(w *run.Walk) run.Check {
			return func(ctx context.Context) (run.Progress, error) {
				said, err := at(ctx, w)
				return run.Progress{Done: err == nil, Detail: said}, err
			}
		},
	}
}
