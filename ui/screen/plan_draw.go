package screen

import (
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// summaryOf is a run's name before there is a run.
func summaryOf(book, target string) run.Summary { return run.Summary{Runbook: book, Target: target} }

// Draw implements Screen.
func (p *Plan) Draw(w, h int) widget.Frame {
	out := widget.Blank(w, h)
	head := p.verdict(w - 4)
	headH := min(len(head)+2, max(h/2, 6))
	out.Put(0, 0, p.headBox(head).Draw(w, headH))
	rest := h - headH
	switch {
	case !p.known || len(p.plan.Steps) == 0:
		return out
	case w >= 100:
		left := min(max(44, w*2/5), 66)
		out.Put(0, headH, p.stepsBox(left, rest))
		out.Put(left, headH, p.stepBox(w-left, rest))
	default:
		stepsH := max(rest/2, min(rest, 6))
		out.Put(0, headH, p.stepsBox(w, stepsH))
		out.Put(0, headH+stepsH, p.stepBox(w, rest-stepsH))
	}
	return out
}

// headBox frames the verdict; a refusal and a danger are framed so that they are not missed.
func (p *Plan) headBox(lines []widget.Line) widget.Box {
	b := widget.Box{Title: title(orWord(p.plan.Title, p.Crumb())), Lines: lines}
	switch {
	case p.err != nil, len(p.plan.Refusals) > 0:
		b.Ink, b.Heavy = theme.Bad, true
	case p.plan.Danger == act.Destroys:
		b.Ink = theme.Bad
	}
	if p.known && p.err == nil {
		b.Right = widget.Join(widget.S(theme.Muted, " · "), p.danger().full(), seenAgo(p.seen, p.env.World.Now))
	}
	return b
}

// verdict says what the plan is about, what is dangerous, and whether it can start.
func (p *Plan) verdict(w int) []widget.Line {
	switch {
	case len(p.asks) > 0 && p.said == nil:
		return []widget.Line{widget.L(theme.Info, "◌ it is not said yet what it is to be done with; nothing is looked at before")}
	case !p.known:
		return lookingLines(p.env.World, p.asked, w)
	case p.err != nil:
		return p.sorry(w)
	}
	lines := widget.Wrap(theme.Plain, p.plan.Summary, w)
	if d := p.target; d != "" {
		lines = append(lines, p.facts())
	}
	for _, d := range p.plan.Dangers {
		lines = append(lines, widget.Hang(widget.L(theme.Bad, "▲ "), theme.Plain, d, w)...)
	}
	for _, d := range p.plan.Warnings {
		lines = append(lines, widget.Hang(widget.L(theme.Warn, "▲ "), theme.Plain, d, w)...)
	}
	for _, r := range p.plan.Refusals {
		lines = append(lines, refusalLines(r, w)...)
	}
	if len(p.plan.Refusals) == 0 {
		lines = append(lines, p.goLine(w))
	}
	if l := p.round.passLine(p.env.World); l != nil {
		lines = append(lines, l.Fit(w))
	}
	return lines
}

// lookingLines say since when a plan is looked for, and what that waits for, as far as is known.
func lookingLines(world *World, since time.Time, w int) []widget.Line {
	lines := []widget.Line{widget.L(theme.Info, "◐ looking at the world; nothing is changed")}
	if !since.IsZero() {
		lines[0] = lines[0].Add(widget.S(theme.Muted, " · for "+widget.Since(world.Now.Sub(since))))
	}
	waits := false
	for _, s := range world.Fleet.Services {
		if s.State.Wait != "" {
			waits = true
			lines = append(lines, widget.Hang(widget.L(theme.Warn, "◌ "+s.Name+": "), theme.Plain, s.State.Wait, w)...)
		}
	}
	if !waits {
		lines = append(lines, widget.L(theme.Muted, "a host that does not answer makes this slow, not wrong"))
	}
	return lines
}

// sorry says why there is no plan.
func (p *Plan) sorry(w int) []widget.Line {
	lines := widget.Hang(widget.L(theme.Bad, "✗ "), theme.Strong, brief(p.err), w)
	if next := nextStep(p.err); next != "" {
		lines = append(lines, widget.Hang(widget.L(theme.Accent, "→ "), theme.Plain, next, w)...)
	}
	if len(p.asks) > 0 {
		lines = append(lines, widget.Line{widget.Gap(2), widget.S(theme.Key, p.env.World.Keys.Get("look-again").Cap()), widget.S(theme.Plain, " says anew what it is done with")})
	}
	return lines
}

// facts are what the plan is about, in a line.
func (p *Plan) facts() widget.Line {
	l := widget.Line{widget.S(theme.Muted, "target "), widget.S(theme.Strong, p.target)}
	if p.plan.Droplet != 0 {
		l = l.Add(widget.S(theme.Muted, "   droplet "), widget.S(theme.Strong, fmt.Sprint(p.plan.Droplet)))
	}
	l = l.Add(widget.S(theme.Muted, "   "), widget.S(theme.Plain, widget.Count(len(p.plan.Steps), "step", "steps")))
	if p.plan.Usual != "" {
		l = l.Add(widget.S(theme.Muted, "   usually "), widget.S(theme.Plain, p.plan.Usual))
	}
	return l
}

// refusalLines are one reason not to start, and what would help.
func refusalLines(r desk.Refusal, w int) []widget.Line {
	lines := widget.Hang(widget.L(theme.Bad, "✗ refused: "), theme.Strong, r.Why, w)
	if r.Next != "" {
		lines = append(lines, widget.Hang(widget.L(theme.Accent, "  → "), theme.Plain, r.Next, w)...)
	}
	return lines
}

// goLine says how to start, or why not.
func (p *Plan) goLine(w int) widget.Line {
	k := p.env.World.Keys
	if why := p.stands(); why != "" {
		return widget.Line{widget.S(theme.Warn, "○ "), widget.S(theme.Plain, why)}
	}
	l := widget.Line{widget.S(theme.Good, "✓ "), widget.S(theme.Plain, "nothing stands in the way: "), widget.S(theme.Key, k.Get("start").Cap()), widget.S(theme.Plain, " starts it")}
	if p.plan.Confirm != "" {
		l = l.Add(widget.S(theme.Plain, ", after you have typed the name"))
	}
	leave := widget.Line{widget.S(theme.Plain, "; "), widget.S(theme.Key, k.Get("back").Cap()), widget.S(theme.Plain, " leaves")}
	if l.Width()+leave.Width() <= w {
		l = append(l, leave...)
	}
	return l
}

// stepsBox is the list of steps.
func (p *Plan) stepsBox(w, h int) widget.Frame {
	p.page = max((h-2)/2, 1)
	at := p.at.settle(p.ids())
	b := widget.Box{Title: title("What will happen"), Ink: theme.Focus}
	for i, s := range p.plan.Steps {
		b.Choice("step:"+s.ID, p.stepRow(i, s, w-4), i == at)
	}
	b.From = window(at, len(b.Lines), h-2)
	return b.Draw(w, h)
}

// stepRow is one step in the list, with what kind of step it is.
func (p *Plan) stepRow(i int, s desk.PlanStep, w int) widget.Line {
	left := widget.Line{widget.S(theme.Muted, fmt.Sprintf("%2d ", i+1)), widget.S(theme.Plain, s.Title)}
	right := widget.Line{}
	switch {
	case s.LeftOut:
		right = widget.L(theme.Muted, "· left out")
	case s.Already:
		right = widget.L(theme.Good, "✓ so already")
	case s.Confirm != "":
		left[1].Ink = theme.Peril
		right = widget.L(theme.Peril, "▲ no way back")
	case s.Kind == run.Once:
		right = widget.L(theme.Warn, "once")
	case s.Gate:
		right = widget.L(theme.Warn, "asks you")
	case s.Kind == run.Read:
		right = widget.L(theme.Muted, "looks")
	}
	return widget.Ends(left, append(widget.Line{widget.Gap(1)}, right...), w)
}

// stepBox is the selected step: why it is, and exactly what it sends.
func (p *Plan) stepBox(w, h int) widget.Frame {
	i := p.at.settle(p.ids())
	if i < 0 {
		return widget.Blank(w, h)
	}
	s := p.plan.Steps[i]
	lines := widget.Wrap(theme.Plain, s.Why, w-4)
	if s.Note != "" {
		lines = append(lines, widget.Hang(widget.L(theme.Muted, "found  "), theme.Plain, s.Note, w-4)...)
	}
	lines = append(lines, nil)
	lines = append(lines, planLines(s.Plan, w-4)...)
	lines = append(lines, nil)
	lines = append(lines, traits(s.StepInfo, w-4)...)
	p.from = min(p.from, max(len(lines)-(h-2), 0))
	b := widget.Box{Title: title(fmt.Sprintf("%d  %s", i+1, s.Title)), Lines: lines, From: p.from}
	return b.Draw(w, h)
}

// planLines are the exact commands and calls.
func planLines(plan []string, w int) []widget.Line {
	if len(plan) == 0 {
		return []widget.Line{widget.L(theme.Muted, "sends nothing: it looks and waits")}
	}
	var out []widget.Line
	for _, c := range plan {
		out = append(out, widget.Hang(widget.L(theme.Accent, "› "), theme.Info, strings.TrimSpace(c), w)...)
	}
	return out
}

// traits are what else an operator wants to know of a step.
func traits(s run.StepInfo, w int) []widget.Line {
	var out []widget.Line
	add := func(name, text string) {
		if text != "" {
			out = append(out, widget.Hang(widget.L(theme.Muted, name).Fit(9), theme.Plain, text, w)...)
		}
	}
	add("usually", s.Usual)
	switch {
	case s.NoUndo != "":
		add("undo", "none: "+s.NoUndo)
	default:
		add("undo", "yes")
	}
	if s.Skip {
		add("skip", "can be left out, with a reason")
	}
	return out
}
