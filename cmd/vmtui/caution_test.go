package main

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/worker"
)

// inside wires the product in this process, on a box.
func inside(t *testing.T, b *box.Box) *app {
	t.Helper()
	var errs bytes.Buffer
	f := newFlags(streams{out: &errs, err: &errs})
	f.config = b.ConfigPath()
	a, err := open(t.Context(), f, keys.Refuser{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.close(t.Context()) })
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
	for i := range rb.Steps {
		until := rb.Steps[i].Until
		if !slices.ContainsFunc(rb.Steps, func(s run.Step) bool { return s.ID == until }) {
			rb.Steps[i].Until = ""
		}
	}
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
	mingle(t)
	requests := func(b *box.Box) int { return b.Stats().Failures }
	jobs := func(b *box.Box) int { return b.Jobs().Counts().Lost }
	cases := map[string]struct {
		book   string
		change func([]run.Step) []run.Step
		lost   func(*box.Box) int
	}{
		"no lame duck":                     {worker.Drain, leaveOut("lame-duck", "idle"), requests},
		"the balancer is not waited for":   {worker.Drain, doNotWait("lame-duck", "idle"), requests},
		"what is in flight is not awaited": {worker.Drain, doNotWait("idle"), requests},
		"it stays a member":                {worker.Drain, leaveOut("lame-duck", "idle", "remove", "out"), requests},
		"jobs are not waited for":          {worker.Reimage, leaveOut("hush", "sidekiq-quiet", "stop"), jobs},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := impatient(t, c.book, c.change)
			if c.lost(b) == 0 {
				t.Errorf("nothing was lost without it: requests %+v, jobs %+v", b.Stats(), b.Jobs().Counts())
			}
		})
	}
	for _, book := range []string{worker.Drain, worker.Reimage} {
		t.Run("with every caution, "+book, func(t *testing.T) {
			t.Parallel()
			intact(t, impatient(t, book, leaveOut()))
		})
	}
}

// impatient walks a changed runbook among visitors whose answers take long.
func impatient(t *testing.T, book string, change func([]run.Step) []run.Step) *box.Box {
	t.Helper()
	b := startBox(t, func(o *box.Options) {
		o.Visitors.PerSecond, o.Visitors.Slow = 20, 0.5
		o.Pace.Machine.SlowAnswer, o.Pace.Job = 10*time.Second, time.Second // at any moment something is under way
	})
	a := inside(t, b)
	rb := without(t, a, book, change)
	id, err := a.engine.Start(t.Context(), rb)
	if err != nil {
		t.Fatal(err)
	}
	state, err := a.engine.Walk(t.Context(), id, rb, run.Mode{Unattended: true, Yes: true, Confirm: "worker-2"})
	if err != nil || state != run.Done {
		t.Fatalf("%s, %v\n%s", state, err, transcript(t, b, id))
	}
	return b
}
