package screen

import (
	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ui/widget"
)

// browser is a list that a filter thins out, in the first of two panes; the second shows the selected row whole. What the rows are and what is drawn of
// them is the screen's own.
type browser[T any] struct {
	list[T]
	panes  panes
	filter matcher
	kind   string         // of the rows' regions
	all    func() []T     // every row
	says   func(T) string // what the filter looks into; nil where there is none
	nest   func([]T) []T  // the list's own order of what the filter lets through; nil: as they come
	moved  func()         // hears that the list was moved in or sorted; may be nil
}

// visible are the rows that the filter lets through, in their order.
func (b *browser[T]) visible() []T {
	rows := b.all()
	if b.filter.on() && b.says != nil {
		rows = sifted(b.filter, rows, b.says)
	}
	if b.nest != nil {
		rows = b.nest(rows)
	}
	return b.arrange(rows)
}

// selected is the row under the cursor.
func (b *browser[T]) selected() (T, bool) { return selectedIn(&b.list, b.visible()) }

// detail is the pane that shows the selected row.
func (b *browser[T]) detail() string { return b.panes.names[1] }

// take takes what the hand did besides pressing a binding: it typed a filter, clicked, or turned the wheel.
func (b *browser[T]) take(msg tea.Msg) {
	switch msg := msg.(type) {
	case Filter:
		b.filter = newMatcher(msg.Text)
	case Clicked:
		b.click(msg.ID)
	case Wheeled:
		b.wheel(msg)
	}
}

// press handles a binding that moves in the pane that has the keys, sorts, or gives the keys to another, and reports whether it was one.
func (b *browser[T]) press(id string) bool { return b.move(id) || b.panes.press(id) }

func (b *browser[T]) move(id string) bool {
	if b.panes.on == b.detail() && b.panes.scroll(b.detail()).move(id) {
		return true
	}
	return b.touch(func() bool { return b.list.press(id, b.visible()) })
}

func (b *browser[T]) click(id string) {
	kind, what := split(id)
	if kind == "pane" {
		b.panes.focus(what)
		return
	}
	if b.touch(func() bool { return b.list.click(kind, what, b.kind) }) {
		b.panes.focus(b.panes.names[0])
	}
}

func (b *browser[T]) wheel(m Wheeled) {
	if m.Pane == b.detail() {
		b.panes.scroll(m.Pane).wheel(m.Down)
		return
	}
	b.panes.focus(b.panes.names[0])
	b.move(m.step())
}

// touch lets the list handle something, and reports whether it did. Another row is shown from its beginning.
func (b *browser[T]) touch(handle func() bool) bool {
	before := b.at.id
	if !handle() {
		return false
	}
	b.at.settle(b.ids(b.visible()))
	if b.at.id != before {
		b.panes.scroll(b.detail()).from = 0
	}
	if b.moved != nil {
		b.moved()
	}
	return true
}

// pane draws the list's. said stands in its border behind what the list has to note itself, below stands under the rows.
func (b *browser[T]) pane(words string, rows []T, said widget.Line, below []widget.Line, w, h int) widget.Frame {
	lines, hits := b.draw(rows, b.kind, w-4, h-2)
	box := widget.Box{Title: b.filter.title(words), Right: widget.Join(widget.Gap(2), b.note(rows), said), Lines: append(lines, below...), Hits: hits}
	return b.panes.box(b.panes.names[0], box).Draw(w, h)
}

// listAndDetail puts what is selected beside its list, or below it with at least that many rows where there is no room.
func listAndDetail(w, h, least int, list, detail func(w, h int) widget.Frame) widget.Frame {
	out := widget.Blank(w, h)
	if w >= 150 {
		side := min(w*2/5, 100)
		out.Put(0, 0, list(w-side, h))
		out.Put(w-side, 0, detail(side, h))
		return out
	}
	low := max(min(h/3, 12), least)
	out.Put(0, 0, list(w, h-low))
	out.Put(0, h-low, detail(w, low))
	return out
}
