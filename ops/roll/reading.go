package roll

import (
	"context"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
)

// reading is a step that only looks.
type reading struct {
	id, title, why string
	plan           []string
	late           bool // what it looks at is brought about by the steps before it: a plan cannot tell
}

// reading makes the step: what was found goes into the transcript, and what speaks against going on is read in the plan already.
func (r *roll) reading(s reading, look func(context.Context, *run.Walk) ([]string, error)) run.Step {
	return run.Step{
		StepInfo: run.StepInfo{ID: s.id, Title: s.title, Why: s.why, Kind: run.Read, NoUndo: "it changed nothing", Panes: r.panes()},
		Deadline: 3 * time.Minute,
		Plan:     plan(s.plan...),
		Observe: func(ctx context.Context, w *run.Walk) (run.Finding, error) {
			if !w.Dry() || s.late {
				return run.Finding{Truth: run.IsPending, Detail: "not looked yet"}, nil
			}
			said, err := look(ctx, w)
			if err != nil {
				f := fault.Of(err)
				return run.Finding{Truth: run.Conflict, Detail: strings.TrimSuffix(f.What+": "+f.Why, ": "), Hint: f.Next, Details: said}, nil
			}
			return run.Finding{Truth: run.IsPending, Detail: "nothing speaks against it", Details: said}, nil
		},
		Do: func(ctx context.Context, w *run.Walk) error {
			said, err := look(ctx, w)
			for _, line := range said {
				w.Out("%s", line)
			}
			return err
		},
	}
}

// hostOfExec is what a step on exec is watched by.
func (r *roll) hostOfExec() []string { return []string{"host@" + r.Config.Exec().Name} }

// panes are what a step of no worker's own is watched by: the balancer, as the first worker's run would show it.
func (r *roll) panes() []string { return []string{"balancer@" + r.workers[0]} }
