package screen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// column is a column of a list: its place in the table, what a row shows in it, and how rows compare by it.
type column[T any] struct {
	widget.Column
	cell  func(row T, w int) widget.Line
	by    func(a, b T) int // nil: nobody sorts by it
	known func(T) bool     // rows whose value is not known stand last, whichever way the others are sorted; nil: it always is
	most  bool             // the greatest first
	whole bool             // it is uncut wherever there is room
}

// list is rows in columns, the same in every place that has them: selected and marked by id, sorted by a column, and in wide mode with every column
// untruncated, moved sideways where they do not fit.
type list[T any] struct {
	id    func(T) string
	cols  []column[T]
	fixed int // how many columns stay when the others are moved sideways
	at    cursor
	picks picks
	order order
	page  int // half of the rows that are seen

	wide bool
	left int            // columns moved out of sight at the left
	full map[string]int // the widest cell seen in a column, so that columns do not twitch while rows move
	seen int            // of the columns that move, how many the last drawing showed
	told []string       // the heads that the last drawing showed
	over [2]int         // how many rows the last drawing left out above and below
}

// arrange sorts rows as the operator chose; equal rows keep the list's own order.
func (l *list[T]) arrange(rows []T) []T {
	i := slices.IndexFunc(l.cols, func(c column[T]) bool { return c.Head == l.order.by && c.by != nil })
	if l.order.by == "" || i < 0 {
		return rows
	}
	c, sign := l.cols[i], 1
	if l.descends(c) {
		sign = -1
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b T) int {
		if c.known != nil && c.known(a) != c.known(b) {
			return map[bool]int{true: -1, false: 1}[c.known(a)]
		}
		return sign * c.by(a, b)
	})
	return rows
}

// descends reports that the greatest stands first.
func (l *list[T]) descends(c column[T]) bool { return c.most != l.order.turned }

// arrow shows which way the rows are sorted.
func (l *list[T]) arrow() string {
	for _, c := range l.cols {
		if c.Head == l.order.by && l.descends(c) {
			return "↓"
		}
	}
	return "↑"
}

// heads are the columns that rows can be sorted by from here: in wide mode every one, otherwise those that are seen.
func (l *list[T]) heads() []string {
	var out []string
	for _, c := range l.cols {
		if c.by != nil && (l.wide || slices.Contains(l.told, c.Head)) {
			out = append(out, c.Head)
		}
	}
	return out
}

// ids are the rows' own.
func (l *list[T]) ids(rows []T) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = l.id(r)
	}
	return out
}

// selectedIn is the row of a list that has its cursor.
func selectedIn[T any](l *list[T], rows []T) (row T, ok bool) {
	if i := l.at.settle(l.ids(rows)); i >= 0 {
		return rows[i], true
	}
	return row, false
}

// press handles a binding that is a list's own, and reports whether it was one. The rows are arranged.
func (l *list[T]) press(id string, rows []T) bool {
	ids := l.ids(rows)
	if l.at.move(id, ids, l.page) {
		return true
	}
	switch id {
	case "sort":
		l.order.next(l.heads())
	case "reverse":
		l.order.turned = !l.order.turned && l.order.by != ""
	case "wide":
		l.wide, l.left = !l.wide, 0
		l.full = map[string]int{}
	case "mark":
		if at := l.at.settle(ids); at >= 0 {
			l.picks.turn(ids[at])
			l.at.move("down", ids, l.page)
		}
	case "mark-all":
		l.picks.all(ids)
	case "unmark":
		l.picks.clear()
	case "left", "right":
		return l.sideways(id)
	default:
		return false
	}
	return true
}

// sideways moves the columns in wide mode; at either end, and where all fit, the key means something else.
func (l *list[T]) sideways(id string) bool {
	switch {
	case !l.wide:
		return false
	case id == "left" && l.left > 0:
		l.left--
	case id == "right" && l.left+l.seen < len(l.cols)-l.fixed:
		l.left++
	default:
		return false
	}
	return true
}

// click handles what the mouse hit in the list: a head or a row. It reports whether it was either.
func (l *list[T]) click(kind, what, row string) bool {
	switch kind {
	case "sort":
		l.order.column(what)
	case row:
		l.at.id = what
	default:
		return false
	}
	return true
}

// draw is the list's head and the rows around the selected one, in w cells and h lines, with what the mouse can hit there. Row is the kind of the
// rows' regions. The rows are arranged.
func (l *list[T]) draw(rows []T, row string, w, h int) ([]widget.Line, []widget.Hit) {
	l.page = max((h-1)/2, 1)
	at := l.at.settle(l.ids(rows))
	from := window(at, len(rows), h-1)
	shown := rows[from:min(from+max(h-1, 0), len(rows))]
	l.over = [2]int{from, len(rows) - from - len(shown)}
	cols, t := l.lay(shown, w-1)
	l.told = headsOf(cols, t)
	by := slices.IndexFunc(cols, func(c column[T]) bool { return c.Head == l.order.by && l.order.by != "" })
	lines := []widget.Line{append(widget.Line{widget.Gap(1)}, t.Sorted(by, l.arrow())...)}
	hits := headHits(cols, t)
	for i, r := range shown {
		line := append(widget.Line{l.mark(l.id(r))}, t.Row(cells(cols, t, r)...)...)
		if from+i == at {
			line = line.Fit(w).On(theme.Selected)
		}
		hits = append(hits, widget.Hit{Y: len(lines), ID: row + ":" + l.id(r)})
		lines = append(lines, line)
	}
	return lines, hits
}

// headsOf are the heads that a table shows.
func headsOf[T any](cols []column[T], t widget.Table) []string {
	var out []string
	for i, c := range cols {
		if t.Wide(i) > 0 {
			out = append(out, c.Head)
		}
	}
	return out
}

