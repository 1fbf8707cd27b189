package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/plain"
)

// follow shows a run's log as it grows: as JSON lines, or as plain ones with a prompt at each gate when somebody attends. The returned func
// shows what is left and ends it.
func (a *app) follow(ctx context.Context, f *flags, id string, attended bool) func() {
	tail, cancel := context.WithCancel(ctx)
	done := make(chan uint64)
	show := a.shower(ctx, f, id, attended)
	go func() {
		last := uint64(0)
		for e, err := range a.store.Tail(tail, id, 0) {
			if err != nil {
				break
			}
			last = e.Seq
			show(tail, e)
		}
		done <- last
	}()
	return func() {
		cancel()
		rest, err := a.store.Events(context.WithoutCancel(ctx), id, <-done)
		if err != nil {
			return
		}
		for _, e := range rest {
			show(tail, e)
		}
	}
}

// shower renders one event. Its output goes to the terminal or a pipe; when that is gone, the run goes on.
func (a *app) shower(ctx context.Context, f *flags, id string, attended bool) func(context.Context, run.Event) {
	if f.json {
		return func(_ context.Context, e run.Event) {
			if line, ok := run.JSONLine(id, e); ok {
				_, _ = fmt.Fprintf(f.out, "%s\n", line)
			}
		}
	}
	var prompt plain.Answerer
	if attended {
		prompt = func(answer run.Answer) error { return a.desk.Answer(ctx, id, answer) }
	}
	return plain.NewRun(f.out, f.in, id, prompt).Show
}

// showPlan observes and prints what would be done.
func (a *app) showPlan(ctx context.Context, f *flags, rb run.Runbook) error {
	for s, err := range a.engine.Plan(ctx, rb) {
		if err != nil {
			return err
		}
		if err := a.showStep(f, s); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) showStep(f *flags, s run.StepPlan) error {
	if f.json {
		line, err := json.Marshal(map[string]any{"type": "plan", "run": "", "step": s.ID, "state": s.Finding.Truth, "detail": s.Title, "plan": s.Plan, "time": time.Now().UTC()})
		if err != nil {
			return err
		}
		return f.printf("%s\n", f.redact(string(line)))
	}
	return f.printf("%s\n", f.redact(plain.Step(s)))
}
