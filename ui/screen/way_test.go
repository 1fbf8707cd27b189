package screen

import (
	"testing"

	"github.com/vmtui/vmtui/ops/run"
)

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
