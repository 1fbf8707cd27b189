package widget

import "github.com/vmtui/vmtui/ui/theme"

// Column is a column of a table. Every column but the last has one blank cell behind it.
type Column struct {
	Head  string
	W     int
	Right bool
	Want  int // how wide it would have to be to show all; given before anything is shared out, where there is room
	Kin   int // columns of one kin, if it is not 0, get what they want together or not at all: what is alike looks alike
	Grow  int // share of the room that is left over
	// Least says at which width of the whole table the column appears; narrower tables leave it out.
	Least int
	// Rank says which columns go first when not all fit: the highest. A column of rank 0 stays.
	Rank int
}

// Table lays columns out over a width.
type Table struct {
	cols []Column
	show []bool
}

// NewTable is these columns over w cells.
func NewTable(w int, cols ...Column) Table {
	t := Table{cols: append([]Column(nil), cols...), show: make([]bool, len(cols))}
	for i, c := range cols {
		t.show[i] = w >= c.Least
	}
	t.thin(w)
	t.widen(w)
	used, shares := t.need(), 0
	for i, c := range cols {
		if t.show[i] {
			shares += c.Grow
		}
	}
	left := max(w-used, 0)
	for i, c := range cols {
		if t.show[i] && c.Grow > 0 {
			more := left * c.Grow / shares
			t.cols[i].W += more
			left, shares = left-more, shares-c.Grow
		}
	}
	return t
}

// widen gives columns what they want, from the first on, while there is room.
func (t Table) widen(w int) {
	left := w - t.need()
	for i, c := range t.cols {
		if !t.show[i] || c.Want <= c.W || c.Kin != 0 && t.lacks(c.Kin) > left {
			continue
		}
		more := min(c.Want-c.W, left)
		t.cols[i].W += more
		left -= more
	}
}

// lacks is how many cells the columns of a kin want and do not have.
func (t Table) lacks(kin int) int {
	n := 0
	for i, c := range t.cols {
		if t.show[i] && c.Kin == kin {
			n += max(c.Want-c.W, 0)
		}
	}
	return n
}

// need is how many cells the columns that are shown take.
func (t Table) need() int {
	n := -1
	for i, c := range t.cols {
		if t.show[i] {
			n += c.W + 1
		}
	}
	return max(n, 0)
}

// thin leaves columns out, those of the highest rank first, until the others fit.
func (t Table) thin(w int) {
	for t.need() > w {
		last := -1
		for i, c := range t.cols {
			if t.show[i] && c.Rank > 0 && (last < 0 || c.Rank > t.cols[last].Rank) {
				last = i
			}
		}
		if last < 0 {
			return
		}
		t.show[last] = false
	}
}

// X is where a column begins.
func (t Table) X(i int) int {
	x := 0
	for j := range i {
		if t.show[j] {
			x += t.cols[j].W + 1
		}
	}
	return x
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

// Sorted is the line of the heads with an arrow at the column that the rows are sorted by: behind the head, or before it where the head stands at
// the right. The arrow takes a cell that is blank otherwise, so that no column moves.
func (t Table) Sorted(by int, arrow string) Line {
	head := t.Head()
	if by < 0 || by >= len(t.cols) || !t.show[by] {
		return head
	}
	c := t.cols[by]
	x, n := t.X(by), Width(c.Head)
	switch {
	case c.Right:
		x += c.W - n - 1
	default:
		x += n
	}
	x = max(x, 0)
	return append(head.Cut(0, x), append(Line{S(theme.Accent, arrow)}, head.Cut(x+1, head.Width())...)...)
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
