package run

import (
	"context"
	"iter"
	"slices"
	"strings"
)

// StepPlan is what a dry walk found about a step: what the world says now, and what would be done.
type StepPlan struct {
	StepInfo
	Finding Finding
	Moved   bool // a step before it, of the same run, would change what was found: that says nothing of this one's turn
	Plan    []string
	Err     error // of looking, or of planning; the others are planned all the same
}

// Plan walks rb dry: it asks every step's Observe and Plan, and changes nothing. Later steps see the world as it is now, not as the earlier
// ones would leave it. It ends early when ctx does.
func (e *Engine) Plan(ctx context.Context, rb Runbook) iter.Seq2[StepPlan, error] {
	return func(yield func(StepPlan, error) bool) {
		if err := rb.check(); err != nil {
			yield(StepPlan{}, err)
			return
		}
		facts, moved := map[string]string{}, false
		for i := range rb.Steps {
			if err := context.Cause(ctx); err != nil {
				yield(StepPlan{}, err)
				return
			}
			s := &rb.Steps[i]
			w := &Walk{step: s, runbook: rb.ID, facts: facts, granted: map[string]bool{}}
			p := s.dry(ctx, w)
			p.Moved = moved
			moved = moved || s.moves(p)
			if !yield(p, nil) {
				return
			}
			if s.Child != nil && p.Finding.Truth == IsPending && !s.dryChild(ctx, w, rb.sworn(), yield) {
				return
			}
		}
	}
}

func (s *Step) dry(ctx context.Context, w *Walk) StepPlan {
	look, cancel := context.WithTimeoutCause(ctx, s.deadline(), errDeadline)
	defer cancel()
	p := StepPlan{StepInfo: s.StepInfo, Finding: Finding{Truth: IsPending}}
	if s.Observe != nil {
		p.Finding, p.Err = s.Observe(look, w)
	}
	if s.Plan == nil {
		return p
	}
	lines, err := s.Plan(look)
	p.Plan = lines
	if p.Err == nil {
		p.Err = err
	}
	return p
}

// moves reports that the step would change the world for those after it. What a run of its own changes is another target's.
func (s *Step) moves(p StepPlan) bool {
	return s.Kind != Read && s.Child == nil && p.Finding.Truth != IsDone && p.Finding.Truth != LeftOut
}

// dryChild plans the run that the step is, each of its steps under the name of this one. What it wants typed is left out where this runbook asks for it.
func (s *Step) dryChild(ctx context.Context, w *Walk, sworn []string, yield func(StepPlan, error) bool) bool {
	look, cancel := context.WithTimeoutCause(ctx, s.deadline(), errDeadline)
	defer cancel()
	rb, err := s.Child(look, w, nil)
	if err != nil {
		return yield(StepPlan{StepInfo: StepInfo{ID: s.ID + "/", Title: s.Title, Kind: Read}, Err: err}, nil)
	}
	facts, moved := map[string]string{}, false
	for i := range rb.Steps {
		if err := context.Cause(ctx); err != nil {
			return yield(StepPlan{}, err)
		}
		p := rb.Steps[i].dry(ctx, &Walk{step: &rb.Steps[i], runbook: rb.ID, facts: facts, granted: map[string]bool{}})
		p.Moved = moved
		moved = moved || rb.Steps[i].moves(p)
		p.ID = s.ID + "/" + p.ID
		if slices.Contains(sworn, p.Confirm) {
			p.Confirm = ""
		}
		if !yield(p, nil) {
			return false
		}
	}
	return true
}

// sworn are the names that the runbook itself wants typed.
func (rb Runbook) sworn() []string {
	var names []string
	for i := range rb.Steps {
		names = append(names, strings.Split(rb.Steps[i].Confirm, ",")...)
	}
	return names
}