// mark is the cell in front of a row.
func (l *list[T]) mark(id string) widget.Span {
	if l.picks.has(id) {
		return widget.S(theme.Accent, "◆")
	}
	return widget.Gap(1)
}

// headHits are the heads that a click sorts by, each with the cell that its arrow may stand in.
func headHits[T any](cols []column[T], t widget.Table) []widget.Hit {
	var hits []widget.Hit
	for i, c := range cols {
		if c.by != nil && t.Wide(i) > 0 {
			x := 1 + t.X(i)
			if c.Right {
				x--
			}
			hits = append(hits, widget.Hit{X: x, W: t.Wide(i) + 1, H: 1, ID: "sort:" + c.Head})
		}
	}
	return hits
}

// cells are a row's, in the columns that are shown.
func cells[T any](cols []column[T], t widget.Table, row T) []widget.Line {
	out := make([]widget.Line, len(cols))
	for i, c := range cols {
		if w := t.Wide(i); w > 0 {
			out[i] = c.cell(row, w)
		}
	}
	return out
}

// lay chooses the columns and their widths.
func (l *list[T]) lay(rows []T, w int) ([]column[T], widget.Table) {
	cols := l.cols
	if l.wide {
		cols = l.trim(l.stretch(rows), w)
	}
	heads := make([]widget.Column, len(cols))
	for i, c := range cols {
		heads[i] = c.Column
		if c.whole && !l.wide {
			heads[i].Want = l.widest(c, rows)
		}
		if c.whole && i < l.fixed { // rows are told apart by it
			heads[i].W = max(c.W, min(heads[i].Want, nameMost))
		}
	}
	return cols, widget.NewTable(w, heads...)
}

// nameMost is up to how wide a name is before anything else has room.
const nameMost = 24

// roomy is a width no cell is cut in.
const roomy = 200

// stretch is every column as wide as its widest cell.
func (l *list[T]) stretch(rows []T) []column[T] {
	cols := slices.Clone(l.cols)
	for i := range cols {
		c := &cols[i]
		if c.Grow == 0 || c.Head != "" { // a sparkline has no width of its own
			c.W = max(c.W, l.widest(*c, rows))
		}
		c.Least, c.Rank, c.Grow = 0, 0, 0
	}
	return cols
}

// widest is how wide the widest cell is that was seen in a column.
func (l *list[T]) widest(c column[T], rows []T) int {
	if l.full == nil {
		l.full = map[string]int{}
	}
	for _, r := range rows {
		l.full[c.Head] = max(l.full[c.Head], c.cell(r, roomy).Width())
	}
	return l.full[c.Head]
}

// trim is the fixed columns and those of the others that fit, from the one at the left edge on. As many are moved out of sight at the left as the
// operator asked for, but never more than are needed to see the last.
func (l *list[T]) trim(cols []column[T], w int) []column[T] {
	used := -1
	for _, c := range cols[:l.fixed] {
		used += c.W + 1
	}
	moving := cols[l.fixed:]
	for l.left > 0 && fitting(moving[l.left-1:], w-used) == len(moving)-l.left+1 {
		l.left--
	}
	l.seen = max(fitting(moving[l.left:], w-used), 1)
	out := slices.Clone(cols[:l.fixed])
	return append(out, moving[l.left:min(l.left+l.seen, len(moving))]...)
}

// fitting is how many of these columns fit behind one another into w cells.
func fitting[T any](cols []column[T], w int) int {
	for i, c := range cols {
		if w -= c.W + 1; w < 0 {
			return i
		}
	}
	return len(cols)
}

// note says in the list's border what cannot be seen in its rows: how many are marked, by which column out of sight they are sorted, and in wide mode
// how many columns are out of sight at either side.
func (l *list[T]) note(rows []T) widget.Line {
	var parts []widget.Line
	if n := len(l.picks.ids); n > 0 {
		mark := widget.L(theme.Accent, fmt.Sprintf("◆ %d marked", n))
		if hidden := l.hidden(rows); hidden > 0 {
			mark = mark.Add(widget.S(theme.Warn, fmt.Sprintf(", %d not in sight", hidden)))
		}
		parts = append(parts, mark)
	}
	if by := l.order.by; by != "" && !slices.Contains(l.told, by) {
		parts = append(parts, widget.L(theme.Accent, l.arrow()+by))
	}
	if all := len(l.cols) - l.fixed; l.wide && l.seen < all {
		parts = append(parts, widget.L(theme.Muted, fmt.Sprintf("← %d · %d →", l.left, max(all-l.left-l.seen, 0))))
	}
	return widget.Join(widget.Gap(2), parts...)
}

// foot says in the list's lower border how many rows are out of sight; nothing when none is.
func (l *list[T]) foot() widget.Line {
	var parts []string
	for i, sign := range []string{"↑", "↓"} {
		if n := l.over[i]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d more", sign, n))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return widget.L(theme.Muted, strings.Join(parts, "  "))
}

// hidden counts the marked rows that are not among these.
func (l *list[T]) hidden(rows []T) int {
	n := len(l.picks.ids)
	for _, r := range rows {
		if l.picks.has(l.id(r)) {
			n--
		}
	}
	return n
}

// text is a row with every column it has, as it is handed on.
func (l *list[T]) text(row T) string {
	var b strings.Builder
	for _, c := range l.cols {
		if value := strings.TrimSpace(c.cell(row, roomy).String()); value != "" && c.Head != "" {
			b.WriteString(strings.ToLower(c.Head) + ": " + value + "\n")
		}
	}
	return b.String()
}
