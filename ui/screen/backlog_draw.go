package screen

import (
	"fmt"

	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// columns are what a job shows in the list.
func (b *Backlog) columns() []column[sidekiq.Entry] {
	class, host, failed := func(e sidekiq.Entry) string { return e.Class }, func(e sidekiq.Entry) string { return e.Host }, func(e sidekiq.Entry) string { return e.Error }
	return []column[sidekiq.Entry]{
		{Column: widget.Column{Head: "CLASS", W: 20, Grow: 3}, by: byText(class), cell: inked(theme.Strong, class)},
		{Column: widget.Column{Head: "AGE", W: 5, Right: true}, by: func(a, c sidekiq.Entry) int { return c.At.Compare(a.At) },
			cell: inked(theme.Plain, func(e sidekiq.Entry) string { return age(e.At, b.env.World.Now) })},
		{Column: widget.Column{Head: "TO HOST", W: 14, Grow: 2, Rank: 1}, by: byText(host), cell: inked(theme.Plain, host)},
		{Column: widget.Column{Head: "ERROR", W: 14, Grow: 2, Rank: 2}, by: byText(failed), cell: inked(theme.Warn, failed)},
		{Column: widget.Column{Head: "DUE", W: 9, Right: true, Rank: 3}, by: func(a, c sidekiq.Entry) int { return a.Due.Compare(c.Due) }, cell: b.due},
		{Column: widget.Column{Head: "JID", W: 24, Rank: 4}, cell: inked(theme.Muted, func(e sidekiq.Entry) string { return e.JID })},
	}
}

// due is when a job of a set comes next, or how long ago it died.
func (b *Backlog) due(e sidekiq.Entry, _ int) widget.Line {
	now := b.env.World.Now
	switch {
	case e.Due.IsZero():
		return nil
	case e.Due.After(now):
		return widget.L(theme.Plain, "in "+widget.Brief(e.Due.Sub(now)))
	}
	return widget.L(theme.Muted, age(e.Due, now)+" ago")
}

// Draw implements Screen.
func (b *Backlog) Draw(w, h int) widget.Frame {
	b.panes.begin()
	out := widget.Blank(w, h)
	if w >= 110 {
		left := w * 2 / 3
		out.Put(0, 0, b.jobsBox(left, h))
		out.Put(left, 0, b.countsBox(w-left, h))
		return out
	}
	under := h / 3
	if b.panes.on == paneCounts {
		under = h * 2 / 3
	}
	out.Put(0, 0, b.jobsBox(w, h-under))
	out.Put(0, h-under, b.countsBox(w, under))
	return out
}

func (b *Backlog) jobsBox(w, h int) widget.Frame {
	rows := b.visible()
	lines, hits := b.rows.draw(rows, "job", w-4, h-2)
	switch {
	case b.looks != nil:
		lines = append([]widget.Line{progressLine(b.looks, b.env, w-4)}, lines...)
		for i := range hits {
			hits[i].Y++
		}
	case b.err != nil:
		lines = append(lines, faultLines(b.err, w-4)...)
	case len(rows) == 0:
		lines = append(lines, widget.L(theme.Muted, b.empty()).Fit(w-4))
	}
	head := title("Jobs of " + b.name)
	if !b.filter.Empty() {
		head = head.Add(widget.S(theme.Muted, "  "), widget.S(theme.Accent, b.filter.String()))
	}
	if b.shown.on() {
		head = head.Add(widget.S(theme.Muted, "  /"), widget.S(theme.Accent, b.shown.text))
	}
	box := widget.Box{Title: head, Foot: widget.Join(widget.Gap(2), b.rows.note(rows), b.rows.foot()), Lines: lines, Hits: hits}
	if b.known && b.err == nil && len(b.page.Entries) > 0 {
		box.Right = widget.L(theme.Muted, fmt.Sprintf("%d to %d of %s · ", b.skip+1, b.skip+len(b.page.Entries), count(b.page.Size)))
	}
	box.Right = append(box.Right, seenAgo(b.seen, b.env.World.Now)...)
	return b.panes.box(paneBacklog, box).Draw(w, h)
}

// empty says why no job is listed.
func (b *Backlog) empty() string {
	switch {
	case !b.known:
		return "◌ asking Redis"
	case b.shown.on() && len(b.page.Entries) > 0:
		return fmt.Sprintf("none of the %s on this page matches /%s", spelling.Count(len(b.page.Entries), "job", "jobs"), b.shown.text)
	case b.skip > 0:
		return "there are no more jobs"
	case !b.filter.Empty():
		return "none of its jobs is meant by that"
	}
	return "there is no job in " + b.name
}

func (b *Backlog) countsBox(w, h int) widget.Frame {
	return b.panes.text(paneCounts, widget.Box{Title: title("What is in it"), Right: seenAgo(b.counted, b.env.World.Now), Lines: b.countLines(w - 4)}, w, h)
}

func (b *Backlog) countLines(w int) []widget.Line {
	var lines []widget.Line
	if b.count != nil {
		lines = append(lines, progressLine(b.count, b.env, w))
	}
	if b.inErr != nil {
		lines = append(lines, faultLines(b.inErr, w)...)
	}
	if b.in.Place == "" {
		return lines
	}
	lines = append(lines, histogramLines(b.in, b.counted, w, 12)...)
	queue := b.name
	if b.place.Shelf != nil {
		queue = b.place.Shelf.Queue
	}
	return append(lines, lossLines(sidekiq.LossOf(queue), w)...)
}
