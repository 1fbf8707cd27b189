package widget

import (
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ui/theme"
)

func TestColumnsOfTheHighestRankGiveWayFirst(t *testing.T) {
	cols := []Column{{Head: "NAME", W: 8}, {Head: "ROLE", W: 6, Rank: 2}, {Head: "CPU", W: 4}, {Head: "TREND", W: 7, Rank: 3}, {Head: "DISK", W: 4, Rank: 1}}
	for _, c := range []struct {
		w    int
		want string
	}{{33, "NAME ROLE CPU TREND DISK"}, {32, "NAME ROLE CPU DISK"}, {25, "NAME ROLE CPU DISK"}, {24, "NAME CPU DISK"}, {17, "NAME CPU"}, {5, "NAME CPU"}} {
		table := NewTable(c.w, cols...)
		if got := strings.Join(strings.Fields(table.Head().String()), " "); got != c.want {
			t.Errorf("in %d cells: %s, want %s", c.w, got, c.want)
		}
	}
}

func TestTheArrowMovesNoColumn(t *testing.T) {
	table := NewTable(20, Column{Head: "WEB", W: 3}, Column{Head: "NAME", W: 8}, Column{Head: "DISK", W: 4, Right: true}, Column{Head: "X", W: 2})
	for i, want := range map[int]string{-1: "WEB NAME     DISK X ", 0: "WEB↑NAME     DISK X ", 1: "WEB NAME↑    DISK X ", 2: "WEB NAME    ↑DISK X ", 3: "WEB NAME     DISK X↑"} {
		if got := table.Sorted(i, "↑").String(); got != want {
			t.Errorf("column %d: %q, want %q", i, got, want)
		}
	}
}

func TestABoxSaysWhetherItHasTheKeys(t *testing.T) {
	b := Box{ID: "nodes", Number: 2, Title: L(theme.Title, "a title that is rather long"), Right: L(theme.Muted, "48s"), Hits: []Hit{{Y: 0, ID: "row"}}, Lines: []Line{nil}}
	for focused, want := range map[bool]string{false: "╭─ [2] a title that is rat…  48s ─╮", true: "╭─▸[2] a title that is rat…  48s ─╮"} {
		b.Focused = focused
		f := b.Draw(35, 4)
		if got := f.Lines[0].String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if f.At(5, 1) != "row" || f.Pane(5, 1) != "nodes" || f.At(5, 2) != "pane:nodes" || f.Pane(40, 1) != "" {
			t.Errorf("hits: %q, %q, %q", f.At(5, 1), f.Pane(5, 1), f.At(5, 2))
		}
	}
}

func TestChart(t *testing.T) {
	var got []string
	for _, l := range Chart(theme.Plain, []float64{0, 50, 100, 60}, 5, 2, 100) {
		got = append(got, l.String())
	}
	if want := []string{"   █▂", " ▁███"}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Chart(theme.Plain, nil, 5, 2, 100); got != nil {
		t.Errorf("of nothing: %q", got)
	}
}
