package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
)

// Start begins a run and walks it here. Typed is what the operator typed to confirm; it passes the gate that wants that name.
func (d *Desk) Start(ctx context.Context, book, target string, inputs map[string]string, typed string) (string, error) {
	b, err := d.Book(book)
	if err != nil {
		return "", err
	}
	rb, err := b.Build(ctx, target, inputs)
	if err != nil {
		return "", err
	}
	id, err := d.engine.StartAway(ctx, rb)
	if err != nil {
		return "", err
	}
	d.walk(id, rb, run.Mode{Confirm: typed})
	return id, nil
}

// Resume walks an unfinished run on, here, looking at the world first.
func (d *Desk) Resume(ctx context.Context, id string) error { return d.again(ctx, id, run.Mode{}) }

// TakeOver walks a run on here that another process walks, which acts no more from then on. It is for one whose machine is gone.
func (d *Desk) TakeOver(ctx context.Context, id string) error {
	return d.again(ctx, id, run.Mode{TakeOver: true})
}

// Undo walks a run back. One that another process walks is asked to turn round.
func (d *Desk) Undo(ctx context.Context, id string) error {
	v, err := d.engine.View(ctx, id)
	if err != nil {
		return err
	}
	if d.here(id) || v.Walked() {
		return d.engine.Request(ctx, id, "undo")
	}
	return d.again(ctx, id, run.Mode{Undo: true})
}

func (d *Desk) again(ctx context.Context, id string, mode run.Mode) error {
	if d.here(id) {
		return &fault.Error{What: "the run is being walked here already", On: id, Next: "open it from the list of runs", Code: fault.Refused}
	}
	v, err := d.engine.View(ctx, id)
	if err != nil {
		return err
	}
	rb, _, err := d.Rebuild(ctx, id, v.Header)
	if err != nil {
		return err
	}
	d.walk(id, rb, mode)
	return nil
}

// walk walks in the background, owned by the desk. What it says is in the run's log.
func (d *Desk) walk(id string, rb run.Runbook, mode run.Mode) {
	d.mark(id, true)
	walked := d.leg(func() {
		defer d.mark(id, false)
		// The log tells how it ended; an error that could not be logged is shown when somebody looks at the run.
		_, err := d.engine.Walk(d.ctx, id, rb, mode)
		d.end(id, err)
	})
	if !walked { // who has closed the desk resumes it from another one
		d.mark(id, false)
	}
}

// end keeps why a leg ended that could not say so in its log.
func (d *Desk) end(id string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.ends, id)
	if err != nil {
		d.ends[id] = err
	}
}

func (d *Desk) mark(id string, on bool) {
	defer d.stir()
	d.mu.Lock()
	defer d.mu.Unlock()
	if on {
		d.walking[id] = true
		return
	}
	delete(d.walking, id)
}

// Plan observes and says what a run would do; nothing is changed.
func (d *Desk) Plan(ctx context.Context, book, target string, inputs map[string]string) (Plan, error) {
	b, err := d.Book(book)
	if err != nil {
		return Plan{}, err
	}
	rb, err := b.Build(ctx, target, inputs)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Book: book, Target: target, Title: rb.Title, Summary: b.Summary, Danger: b.Danger, Dangers: b.Dangers}
	p.Droplet, _ = strconv.Atoi(rb.Inputs["droplet"])
	for s, err := range d.engine.Plan(ctx, rb) {
		if err != nil {
			return p, err
		}
		p.add(s)
	}
	list, err := d.engine.List(ctx)
	p.Usual = usual(list, book)
	return p, err
}

// add takes a step over from a dry walk. What a step could not find out is a note; a conflict keeps the run from starting.
func (p *Plan) add(s run.StepPlan) {
	step := PlanStep{StepInfo: s.StepInfo, Plan: s.Plan, Already: s.Finding.Truth == run.IsDone, LeftOut: s.Finding.Truth == run.LeftOut, Note: s.Finding.Detail}
	if s.Err != nil {
		step.Note = s.Err.Error()
	}
	if s.Moved && !step.LeftOut {
		step.Already, step.Note = false, ""
	}
	p.Steps = append(p.Steps, step)
	if s.Confirm != "" {
		p.Confirm = s.Confirm
	}
	if s.Finding.Truth == run.Conflict && !s.Skip {
		p.Refusals = append(p.Refusals, Refusal{Why: s.Finding.Detail, Next: s.Finding.Hint})
	}
	for _, detail := range s.Finding.Details {
		p.warn(detail)
	}
}

// warn takes a warning over. What is said of each of many workers in the same words is said once.
func (p *Plan) warn(detail string) {
	of, warning, is := strings.Cut(": "+detail, ": warning")
	if !is {
		return
	}
	said := strings.TrimLeft(of+": "+strings.TrimLeft(warning, ":, "), ": ")
	if !slices.Contains(p.Warnings, said) {
		p.Warnings = append(p.Warnings, said)
	}
}
