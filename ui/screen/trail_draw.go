package screen

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/trail"
	"github.com/vmtui/vmtui/ops/verb"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// outcomeOf is the sign of how an entry ended. What left and was never answered is unknown.
func outcomeOf(e trail.Entry) mark {
	switch {
	case e.Kind == trail.Decision:
		return mark{"·", "decided", theme.Muted}
	case e.Kind == trail.Ending:
		return runMark(run.State(e.Outcome))
	case e.Outcome == "done":
		return mark{"✓", "done", theme.Good}
	case e.Outcome == "failed":
		return mark{"✗", "failed", theme.Bad}
	}
	return mark{"?", "unknown", theme.Warn}
}

// columns are what an entry shows in the list.
func (t *Trail) columns() []column[trail.Entry] {
	on := func(e trail.Entry) string { return e.On }
	what := func(e trail.Entry) string { return strings.ReplaceAll(e.What, "\n", " ") }
	how := func(e trail.Entry) string { return outcomeOf(e).word }
	of := func(e trail.Entry) string { return verb.Spoken(e.Runbook) }
	return []column[trail.Entry]{
		{Column: widget.Column{Head: "TIME", W: 16}, most: true, by: func(a, b trail.Entry) int { return a.Time.Compare(b.Time) },
			cell: inked(theme.Muted, func(e trail.Entry) string { return e.Time.Local().Format("2006-01-02 15:04") })},
		{Column: widget.Column{Head: "ENDED", W: 13}, by: byText(how), cell: func(e trail.Entry, _ int) widget.Line { return outcomeOf(e).full() }},
		{Column: widget.Column{Head: "BY", W: 12, Grow: 1, Least: 90}, by: byText(whose), cell: inked(theme.Plain, whose)},
		{Column: widget.Column{Head: "ON", W: 10, Grow: 1}, by: byText(on), cell: inked(theme.Plain, on)},
		{Column: widget.Column{Head: "WHAT", W: 20, Grow: 5}, by: byText(what), cell: inked(theme.Strong, what)},
		{Column: widget.Column{Head: "OF", W: 14, Grow: 1, Least: 119}, by: byText(of), cell: inked(theme.Muted, of)},
	}
}

// Draw implements Screen.
func (t *Trail) Draw(w, h int) widget.Frame {
	t.entries.panes.begin()
	return listAndDetail(w, h, 7, t.list, t.detail)
}

func (t *Trail) list(w, h int) widget.Frame {
	entries := t.entries.visible()
	count := widget.L(theme.Muted, widget.Count(len(entries), "entry", "entries"))
	if t.known {
		count = widget.Join(widget.Gap(2), count, widget.L(theme.Muted, "read "+age(t.seen, t.env.World.Now)+" ago"))
	}
	return t.entries.pane("Who did what", entries, count, t.none(entries), w, h)
}

func (t *Trail) none(entries []trail.Entry) []widget.Line {
	switch {
	case len(entries) > 0:
		return nil
	case t.err != nil:
		return []widget.Line{widget.L(theme.Bad, "✗ "+brief(t.err))}
	case !t.known:
		return []widget.Line{widget.L(theme.Muted, "◌ reading the trail")}
	case t.entries.filter.on():
		return []widget.Line{widget.L(theme.Muted, "no entry matches the filter")}
	}
	return []widget.Line{widget.L(theme.Muted, "nothing was done yet")}
}

// detail is the selected entry: exactly what was done, and what came back.
func (t *Trail) detail(w, h int) widget.Frame {
	e, ok := t.entries.selected()
	if !ok {
		return t.entries.panes.text(paneEntry, widget.Box{Title: title("Entry")}, w, h)
	}
	lines := []widget.Line{
		widget.Join(widget.Gap(3), widget.L(theme.Strong, whose(e)), widget.L(theme.Muted, e.Time.Local().Format("2006-01-02 15:04:05")), widget.L(theme.Plain, "on "+e.On),
			widget.L(theme.Muted, verb.Place(e.Runbook, e.Step))),
		outcomeOf(e).full().Add(widget.S(theme.Muted, tookWords(e))),
	}
	lines = append(lines, widget.Hang(widget.L(theme.Accent, "› "), theme.Info, e.What, w-4)...)
	if e.Detail != "" {
		lines = append(lines, widget.Hang(widget.L(outcomeOf(e).ink, "  "), outcomeOf(e).ink, e.Detail, w-4)...)
	}
	for _, l := range e.Output {
		lines = append(lines, widget.Hang(widget.L(theme.Plain, "  "), theme.Plain, l, w-4)...)
	}
	if e.Pruned > 0 {
		lines = append(lines, widget.L(theme.Muted, fmt.Sprintf("  %s of output pruned", spelling.Count(e.Pruned, "line", "lines"))))
	}
	lines = append(lines, widget.L(theme.Muted, "run "+e.Run))
	return t.entries.panes.text(paneEntry, widget.Box{Title: title(cmp.Or(map[trail.Kind]string{trail.Act: "Change", trail.Decision: "Decision"}[e.Kind], "Run")), Lines: lines}, w, h)
}

func tookWords(e trail.Entry) string {
	if e.Took <= 0 {
		return ""
	}
	return " after " + lasted(e.Took)
}
