package widget

import "github.com/vmtui/vmtui/ui/theme"

// Column is a column of a table. Every column but the last has one blank cell behind it.
type Column struct {
	Head  string
	W     int
	Right bool
	Grow  int // share of the room that is left over
	// Last says at which width of the whole table the column appears; narrower tables leave it out.
	Least int
}

// Table lays columns out over a width.
type Table struct {
	cols []Column
	show []bool
}

// NewTable is these columns over w cells.
func NewTable(w int, cols ...Column) Table {
	t := Table{cols: append([]Column(nil), cols...), show: make([]bool, len(cols))}
	used, shares := 0, 0
	for i, c := range cols {
		if t.show[i] = w >= c.Least; t.show[i] {
			used += c.W + 1
			shares += c.Grow
		}
	}
	left := max(w-used+1, 0)
	for i, c := range cols {
		if t.show[i] && c.Grow > 0 {
			more := left * c.Grow / shares
			t.cols[i].W += more
			left, shares = left-more, shares-c.Grow
		}
	}
	return t
}

// Wide is the width of a column, 0 when it is left out.
func (t Table) Wide(i int) int {
	if !t.show[i] {
		return 0
	}
	return t.cols[i].W
}

// Head is the line of the columns' heads.
func (t Table) Head() Line {
	cells := make([]Line, len(t.cols))
	for i, c := range t.cols {
		cells[i] = L(theme.Head, c.Head)
	}
	return t.Row(cells...)
}

// Row is one line of cells, each kept inside its column.
func (t Table) Row(cells ...Line) Line {
	var out Line
	for i, c := range t.cols {
		if !t.show[i] {
			continue
		}
		var cell Line
		if i < len(cells) {
			cell = cells[i]
		}
		if len(out) > 0 {
			out = append(out, Gap(1))
		}
		if c.Right {
			out = append(out, cell.Right(c.W)...)
			continue
		}
		out = append(out, cell.Fit(c.W)...)
	}
	return out
}
