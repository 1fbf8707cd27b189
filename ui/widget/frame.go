package widget

import (
	"strings"

	"github.com/vmtui/vmtui/ui/theme"
)

// Frame is a drawn rectangle: its lines, where the cursor stands, and what a mouse can hit. Every line has exactly W cells.
type Frame struct {
	W, H   int
	Lines  []Line
	Cursor *Point
	Hits   []Hit
}

// Point is a cell, counted from the frame's upper left corner.
type Point struct{ X, Y int }

// Hit is a region a mouse can hit, and what stands there.
type Hit struct {
	X, Y, W, H int
	ID         string
}

// Blank is an empty frame.
func Blank(w, h int) Frame {
	w, h = max(w, 0), max(h, 0)
	f := Frame{W: w, H: h, Lines: make([]Line, h)}
	for i := range f.Lines {
		f.Lines[i] = Line{Gap(w)}
	}
	return f
}

// Sheet is a frame of these lines, cut and filled to its size.
func Sheet(lines []Line, w, h int) Frame {
	f := Blank(w, h)
	for i, l := range lines[:min(len(lines), f.H)] {
		f.Lines[i] = l.Fit(f.W)
	}
	return f
}

// Put draws g over f with its corner at x, y; what would stand outside is cut.
func (f *Frame) Put(x, y int, g Frame) {
	for i, l := range g.Lines {
		if y+i < 0 || y+i >= f.H {
			continue
		}
		if x == 0 && g.W == f.W {
			f.Lines[y+i] = l
			continue
		}
		row, w := f.Lines[y+i], min(g.W, f.W-x)
		line := make(Line, 0, len(row)+len(l)+1)
		line = row.cutOnto(line, 0, x)
		line = l.cutOnto(line, 0, w)
		f.Lines[y+i] = row.cutOnto(line, x+w, f.W)
	}
	if g.Cursor != nil {
		f.Cursor = &Point{X: g.Cursor.X + x, Y: g.Cursor.Y + y}
	}
	for _, h := range g.Hits {
		h.X, h.Y = h.X+x, h.Y+y
		f.Hits = append(f.Hits, h)
	}
}

// Center is where a w by h frame stands in the middle of f.
func (f *Frame) Center(w, h int) (x, y int) { return max((f.W-w)/2, 0), max((f.H-h)/2, 0) }

// Deafen leaves nothing to type into and nothing to hit: a dialog is about to stand in front.
func (f *Frame) Deafen() { f.Cursor, f.Hits = nil, nil }

// Recede makes everything below the first line faint, so that a dialog stands out, and nobody forgets on which instance.
func (f *Frame) Recede() {
	for i := 1; i < len(f.Lines); i++ {
		f.Lines[i] = f.Lines[i].All(theme.Faint)
	}
}

// At is what stands at a cell, "" for nothing. What was drawn last wins.
func (f *Frame) At(x, y int) string { return f.find(x, y, "") }

// Pane is the box that a cell is in, by its id, "" for none.
func (f *Frame) Pane(x, y int) string { return strings.TrimPrefix(f.find(x, y, PaneHit), PaneHit) }

// find is the region drawn last at a cell whose id begins so.
func (f *Frame) find(x, y int, prefix string) string {
	for i := len(f.Hits) - 1; i >= 0; i-- {
		h := f.Hits[i]
		if x >= h.X && x < h.X+h.W && y >= h.Y && y < h.Y+h.H && strings.HasPrefix(h.ID, prefix) {
			return h.ID
		}
	}
	return ""
}

// String is the frame's text without inks, as goldens and plain readers see it.
func (f *Frame) String() string {
	var b strings.Builder
	for _, l := range f.Lines {
		b.WriteString(strings.TrimRight(l.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// Paint is the frame in a theme's colours.
func (f *Frame) Paint(t *theme.Theme) string {
	var b strings.Builder
	n := f.H
	for _, l := range f.Lines {
		for _, s := range l {
			n += t.Room(s.Ink, s.Text)
		}
	}
	b.Grow(n)
	for i, l := range f.Lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, s := range l {
			t.Write(&b, s.Ink, s.Text)
		}
	}
	return b.String()
}
