package backlog

import (
	"context"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ops/spelling"
)

func cleanUpSteps(s *site) ([]run.Step, string, error) {
	delete(s.inputs, queueInput.Name)
	set, err := s.said(setInput)
	if err != nil {
		return nil, "", err
	}
	name, err := s.said(filterInput)
	if err != nil {
		return nil, "", err
	}
	filter, known := sidekiq.Builtin[name]
	if !known {
		return nil, "", &fault.Error{What: "no such filter", On: name, Why: "there is dead-http", Next: "use vmtui sidekiq delete for a filter of your own", Code: fault.Usage}
	}
	if host := s.inputs[hostInput.Name]; host != "" {
		filter.Hosts = []string{host}
	}
	if err := filter.Check(); err != nil {
		return nil, "", err
	}
	o := sidekiq.Order{Deed: sidekiq.Delete, Name: set, Filter: filter}
	return []run.Step{
		{
			StepInfo: run.StepInfo{ID: "count", Title: "Count what is meant", Kind: run.Read, Why: "What would be deleted, by class, host and error.", NoUndo: "it only looks", Usual: "a second", Panes: []string{Pane}},
			Deadline: 5 * time.Minute,
			Plan:     plan("redis: ZRANGEBYSCORE "+set+", all of it in pages", "meant: "+filter.String()),
			Do: func(ctx context.Context, w *run.Walk) error {
				p, err := s.Plan(ctx, o, nil)
				if err != nil {
					return err
				}
				tellPlan(w, p)
				w.Out("%d of %s are meant", p.Jobs, spelling.Count(p.Size, "job", "jobs"))
				return nil
			},
		},
		{
			StepInfo: run.StepInfo{ID: "delete", Title: "Delete them", Kind: run.Idempotent, Confirm: set, NoUndo: "read the backup back: vmtui sidekiq restore --backup FILE", Usual: "seconds", Panes: []string{Pane},
				Why: "They are of no use to anybody, and hide those that are. A backup is written first."},
			Deadline: 30 * time.Minute,
			Plan:     plan("a backup of them in "+s.Dir, "redis: ZREM "+set+", each if it still is there"),
			Observe: func(ctx context.Context, _ *run.Walk) (run.Finding, error) {
				p, err := s.Plan(ctx, o, nil)
				if err != nil {
					return run.Finding{}, err
				}
				if p.Jobs == 0 {
					return run.Finding{Truth: run.IsDone, Detail: "no job there is meant"}, nil
				}
				return run.Finding{Truth: run.IsPending, Detail: fmt.Sprintf("%d of %s are meant", p.Jobs, spelling.Count(p.Size, "job", "jobs"))}, nil
			},
			Do: func(ctx context.Context, w *run.Walk) error {
				confirmed := o
				confirmed.Typed = set // at this step's gate
				_, err := s.carry(ctx, w, confirmed)
				return err
			},
		},
	}, set, nil
}
