package main

import (
	"bytes"
	"slices"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/run"
)

// inside wires the product in this process, on a box.
func inside(t *testing.T, b *box.Box) *app {
	t.Helper()
	var errs bytes.Buffer
	a, err := open(t.Context(), &flags{config: b.ConfigPath(), streams: streams{err: &errs}}, keys.Refuser{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	return a
}

// without is a runbook that leaves some of its caution out.
func without(t *testing.T, a *app, book string, change func([]run.Step) []run.Step) run.Runbook {
	t.Helper()
	b, err := a.desk.Book(book)
	if err != nil {
		t.Fatal(err)
	}
	rb, err := b.Build(t.Context(), "worker-2", nil)
	if err != nil {
		t.Fatal(err)
	}
	rb.Steps = change(rb.Steps)
	return rb
}

func leaveOut(ids ...string) func([]run.Step) []run.Step {
	return func(steps []run.Step) []run.Step {
		return slices.DeleteFunc(steps, func(s run.Step) bool { return slices.Contains(ids, s.ID) })
	}
}

// doNotWait leaves a step's act in and its wait out.
func doNotWait(ids ...string) func([]run.Step) []run.Step {
	return func(steps []run.Step) []run.Step {
		for i := range steps {
			if slices.Contains(ids, steps[i].ID) {
				steps[i].Verify = nil
			}
		}
		return steps
	}
}

// Each caution of the walk is there because the box punishes its absence: without it a request or a job is lost.
func TestEachCautionIsNeeded(t *testing.T) {
	requests := func(b *box.Box) int { return b.Stats().Failures }
	jobs := func(b *box.Box) int { return b.Jobs().Counts().Lost }
	cases := map[string]struct {
		change func([]run.Step) []run.Step
		lost   func(*box.Box) int
	}{
		"no lame duck":                     {leaveOut("lame-duck", "idle"), requests},
		"the balancer is not waited for":   {doNotWait("lame-duck", "idle"), requests},
		"what is in flight is not awaited": {doNotWait("idle"), requests},
		"it stays a member":                {leaveOut("lame-duck", "idle", "remove"), requests},
		"jobs are not waited for":          {doNotWait("sidekiq-quiet"), jobs},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBox(t, func(o *box.Options) { o.Visitors.PerSecond, o.Visitors.Slow = 50, 0.5 })
			a := inside(t, b)
			rb := without(t, a, "worker-drain", c.change)
			id, err := a.engine.Start(t.Context(), rb)
			if err != nil {
				t.Fatal(err)
			}
			state, err := a.engine.Walk(t.Context(), id, rb, run.Mode{Unattended: true, Yes: true})
			if err != nil || state != run.Done {
				t.Fatalf("%s, %v", state, err)
			}
			if c.lost(b) == 0 {
				t.Errorf("nothing was lost without it: requests %+v, jobs %+v", b.Stats(), b.Jobs().Counts())
			}
		})
	}
}
