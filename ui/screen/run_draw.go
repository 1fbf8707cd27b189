package screen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Draw implements Screen.
func (r *Run) Draw(w, h int) widget.Frame {
	r.parts.begin()
	out := r.layout(w, h)
	if r.parts.lost() {
		out = r.layout(w, h)
	}
	return out
}

func (r *Run) layout(w, h int) widget.Frame {
	r.low = h < lowH
	switch {
	case !r.read:
		return r.nothingYet(w, h)
	case w >= 100:
		return r.drawWide(w, h)
	}
	return r.drawNarrow(w, h)
}

// nothingYet says why there is nothing to see, and what a run that was started here does until its log says more.
func (r *Run) nothingYet(w, h int) widget.Frame {
	lines := []widget.Line{widget.L(theme.Muted, "◌ reading the run's log")}
	switch {
	case r.err != nil:
		lines = widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(r.err), w-4)
	case r.plan != nil && len(r.plan.Steps) > 0:
		said := fmt.Sprintf("it has begun: %s, and first “%s”", widget.Count(len(r.plan.Steps), "step", "steps"), r.plan.Steps[0].Title)
		lines = append(widget.Hang(widget.L(theme.Info, "◐ "), theme.Plain, said, w-4), lines...)
	}
	return widget.Box{Title: title(r.Crumb()), Lines: lines}.Draw(w, h)
}

// readable is how wide the current step is at most while its panes, which show longer lines, could use the room.
const readable = 92

// drawWide puts steps, the current step and live panes side by side, and the transcript below.
func (r *Run) drawWide(w, h int) widget.Frame {
	out := widget.Blank(w, h)
	top := max(min(max(r.stepsH()+2, 26), h*2/3), 8)
	logH := h - top
	left := r.stepsW(w)
	side := 0
	if w >= 116 && len(r.wanted()) > 0 {
		side = min(max(w/4, w-left-readable, 32), 130)
	}
	out.Put(0, 0, r.stepsBox(left, top))
	out.Put(left, 0, r.middle(w-left-side, top))
	r.putPanes(&out, w-side, side, top)
	out.Put(0, top, r.transcript(w, logH))
	return out
}

// endW is how wide the end of a run, or a step of one that is over, is at least.
const endW = 56

// stepsW is how wide the steps are: while they go on, the current one and its panes need the room more; of what is over every title is shown whole where it
// can be.
func (r *Run) stepsW(w int) int {
	least := min(max(w*32/100, 34), 52)
	if !ended(r.view.State) {
		return least
	}
	need := 0
	for i := range r.view.Steps {
		need = max(need, r.stepNeeds(i))
	}
	if v := r.beneath(); v != nil {
		r.within(v, func() {
			for i := range v.Steps {
				need = max(need, 2+r.stepNeeds(i))
			}
		})
	}
	r.broad = max(r.broad, need+4)
	return max(least, min(r.broad, w-endW))
}

// stepsH is how many rows the steps need, those of the run below among them; the most that it has been, so that the parts do not jump between two workers.
func (r *Run) stepsH() int {
	rows := len(r.view.Steps)
	if v := r.beneath(); v != nil {
		rows += len(v.Steps)
	}
	r.tall = max(r.tall, rows)
	return r.tall
}

// lowH is the height below which the middle would not have room for what must be known at every moment.
const lowH = 18

// drawNarrow stacks a strip of steps, the current one and the transcript.
func (r *Run) drawNarrow(w, h int) widget.Frame {
	out := widget.Blank(w, h)
	strip, logH := 5, max(h/4, 4)
	if r.view.Gate != nil {
		logH = max(h/5, 3)
	}
	if ended(r.view.State) && !r.looking { // of what is over the steps say more than the middle
		strip = max(min(len(r.view.Steps)+2, h-logH-8), strip)
	}
	if r.low { // the step that is current, or the transcript while it is read, has what room there is
		strip, logH = 3, 3
		if r.parts.on == partLog {
			logH = h / 2
		}
	}
	out.Put(0, 0, r.stepsBox(w, strip))
	out.Put(0, strip, r.middle(w, h-strip-logH))
	out.Put(0, h-logH, r.transcript(w, logH))
	return out
}

