package screen

import (
	"slices"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/verb"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// A runbook that takes inputs asks for them, then shows its plan, and is started with what was said.
func TestInputsAreAskedForBeforeThePlan(t *testing.T) {
	d := stage.New(nil)
	e := env(t.Context(), d)
	own := desk.VerbState{
		Verb:   verb.Verb{ID: "clean-media", Title: "Clean", Danger: act.Changes, Runbook: "clean-media"},
		Inputs: []run.Input{{Name: "days", Type: "int", Default: "14"}, {Name: "disk", Type: "string", Needed: true}},
	}
	e.World.Verbs[""] = append(e.World.Verbs[""], own)
	action, _ := Invoke(e, "clean-media", "")
	push, ok := action.(Push)
	if !ok {
		t.Fatalf("%T", action)
	}
	p, ok := push.Screen.(*Plan)
	if !ok {
		t.Fatalf("%T", push.Screen)
	}
	defer p.Close()
	answer := func(cmd tea.Cmd) Action {
		a, _ := p.Update(cmd())
		return a
	}
	form, ok := answer(p.Init()).(Open)
	if !ok || len(form.Dialog.(*dialog.Form).Fields) != 2 {
		t.Fatalf("nothing was asked: %+v", form)
	}
	if p.stands() == "" || slices.ContainsFunc(d.Calls(), func(s string) bool { return s != "" }) {
		t.Errorf("it can be started before anything was said: %v", d.Calls())
	}
	_, cmd := p.Update(dialog.Result{Tag: "inputs", OK: true, Values: map[string]string{"days": "30", "disk": "/srv"}})
	answer(cmd)
	_, cmd = p.start("typed")
	answer(cmd)
	if want := []string{`plan clean-media  days="30" disk="/srv"`, `start clean-media  days="30" disk="/srv" typed "typed"`}; !slices.Equal(d.Calls(), want) {
		t.Errorf("%q", d.Calls())
	}
	if a, _ := p.Update(dialog.Result{Tag: "inputs"}); a != (Pop{}) {
		t.Errorf("cancelled: %+v", a)
	}
}
