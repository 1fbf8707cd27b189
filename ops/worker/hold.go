package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/lease"
	"github.com/vmtui/vmtui/ops/run"
)

// hold says on exec, for everybody, that the worker is out on purpose. It comes before the worker leaves and goes after it is back.
func (c *crew) hold() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "hold", Title: "Say that it is out on purpose", Kind: run.Idempotent, Until: "release", Skip: true,
			Why: "Anybody who looks, from any console, must see who has taken this worker out and why. The record does not expire.", Panes: []string{"records"},
		},
		Deadline: time.Minute,
		Plan:     plan(fmt.Sprintf("%s$ write %s/holds/%s.json: by %s, %q", c.Config.Exec().Name, lease.Dir, c.node.Name, c.Operator, c.why())),
		Observe:  c.observeHold,
		Do: func(ctx context.Context, w *run.Walk) error {
			return c.setHold(ctx, w, fleet.Hold{Worker: c.node.Name, By: c.Operator, Why: c.why(), Since: time.Now().UTC().Truncate(time.Second), Run: w.Run(), Within: w.Within()})
		},
		Undo: c.clearHold, UndoPlan: []string{fmt.Sprintf("%s$ rm %s/holds/%s.json", c.Config.Exec().Name, lease.Dir, c.node.Name)},
	}
}

func (c *crew) why() string {
	if c.in.Why != "" {
		return c.in.Why
	}
	return "maintenance"
}

// observeHold takes over a hold of one's own from an earlier run; another person's is a conflict.
func (c *crew) observeHold(ctx context.Context, w *run.Walk) (run.Finding, error) {
	h, err := c.Records.Hold(ctx, c.node.Name)
	switch {
	case err != nil:
		return run.Finding{}, err
	case h == nil:
		return pending("not on hold"), nil
	case h.Run != "" && h.Run == w.Run():
		return done("on hold since %s", h.Since.Format(time.TimeOnly)), nil
	case h.By == c.Operator:
		return pending("held by your run %s; this run takes it over", h.Run), nil
	}
	return run.Finding{
		Truth: run.Conflict, Detail: c.node.Name + " is already on hold by " + h.By,
		Hint:    "talk to " + h.By + "; skip this step, with a reason, to leave their record as it is",
		Details: []string{fmt.Sprintf("%s since %s: %s (run %s)", h.By, h.Since.Format(time.DateTime), h.Why, h.Run)},
	}, nil
}

func (c *crew) setHold(ctx context.Context, w *run.Walk, h fleet.Hold) error {
	return w.Act(ctx, act.Act{Verb: "hold/set", Target: c.node.Name, What: "hold record on " + c.Config.Exec().Name, Danger: act.Changes},
		func(ctx context.Context, p act.Permit) error { return c.Records.SetHold(ctx, p, h) })
}

func (c *crew) clearHold(ctx context.Context, w *run.Walk) error {
	h, err := c.Records.Hold(ctx, c.node.Name)
	if err != nil || h == nil {
		return err
	}
	if h.By != c.Operator && h.Run != w.Run() {
		w.Out("the hold is %s's by now and stays: %s", h.By, h.Why)
		return nil
	}
	return w.Act(ctx, act.Act{Verb: "hold/clear", Target: c.node.Name, What: "remove the hold record on " + c.Config.Exec().Name, Danger: act.Changes},
		func(ctx context.Context, p act.Permit) error { return c.Records.ClearHold(ctx, p, c.node.Name) })
}

// release is the end of the way back.
func (c *crew) release() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "release", Title: "Take it off hold", Kind: run.Idempotent,
			Why: "The worker serves again; nobody needs to wonder about it any more.", NoUndo: "drain it again instead", Panes: []string{"records"},
		},
		Deadline: time.Minute,
		Plan:     plan(fmt.Sprintf("%s$ rm %s/holds/%s.json", c.Config.Exec().Name, lease.Dir, c.node.Name)),
		Observe: func(ctx context.Context, _ *run.Walk) (run.Finding, error) {
			h, err := c.Records.Hold(ctx, c.node.Name)
			if err != nil || h != nil {
				return pending("on hold"), err
			}
			return done("not on hold"), nil
		},
		Do: c.clearHold,
	}
}
