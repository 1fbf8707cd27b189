package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// bookRows is what is left beside the plan for what a runbook does.
const bookRows = 14

// Draw implements Screen.
func (b *Books) Draw(w, h int) widget.Frame {
	b.panes.begin()
	out := widget.Blank(w, h)
	shelf := min(len(b.books)+3, max(h/3, 5))
	if w >= 110 {
		shelf = min(len(b.books)+3, max(h-bookRows, h/3))
		left := min(max(w*2/5, 58), 90)
		out.Put(0, 0, b.shelfBox(left, shelf))
		out.Put(0, shelf, b.bookBox(left, h-shelf))
		out.Put(left, 0, b.planBox(w-left, h))
		return out
	}
	about := (h - shelf) / 2
	if b.panes.on == panePlan {
		about = max(about/2, 5)
	}
	out.Put(0, 0, b.shelfBox(w, shelf))
	out.Put(0, shelf, b.bookBox(w, about))
	out.Put(0, shelf+about, b.planBox(w, h-shelf-about))
	return out
}

// shelfBox is the list of runbooks.
func (b *Books) shelfBox(w, h int) widget.Frame {
	rows := b.visible()
	box := widget.Box{Title: b.filter.title("Runbooks"), Right: widget.L(theme.Muted, b.counted(len(rows)))}
	box.Lines, box.Hits = b.rows.draw(rows, "book", w-4, h-2)
	switch {
	case !b.known:
		box.Right, box.Lines = nil, []widget.Line{widget.L(theme.Muted, "◌ reading the shelf")}
	case b.err != nil:
		box.Lines = []widget.Line{widget.Line{widget.S(theme.Bad, "✗ "), widget.S(theme.Plain, brief(b.err))}.Fit(w - 4)}
	case len(rows) == 0:
		box.Lines = append(box.Lines, widget.L(theme.Muted, "no runbook matches /"+b.filter.text).Fit(w-4))
	}
	box.Foot = widget.Join(widget.Gap(2), b.rows.note(rows), b.rows.foot())
	return b.panes.box(paneBooks, box).Draw(w, h)
}

// counted is how many runbooks there are, and how many of them are seen.
func (b *Books) counted(shown int) string {
	if shown < len(b.books) {
		return fmt.Sprintf("%d of %s", shown, spelling.Count(len(b.books), "runbook", "runbooks"))
	}
	return widget.Count(shown, "runbook", "runbooks")
}

// columns are what a runbook shows in the list.
func (b *Books) columns() []column[desk.Book] {
	worse := []act.Danger{act.Safe, act.Changes, act.Destroys}
	last := func(x desk.Book) time.Time { r, _ := b.last(x.ID); return r.Updated }
	return []column[desk.Book]{
		{Column: widget.Column{Head: "RUNBOOK", W: 17, Grow: 3}, by: byText(func(x desk.Book) string { return x.ID }), cell: inked(theme.Strong, func(x desk.Book) string { return x.ID })},
		{Column: widget.Column{Head: "DANGER", W: 10}, most: true, by: func(x, y desk.Book) int { return slices.Index(worse, x.Danger) - slices.Index(worse, y.Danger) },
			cell: func(x desk.Book, _ int) widget.Line { return shortDanger(x) }},
		{Column: widget.Column{Head: "LAST", W: 16, Grow: 1}, most: true, by: func(x, y desk.Book) int { return last(x).Compare(last(y)) },
			known: func(x desk.Book) bool { return !last(x).IsZero() }, cell: func(x desk.Book, w int) widget.Line { return b.lastLine(x.ID, w) }},
	}
}

// shortDanger is a runbook's danger in a word.
func shortDanger(x desk.Book) widget.Line {
	m := danger(x.Danger)
	switch m.ink {
	case theme.Warn:
		m.word = "changes"
	case theme.Good:
		m.word = "looks"
	default:
	}
	return m.full()
}

// lastLine is how a runbook's newest run stands, and how long ago that was.
func (b *Books) lastLine(book string, w int) widget.Line {
	x, ok := b.last(book)
	if !ok {
		return widget.L(theme.Muted, "never run here")
	}
	m := runMark(x.State)
	l := widget.Line{widget.S(m.ink, m.sign+" "+m.word), widget.S(theme.Muted, " "+age(x.Updated, b.env.World.Now))}
	if l.Width()+4 <= w {
		l = l.Add(widget.S(theme.Muted, " ago"))
	}
	return l
}

// bookBox says what the selected runbook does, what is dangerous about it, and on which worker it can be walked.
func (b *Books) bookBox(w, h int) widget.Frame {
	x := b.book()
	if x.ID == "" {
		return b.panes.text(paneBook, widget.Box{Title: title("What it does")}, w, h)
	}
	inner := w - 4
	box := widget.Box{Title: title(x.Title), Right: shortDanger(x), Lines: widget.Wrap(theme.Plain, x.Summary, inner)}
	if x.Usual != "" {
		box.Lines = append(box.Lines, widget.Line{widget.S(theme.Muted, "usually "), widget.S(theme.Plain, x.Usual)}.Fit(inner))
	}
	box.Lines = append(box.Lines, ownLines(x, inner)...)
	box.Lines = append(box.Lines, nil, widget.L(theme.Head, "ON"))
	if x.Targets == "" {
		box.Lines = append(box.Lines, widget.L(theme.Plain, "  no target: it says itself where"))
	}
	chosen, at := b.worker(), 0
	for _, name := range b.workers() {
		if name == chosen {
			at = len(box.Lines)
		}
		box.Choice("worker:"+name, b.workerLine(x.ID, name, name == chosen, inner), name == chosen && b.panes.on == paneBook)
	}
	if len(x.Dangers) > 0 {
		box.Lines = append(box.Lines, nil, widget.L(theme.Head, "DANGERS"))
	}
	for _, d := range x.Dangers {
		box.Lines = append(box.Lines, widget.Hang(widget.L(theme.Bad, "▲ "), theme.Plain, d, inner)...)
	}
	if b.panes.on == paneBook {
		box.From = window(at, len(box.Lines), h-2)
	}
	return b.panes.box(paneBook, box).Draw(w, h)
}

