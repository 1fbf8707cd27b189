package screen

import (
	"slices"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// gateKeys are the choices in the order in which they are offered, with the binding of each.
var gateKeys = []struct {
	choice  run.Choice
	binding string
}{{run.Go, "gate-go"}, {run.Retry, "gate-retry"}, {run.Skip, "gate-skip"}, {run.Undo, "gate-undo"}, {run.Stop, "gate-stop"}}

// gateBox is the panel of an open gate. It takes the place of the current step, in a heavy frame under a filled headline: nobody who
// looks at the screen can miss that it is their turn.
func (r *Run) gateBox(w, h int) widget.Frame {
	g := r.view.Gate
	inner := w - 4
	ink, banner := theme.Alarm, theme.Banner
	if g.Failure {
		ink, banner = theme.Bad, theme.Wound
	}
	top := widget.Hang(widget.L(banner, " "), banner, r.gateHeadline(), inner)
	for i, l := range top {
		top[i] = l.Fit(inner).All(banner)
	}
	top = append(top, nil)
	top = append(top, widget.Wrap(theme.Strong, g.Cause, inner)...)
	if g.Hint != "" {
		top = append(top, nil)
		top = append(top, widget.Hang(widget.L(theme.Accent, "→ "), theme.Plain, g.Hint, inner)...)
	}
	top = append(top, r.gateDetails(inner)...)
	low := append([]widget.Line{nil}, r.gateChoices(inner)...)
	return r.unroll(widget.Box{Title: widget.L(ink, "▲ "+r.stepTitle()), Ink: ink, Heavy: true}, top, low, w, h)
}

// gateHeadline says in three words whose turn it is and why.
func (r *Run) gateHeadline() string {
	g := r.view.Gate
	switch {
	case g.Unknown:
		return "? IT IS NOT KNOWN WHETHER IT HAPPENED. You decide."
	case g.Failure:
		return "✗ THIS STEP DID NOT GO WELL. You decide."
	case g.Confirm != "":
		return "▲ NO WAY BACK FROM HERE. You decide."
	}
	return "▲ YOUR TURN. Nothing happens until you say so."
}

// gateDetails are both versions of the truth, fingerprints and lists, and the plan that go would carry out.
func (r *Run) gateDetails(w int) []widget.Line {
	var out []widget.Line
	if len(r.view.Gate.Details) > 0 {
		out = append(out, nil)
		for _, d := range r.view.Gate.Details {
			out = append(out, widget.Hang(widget.L(theme.Muted, "· "), theme.Plain, d, w)...)
		}
	}
	if plan := r.gatePlan(); len(plan) > 0 {
		out = append(out, nil)
		out = append(out, planLines(plan, w)...)
	}
	return append(out, r.gateUndo(w)...)
}

// gatePlan is what going on would do: the step's plan before it acts, the gate's own after a failure.
func (r *Run) gatePlan() []string {
	if s := r.shown(); s != nil && r.view.Gate.Run == "" && slices.Contains(r.view.Gate.Choices, run.Go) {
		return s.Plan
	}
	return r.view.Gate.Plan
}

// gateUndo is what going back would do.
func (r *Run) gateUndo(w int) []widget.Line {
	if len(r.view.Gate.Undo) == 0 {
		return nil
	}
	out := []widget.Line{nil, widget.L(theme.Muted, "undo would do this, in this order").Fit(w)}
	for _, l := range r.view.Gate.Undo {
		out = append(out, widget.Hang(widget.L(theme.Muted, "‹ "), theme.Plain, l, w)...)
	}
	return out
}

// gateChoices are the keys of the gate, each with what it would do.
func (r *Run) gateChoices(w int) []widget.Line {
	if !r.walked() {
		return r.deserted(w)
	}
	var out []widget.Line
	for _, k := range gateKeys {
		if !slices.Contains(r.view.Gate.Choices, k.choice) {
			continue
		}
		b := r.env.World.Keys.Get(k.binding)
		ink := theme.Button
		if k.choice == run.Go && r.view.Gate.Confirm != "" {
			ink = theme.Wound
		}
		first := widget.Line{widget.S(ink, " "+b.Cap()+" "), widget.Gap(1)}.Add(widget.L(theme.Strong, b.Word).Fit(6)...).Add(widget.Gap(1))
		out = append(out, widget.Hang(first, theme.Muted, r.choiceMeans(k.choice), w)...)
	}
	return out
}

// choiceMeans says what a choice would do here.
func (r *Run) choiceMeans(c run.Choice) string {
	switch c {
	case run.Go:
		if r.view.Gate.Confirm != "" {
			return "do it, after you have typed " + r.view.Gate.Confirm
		}
		return "do what is planned"
	case run.Retry:
		return "look again, and try the step again"
	case run.Skip:
		return "leave the step out, with a reason for the record"
	case run.Undo:
		if r.view.Gate.Run != "" {
			return "walk this one's run back; what is done to the others is left"
		}
		why, n := r.backTo()
		switch {
		case why != "":
			return why
		case n == 0:
			return "end it here; nothing has been changed yet"
		}
		return "take back " + widget.Count(n, "step", "steps") + ", newest first"
	case run.Stop:
		return "leave it as it is; it can be resumed"
	}
	return string(c)
}
