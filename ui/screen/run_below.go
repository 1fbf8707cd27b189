package screen

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// below is the run that the step in sight is, where a step is a run of its own: a roll shows the worker's steps within its own.
type below struct {
	view   *run.View
	stream *stream
	end    context.CancelFunc
	err    error // why its log could not be followed: it is tried again
}

// maxMarks is how many marks stand in a headline beside its words.
const maxMarks = 9

// Topics and messages of the run below.
const tailBelow = "tail below"

type (
	openedBelow struct {
		id     string
		stream *stream
	}
	batchBelow struct {
		id string
		batch
	}
)

// followBelow follows the run that the step in sight is, and lets go of another.
func (r *Run) followBelow() tea.Cmd {
	id := ""
	if s := r.shown(); s != nil {
		id = s.Run
	}
	switch {
	case r.below == nil && id == "", r.below != nil && r.below.view.ID == id && r.below.err == nil:
		return nil
	}
	r.leaveBelow()
	if id == "" {
		return nil
	}
	ctx, end := context.WithCancel(r.ctx)
	r.below, r.panes = &below{view: run.NewView(id), end: end}, map[string]pane{}
	d := r.env.Desk
	return r.Ask(tailBelow, func(context.Context) tea.Msg { return openedBelow{id, tail(ctx, d, id, 0)} })
}

func (r *Run) leaveBelow() {
	if r.below != nil && r.below.end != nil {
		r.below.end()
	}
	r.below = nil
}

// moreBelow waits for the next events of the run below.
func (r *Run) moreBelow() tea.Cmd {
	s, id, life := r.below.stream, r.below.view.ID, r.ctx
	return r.Ask(tailBelow, func(context.Context) tea.Msg { return batchBelow{id, s.next(life)} })
}

// foldBelow applies events of the run below.
func (r *Run) foldBelow(b batchBelow) tea.Cmd {
	if r.below == nil || r.below.view.ID != b.id {
		return nil
	}
	for _, ev := range b.Events {
		r.below.view.Apply(ev)
	}
	if r.below.err = b.Err; b.Ended {
		return r.lookAtPanes()
	}
	return tea.Batch(r.moreBelow(), r.lookAtPanes())
}

// beneath is the run below as far as it has been read; nil when the step in sight is none.
func (r *Run) beneath() *run.View {
	s := r.shown()
	if s == nil || r.below == nil || s.Run != r.below.view.ID || len(r.below.view.Steps) == 0 {
		return nil
	}
	return r.below.view
}

// within draws with the run below in the place of this one.
func (r *Run) within(v *run.View, draw func()) {
	was, looking := r.view, r.looking
	r.view, r.looking = v, false
	draw()
	r.view, r.looking = was, looking
}

// openBelow opens the run that the step in sight is.
func (r *Run) openBelow() (Action, tea.Cmd) {
	if s := r.shown(); s != nil && s.Run != "" {
		return Push{NewRun(r.env, s.Run)}, nil
	}
	return nil, nil
}

// stepRows are the steps, and beneath the one in sight those of its run. at is the row that must be seen.
func (r *Run) stepRows(w int) (lines []widget.Line, hits []widget.Hit, at int) {
	at = r.view.Current
	if r.looking {
		at = r.look.settle(r.stepIDs())
	}
	focus := at
	for i := range r.view.Steps {
		row := r.stepRow(i, w)
		if i == at {
			row, focus = row.On(theme.Selected), len(lines)
		}
		hits = append(hits, widget.Hit{Y: len(lines), ID: "step:" + r.view.Steps[i].ID})
		lines = append(lines, row)
		v := r.beneath()
		if i != at || v == nil {
			continue
		}
		r.within(v, func() {
			for j := range v.Steps {
				if j == v.Current && v.Steps[j].State != run.StepDone {
					focus = len(lines)
				}
				lines = append(lines, append(widget.Line{widget.Gap(2)}, r.stepRow(j, w-2)...))
			}
		})
	}
	return lines, hits, focus
}

// whose are the steps that are runs of their own, each with its mark: a whole roll in one line. Where there is no room for their names, the marks stand alone.
func (r *Run) whose(w int) widget.Line {
	var l, marks widget.Line
	for i, s := range r.view.Steps {
		if !s.Whole {
			continue
		}
		m := stepMark(s.State)
		if i == r.view.Current && r.view.Gate != nil {
			m = mark{"▲", "waits for you", theme.Warn}
		}
		if len(l) > 0 {
			l = l.Add(widget.Gap(2))
		}
		l = l.Add(widget.S(m.ink, m.sign+" "), widget.S(theme.Plain, s.ID))
		marks = marks.Add(widget.S(m.ink, m.sign))
	}
	switch {
	case l.Width() <= w:
		return l
	case len(marks) <= maxMarks:
		return marks
	}
	return nil
}

// stepBelow is the step that the run below is at, drawn as this one's: what is done to the worker just now.
func (r *Run) stepBelow(v *run.View, w, h int) (f widget.Frame) {
	whose := v.Header.Target
	r.within(v, func() {
		s := v.Steps[v.Current]
		s.Title = whose + " ▸ " + s.Title
		f = r.stepBox(s, w, h)
	})
	return f
}

// busy reports that the run below is what goes on in the step in sight.
func busy(v *run.View) bool {
	return v != nil && v.Current >= 0 && v.Current < len(v.Steps) && !ended(v.State)
}

// paned is the step whose panes are shown, and the run that they are of.
func (r *Run) paned() ([]string, string) {
	s := r.shown()
	switch v := r.beneath(); {
	case busy(v):
		return slices.Clone(v.Steps[v.Current].Panes), v.ID
	case s == nil:
		return nil, ""
	}
	return slices.Clone(s.Panes), r.view.ID
}
