package upkeep

import (
	"context"
	"fmt"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
)

// preflight looks whether tootctl can be run at all: on the instance that is meant, and beside no other long job.
func (c *chore) preflight() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{ID: "preflight", Title: "Look whether it can be done", Kind: run.Read, Why: "The exec node must be the instance's own, and two long jobs on one database hinder each other.", NoUndo: looked, Panes: c.panes()},
		Plan:     plan(c.Jobs.Node.Name+"$ LOCAL_DOMAIN of "+c.Jobs.Node.Mastodon.Dir+"/.env.production is "+c.Config.Instance, c.Jobs.Node.Name+"$ no long job runs in "+job.Dir),
		Observe: func(ctx context.Context, _ *run.Walk) (run.Finding, error) {
			if err := c.Jobs.Identity(ctx); err != nil {
				f := fault.Of(err)
				return run.Finding{Truth: run.Conflict, Detail: f.What + ": " + f.Why, Hint: f.Next}, nil
			}
			jobs, err := c.Jobs.List(ctx)
			if err != nil {
				return run.Finding{}, err
			}
			for _, j := range jobs {
				if j.State == job.Running && j.Long() {
					return run.Finding{Truth: run.Conflict, Detail: fmt.Sprintf("%s runs since %s, started by %s", j.Line, j.Started.Local().Format("15:04"), j.By), Hint: "wait for it: vmtui jobs attach " + j.ID}, nil
				}
			}
			return run.Finding{Truth: run.IsDone, Detail: c.Config.Instance + ", " + c.Jobs.How()}, nil
		},
	}
}

// looked is why there is nothing to take back.
const looked = "it only looks"

// panes are what a step is watched by: the node that all of it runs on.
func (c *chore) panes() []string { return []string{"host@" + c.Jobs.Node.Name} }

// plan makes a Plan of fixed lines.
func plan(lines ...string) func(context.Context) ([]string, error) {
	return func(context.Context) ([]string, error) { return lines, nil }
}