// stepsBox is the list of steps with their states.
func (r *Run) stepsBox(w, h int) widget.Frame {
	r.page = max((h-2)/2, 1)
	lines, hits, at := r.stepRows(w - 4)
	head := title(r.Crumb())
	count := widget.L(theme.Muted, fmt.Sprintf("%d/%d", behind(r.view), len(r.view.Steps)))
	if all := r.whose(w - head.Width() - count.Width() - 9); len(all) > 0 {
		count = append(all.Add(widget.Gap(2)), count...)
	}
	b := widget.Box{Title: head, Right: count, Lines: lines, Hits: hits, From: window(max(at, 0), len(lines), h-2)}
	return r.parts.box(partSteps, b).Draw(w, h)
}

// roundLine says that the run is one of several, and how the next is opened.
func (r *Run) roundLine(w int) widget.Line {
	if r.round.over() {
		return nil
	}
	key := r.env.World.Keys.Get("next-target").Cap()
	l := widget.Line{widget.S(theme.Accent, "◆ "), widget.S(theme.Strong, r.round.place()), widget.S(theme.Muted, "  "), widget.S(theme.Key, key)}
	if rest := r.round.targets[r.round.at+1:]; len(rest) > 0 {
		return l.Add(widget.S(theme.Plain, " goes on with "+strings.Join(rest, ", then "))).Fit(w)
	}
	return l.Add(widget.S(theme.Plain, " ends it: this was the last")).Fit(w)
}

// stepNeeds is how wide a step's row is when nothing of it is cut.
func (r *Run) stepNeeds(i int) int {
	left, right := r.stepParts(i)
	if len(right) == 0 {
		return left.Width()
	}
	return left.Width() + 1 + right.Width()
}

// stepRow is one step in the list.
func (r *Run) stepRow(i, w int) widget.Line {
	left, right := r.stepParts(i)
	if i != r.view.Current && left.Width()+right.Width()+1 > w && right.Width() < 7 && r.view.Steps[i].Confirm == "" {
		right = nil // the words matter more than how long it took
	}
	if len(right) > 0 {
		right = append(widget.Line{widget.Gap(1)}, right...)
	}
	return widget.Ends(left, right, w)
}

// stepParts are a step's mark and title, and how long it took or what else is to be known of it.
func (r *Run) stepParts(i int) (left, right widget.Line) {
	s := r.view.Steps[i]
	m, ink := stepMark(s.State), theme.Plain
	switch {
	case i == r.view.Current && r.view.Gate != nil:
		m, ink = mark{"▲", "waits for you", theme.Warn}, theme.Strong
		right = widget.L(theme.Warn, "you")
	case i == r.view.Current && !ended(r.view.State):
		ink = theme.Strong
		right = widget.L(theme.Info, r.took(s))
	case i == r.view.Current && s.Ended.IsZero() && s.State != run.Pending:
		m, right = mark{"◌", "left in the middle", theme.Warn}, widget.L(theme.Muted, r.took(s))
	case s.State == run.Pending:
		ink = theme.Muted
		if s.Confirm != "" {
			right = widget.L(theme.Peril, "▲")
		}
	case s.State == run.Skipped, s.State == run.StepUndo:
		ink = theme.Muted
		right = widget.L(m.ink, m.word)
	case s.State == run.StepFail, s.State == run.Unsure:
		right = widget.L(m.ink, m.word)
	default:
		right = widget.L(theme.Muted, r.took(s))
	}
	return widget.Line{widget.S(m.ink, m.sign+" "), widget.S(ink, s.Title)}, right
}

// took is how long a step took, or takes so far.
func (r *Run) took(s run.StepView) string {
	switch {
	case s.Began.IsZero():
		return ""
	case s.Ended.IsZero() && ended(r.view.State): // it was left in the middle
		return widget.Since(r.view.Updated.Sub(s.Began))
	case s.Ended.IsZero():
		return widget.Since(r.env.World.Now.Sub(s.Began))
	}
	return widget.Since(s.Ended.Sub(s.Began))
}

// middle is what matters most: a gate, the end, or the step that is looked at.
func (r *Run) middle(w, h int) widget.Frame {
	s := r.shown()
	if now := fmt.Sprint(s != nil && r.looking, r.currentID(), r.look.id, r.view.GateSeq); now != r.reading {
		r.reading = now
		r.parts.scroll(partStep).from = 0
	}
	switch {
	case r.view.Gate != nil && !r.looking:
		return r.gateBox(w, h)
	case s == nil, ended(r.view.State) && !r.looking:
		return r.endBox(w, h)
	}
	if v := r.beneath(); busy(v) {
		return r.stepBelow(v, w, h)
	}
	return r.stepBox(*s, w, h)
}

