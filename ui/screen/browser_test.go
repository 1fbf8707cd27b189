package screen

import (
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// planets is a browser of words; each fills more than its pane.
func planets() *browser[string] {
	name := func(s string) string { return s }
	return &browser[string]{
		list:  list[string]{id: name, page: 5, cols: []column[string]{{Column: widget.Column{Head: "NAME", W: 10}, by: byText(name), cell: inked(theme.Plain, name)}}},
		panes: newPanes("planets", "planet"), kind: "planet", says: name,
		all: func() []string { return []string{"vulcan", "andoria", "tellar", "earth"} },
	}
}

func (b *browser[T]) drawn(t *testing.T) string {
	t.Helper()
	b.panes.begin()
	list := b.pane("Planets", b.visible(), nil, nil, 40, 8)
	row, _ := b.selected()
	detail := b.panes.text(b.detail(), widget.Box{Title: title(b.id(row)), Lines: make([]widget.Line, 20)}, 40, 8)
	return list.String() + detail.String()
}

// Wherever the keys are, a row that is clicked gets them for the list and is shown from its beginning; the one that stays keeps how far it was read.
func TestABrowsedRowIsShownFromItsBeginning(t *testing.T) {
	b := planets()
	b.drawn(t)
	read := func() int { b.drawn(t); return b.panes.scroll("planet").from }
	b.press("pane-2")
	b.press("down")
	b.take(Wheeled{Pane: "planet", Down: true})
	if read() != 4 || b.at.id != "vulcan" {
		t.Fatalf("%d lines down in %s", read(), b.at.id)
	}
	b.take(Clicked{ID: "sort:NAME"})
	if read() != 4 || b.at.id != "vulcan" || b.panes.on != "planets" {
		t.Errorf("sorted: %d lines down in %s, %s has the keys", read(), b.at.id, b.panes.on)
	}
	b.press("pane-2")
	b.take(Clicked{ID: "planet:earth"})
	if read() != 0 || b.at.id != "earth" || b.panes.on != "planets" {
		t.Errorf("clicked: %d lines down in %s, %s has the keys", read(), b.at.id, b.panes.on)
	}
}

// The filter thins out what the keys move in, and stands in the title.
func TestABrowsersFilter(t *testing.T) {
	b := planets()
	b.drawn(t)
	b.take(Filter{Text: "!a"})
	if got := b.visible(); len(got) != 0 {
		t.Errorf("%q are let through", got)
	}
	b.take(Filter{Text: "e"})
	b.take(Wheeled{Pane: "planets", Down: true})
	if got := strings.Join(b.visible(), " "); got != "tellar earth" || b.at.id != "earth" {
		t.Errorf("%q are let through, %s is selected", got, b.at.id)
	}
	if !strings.Contains(b.drawn(t), "Planets  /e") {
		t.Error("the title does not say the filter:\n" + b.drawn(t))
	}
}
