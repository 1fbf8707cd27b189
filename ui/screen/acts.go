package screen

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

const readOnly = "this console is read-only"

// acted is how an act on a run ended.
type acted struct {
	what string // "resume", "answer", …
	open string // the run to open when it went well
	in   *Round // the round it is part of, if any
	err  error
}

// Failure is an answer that says that an act failed. It matters even when the screen that asked has been left.
type Failure interface {
	// Failed is what is said about it, nil when it went well.
	Failed() Action
}

// Failed implements Failure.
func (a acted) Failed() Action {
	if a.err == nil {
		return nil
	}
	return refusal(a.what, a.err)
}

// resume goes on with a run and then shows it.
func resume(p *Post, env Env, id string) (Action, tea.Cmd) { return resumeIn(p, env, id, nil) }

// resumeIn goes on with a run whose turn it is in a round.
func resumeIn(p *Post, env Env, id string, in *Round) (Action, tea.Cmd) {
	if p.Waiting("act") {
		return Say{Text: "still asking"}, nil
	}
	return Say{Text: "resuming " + id}, p.Act("act", func(ctx context.Context) tea.Msg {
		return acted{what: "resume", open: id, in: in, err: env.Desk.Resume(ctx, id)}
	})
}

// told turns the end of an act into what is said about it.
func told(env Env, m tea.Msg) (Action, tea.Cmd) {
	a, ok := m.(acted)
	switch {
	case !ok:
		return nil, nil
	case a.err != nil:
		return refusal(a.what, a.err), nil
	case a.open != "":
		a.in.begun(a.open)
		r := NewRun(env, a.open)
		r.round = a.in
		return Push{r}, nil
	}
	return Reload{}, nil
}

// refusal says what failed, why, and the next thing to do.
func refusal(what string, err error) Action {
	return Say{Text: what + ": " + Reason(err), Bad: true}
}

// Reason is an error in a line: what, why and what next.
func Reason(err error) string {
	if next := nextStep(err); next != "" {
		return brief(err) + " → " + next
	}
	return brief(err)
}

// setbackRows are how many of its lines are shown.
const setbackRows = 5

// setbackLines are why something was not done and what to do next, for longer than a notice stands and as wide as the screen is.
func setbackLines(err error, w int) []widget.Line {
	lines := widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(err), w)
	if next := nextStep(err); next != "" {
		lines = append(lines, widget.Hang(widget.L(theme.Accent, "→ "), theme.Plain, next, w)...)
	}
	return rows(lines, setbackRows)
}

// canResume reports that nobody walks the run and that it can be walked on.
func canResume(r desk.Run) bool {
	if r.Here || r.Alive || r.Act {
		return false
	}
	return r.State.Resumable()
}
