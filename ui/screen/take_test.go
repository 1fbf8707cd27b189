package screen

import (
	"context"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// A run that another machine walks is taken over by the name of who walks it there, and one that is walked here is not.
func TestARunIsTakenOverByName(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	e := env(ctx, stage.New(nil))
	r := runOf(e, stage.Waiting())
	here := func(is bool) {
		for i := range e.World.Runs {
			if e.World.Runs[i].ID == r.ID() {
				e.World.Runs[i].Here, e.World.Runs[i].Alive = is, true
			}
		}
	}
	here(true)
	if why := r.whyNoResume(); why != "it is being walked here" {
		t.Errorf("walked here: %q", why)
	}
	here(false)
	if why := r.whyNoResume(); why != "" {
		t.Errorf("walked elsewhere: %q", why)
	}
	action, _ := r.press("resume")
	open, ok := action.(OpenWhile)
	if !ok {
		t.Fatalf("%+v", action)
	}
	typed, ok := open.Dialog.(*dialog.Typed)
	if !ok || typed.Name == "" || typed.Name != r.view.Walker.Operator {
		t.Fatalf("%+v", open.Dialog)
	}
	_, cmd := r.decided(dialog.Result{Tag: typed.Tag, OK: true, Text: typed.Name})
	if cmd == nil {
		t.Fatal("nothing is asked of the desk")
	}
	cmd()
	if said := strings.Join(e.Desk.(*stage.Desk).Calls(), "; "); !strings.Contains(said, "take over "+r.ID()) {
		t.Error(said)
	}
}

// A store that is away takes nothing off the list, and is named.
func TestAListWithoutOneStore(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	e := env(ctx, stage.New(nil))
	e.World.RunsErr = &desk.Fault{What: "the team's run store failed", Why: "no answer in time"}
	r := NewRuns(e)
	f := r.Draw(120, 34)
	if s := f.String(); !strings.Contains(s, "the team's run store failed") || !strings.Contains(s, "worker-2") {
		t.Error(s)
	}
}