// stepBox is a step: why it is, what it does, what it waits for, and what an operator can do about it.
func (r *Run) stepBox(s run.StepView, w, h int) widget.Frame {
	m := stepMark(s.State)
	current := s.ID == r.currentID()
	inner := w - 4
	top := widget.Wrap(theme.Plain, s.Why, inner)
	if len(s.Plan) > 0 {
		top = append(top, nil, widget.L(theme.Head, "WHAT IT DOES"))
		top = append(top, planLines(s.Plan, inner)...)
	}
	if s.Detail != "" && (s.State != run.Pending) {
		top = append(top, nil)
		top = append(top, widget.Hang(widget.L(m.ink, m.sign+" "), theme.Plain, s.Detail, inner)...)
	}
	var low []widget.Line
	if current {
		low = append(r.waitLines(inner), r.compass(inner)...)
	} else {
		low = traits(s.StepInfo, inner)
	}
	return r.unroll(widget.Box{Title: title(s.Title), Right: m.full()}, top, low, w, h)
}

// unroll draws what the middle shows: at rest its end is always in sight, and scrolled it is shown whole, line by line.
func (r *Run) unroll(b widget.Box, top, low []widget.Line, w, h int) widget.Frame {
	b = r.parts.box(partStep, b)
	whole := append(append(slices.Clone(top), nil), low...)
	b.Lines = spread(top, low, h-2)
	if r.parts.scroll(partStep).show(len(whole), h-2) > 0 {
		b.Lines, b.From = whole, r.parts.scroll(partStep).from
	}
	return b.Draw(w, h)
}

// spread puts one part at the top of h lines and one below it, near enough to be read together; where there is too little room the
// upper part gives way.
func spread(top, low []widget.Line, h int) []widget.Line {
	if len(top)+len(low) > h {
		top, low = headless(squeeze(top)), squeeze(low)
	}
	low = low[max(len(low)-h, 0):]
	if room := max(h-len(low), 0); len(top) > room {
		top = top[:room]
		if room > 0 { // a line that has no room for the sign is cut, and that shows it
			last := top[room-1]
			top[room-1] = last.Cut(0, widget.Width(strings.TrimRight(last.String(), " "))).Add(widget.S(theme.Muted, " …"))
		}
	}
	for range min(h-len(top)-len(low), 2) {
		top = append(top, nil)
	}
	return append(top, low...)
}

// headless drops the heads: where there is room for one line more, it is better a command.
func headless(lines []widget.Line) []widget.Line {
	return slices.DeleteFunc(lines, func(l widget.Line) bool { return len(l) == 1 && l[0].Ink == theme.Head })
}

func (r *Run) currentID() string {
	if i := r.view.Current; i >= 0 && i < len(r.view.Steps) {
		return r.view.Steps[i].ID
	}
	return ""
}

func (r *Run) stepTitle() string {
	if i := r.view.Current; i >= 0 && i < len(r.view.Steps) {
		return r.view.Steps[i].Title
	}
	return r.Crumb()
}

// endBox is how the run ended, or that it has not begun.
func (r *Run) endBox(w, h int) widget.Frame {
	v := r.view
	m := runMark(v.State)
	inner := w - 4
	lines := []widget.Line{widget.L(m.ink, m.sign+" "+m.word).Add(widget.S(theme.Muted, " after "+widget.Since(v.Updated.Sub(v.Started))))}
	if v.Detail != "" {
		lines = append(lines, nil)
		lines = append(lines, widget.Wrap(theme.Plain, v.Detail, inner)...)
	}
	lines = append(lines, nil,
		widget.Line{widget.S(theme.Muted, "run  "), widget.S(theme.Plain, v.ID)},
		widget.Line{widget.S(theme.Muted, "by   "), widget.S(theme.Plain, v.Header.Operator)},
		widget.Line{widget.S(theme.Muted, "legs "), widget.S(theme.Plain, fmt.Sprint(v.Leg))})
	b := widget.Box{Title: title(orWord(v.Header.Title, r.Crumb())), Ink: m.ink, Lines: lines}
	switch next := r.roundLine(inner); {
	case ended(v.State) && v.WhyNoResume() == "" && !r.walked():
		b.Lines = append(b.Lines, nil)
		b.Lines = append(b.Lines, r.deserted(inner)...)
		if next != nil {
			b.Lines = append(b.Lines, next)
		}
	case !ended(v.State):
		b.Ink = theme.Plain
		b.Lines = append(b.Lines, nil)
		b.Lines = append(b.Lines, r.compass(inner)...)
	case next != nil:
		b.Lines = append(b.Lines, nil, next)
	}
	return r.parts.text(partStep, b, w, h)
}
