package screen

import (
	"testing"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
)

// A plan of changes past one of which there is no way back does not say that they can be taken back.
func TestAPlanSaysWhatCannotBeTakenBack(t *testing.T) {
	p := &Plan{plan: desk.Plan{Danger: act.Changes, Steps: []desk.PlanStep{{StepInfo: run.StepInfo{ID: "set", Kind: run.Idempotent, NoUndo: "turn it back"}}}}}
	if got := p.danger().word; got != "changes, and can be taken back" {
		t.Error(got)
	}
	p.plan.Steps = append(p.plan.Steps, desk.PlanStep{StepInfo: run.StepInfo{ID: "password", Kind: run.Once, NoUndo: "the old one is gone"}})
	if got := p.danger().word; got != "changes, and not all of it can be taken back" {
		t.Error(got)
	}
}

// A step that asks within itself has sent nothing yet: while its gate offers the way back, there is one.
func TestTheWayBackFromAStepThatAsks(t *testing.T) {
	purge := run.StepInfo{ID: "purge", Title: "Purge", Kind: run.Once, NoUndo: "what was removed is gone"}
	r := &Run{view: &run.View{Steps: []run.StepView{{StepInfo: purge, State: run.Doing}}, Gate: &run.Gate{Choices: []run.Choice{run.Go, run.Undo, run.Stop}}}}
	if why, n := r.backTo(); why != "" || n != 0 || len(r.wayBack()) != 0 {
		t.Errorf("%q, %d steps, %q", why, n, r.wayBack())
	}
	r.view.Gate = &run.Gate{Choices: []run.Choice{run.Retry, run.Stop}, Failure: true}
	if why, _ := r.backTo(); why == "" {
		t.Error("what was sent can be taken back")
	}
}