// ownLines are what a runbook has to say beside: what it takes, and of the instance's own its file and its mistake.
func ownLines(x desk.Book, w int) []widget.Line {
	var lines []widget.Line
	if x.Off != "" {
		lines = append(lines, widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, x.Off, w)...)
	}
	if x.From != "" {
		lines = append(lines, widget.Hang(widget.L(theme.Muted, "file    "), theme.Muted, x.From, w)...)
	}
	for _, in := range x.Inputs {
		lines = append(lines, widget.Hang(widget.L(theme.Muted, "takes   "), theme.Plain, inputWords(in), w)...)
	}
	return lines
}

// inputWords say what an input is, of what kind, and what it is when nothing is said.
func inputWords(in run.Input) string {
	kind := []string{orWord(in.Default, "empty") + " unless said"}
	if in.Needed {
		kind = []string{"needed"}
	}
	if in.Type != "" && in.Type != "string" {
		kind = append([]string{in.Type}, kind...)
	}
	said := in.Name
	if in.About != "" {
		said += ": " + in.About
	}
	return said + " (" + strings.Join(kind, ", ") + ")"
}

// workerLine is a worker, and why the runbook cannot be walked on it just now.
func (b *Books) workerLine(book, worker string, chosen bool, w int) widget.Line {
	sign := "  "
	if chosen {
		sign = "▸ "
	}
	l := append(widget.L(theme.Key, sign), widget.L(theme.Strong, worker).Fit(12)...)
	if why := b.stands(book, worker); why != "" {
		return l.Add(widget.S(theme.Warn, "○ "), widget.S(theme.Muted, why)).Fit(w)
	}
	return l.Add(widget.S(theme.Good, "● "), widget.S(theme.Plain, "can be planned")).Fit(w)
}

// planBox is the plan, with its age.
func (b *Books) planBox(w, h int) widget.Frame {
	box := widget.Box{Title: title(b.planTitle()), Lines: b.planLines(w - 4)}
	if b.planKnown() && b.plan.err == nil {
		box.Right = widget.L(theme.Muted, widget.Count(len(b.plan.plan.Steps), "step", "steps")+" · seen "+age(b.plan.seen, b.env.World.Now)+" ago")
	}
	return b.panes.text(panePlan, box, w, h)
}

func (b *Books) planTitle() string {
	if x := b.book(); x.ID != "" && x.Targets == "" {
		return "Plan of " + x.ID
	}
	return "Plan for " + orWord(b.worker(), "nobody")
}

// planKnown reports that the plan at hand is that of what is selected.
func (b *Books) planKnown() bool { return b.plan.of != "" && b.plan.of == b.book().ID+" "+b.worker() }

// planLines are the steps with why, and exactly what each sends.
func (b *Books) planLines(w int) []widget.Line {
	switch x := b.book(); {
	case x.Off != "":
		return widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, "its file has a mistake: "+x.Off, w)
	case wants(x) != "":
		return widget.Hang(widget.L(theme.Info, "◌ "), theme.Plain, fmt.Sprintf("%s has to be said before there can be a plan: %s asks for it", wants(x), b.env.World.Keys.Get("open").Cap()), w)
	case x.ID == "" || b.worker() == "" && x.Targets != "":
		return []widget.Line{widget.L(theme.Muted, "nothing is selected")}
	case !b.planKnown():
		return lookingLines(b.env.World, b.asked, w)
	case b.plan.err != nil:
		lines := widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(b.plan.err), w)
		if next := nextStep(b.plan.err); next != "" {
			lines = append(lines, widget.Hang(widget.L(theme.Accent, "→ "), theme.Plain, next, w)...)
		}
		return lines
	}
	var lines []widget.Line
	for _, r := range b.plan.plan.Refusals {
		lines = append(lines, refusalLines(r, w)...)
	}
	for _, d := range b.plan.plan.Warnings {
		lines = append(lines, widget.Hang(widget.L(theme.Warn, "▲ "), theme.Plain, d, w)...)
	}
	for i, s := range b.plan.plan.Steps {
		if len(lines) > 0 {
			lines = append(lines, nil)
		}
		lines = append(lines, planStep(i, s, w)...)
	}
	return lines
}

// planStep is a step in full.
func planStep(i int, s desk.PlanStep, w int) []widget.Line {
	head, tag := theme.Strong, ""
	switch {
	case s.Already:
		tag = "so already"
	case s.Confirm != "":
		head, tag = theme.Peril, "▲ no way back: asks for the name"
	}
	lines := []widget.Line{widget.Ends(widget.Line{widget.S(theme.Muted, fmt.Sprintf("%2d ", i+1)), widget.S(head, s.Title)}, widget.L(theme.Muted, " "+tag), w)}
	indent := widget.Line{widget.Gap(3)}
	lines = append(lines, widget.Hang(indent, theme.Muted, s.Why, w)...)
	if s.Usual != "" {
		lines = append(lines, widget.Hang(indent, theme.Muted, "usually "+s.Usual, w)...)
	}
	for _, l := range planLines(s.Plan, w-3) {
		lines = append(lines, append(widget.Line{widget.Gap(3)}, l...))
	}
	return lines
}
