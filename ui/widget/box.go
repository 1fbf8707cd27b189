package widget

import (
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/ui/theme"
)

// PaneHit begins the id of the region of a whole box; behind it stands the box's own.
const PaneHit = "pane:"

// Box is a bordered part of a screen.
type Box struct {
	Title Line      // in the upper border
	Right Line      // at the right end of the upper border
	Foot  Line      // at the right end of the lower border
	Ink   theme.Ink // of the border; Plain means at rest
	Heavy bool      // for what must not be missed
	Lines []Line
	From  int // first line shown, when there are more than fit
	Hits  []Hit

	ID      string // its name, for a mouse that is over it; "" when nothing is done to it
	Number  int    // of a pane that a key leads to; 0 for none
	Focused bool   // it has the keys: a sign says so besides the ink
}

// Choice adds a line that a mouse can hit, by that id; on says that it is the one that the keys would go to.
func (b *Box) Choice(id string, l Line, on bool) {
	if on {
		l = l.On(theme.Selected)
	}
	b.Hits = append(b.Hits, Hit{Y: len(b.Lines), ID: id})
	b.Lines = append(b.Lines, l)
}

// edges are the characters of a border: corners from the upper left clockwise, then the horizontal and the vertical.
var edges = map[bool][6]string{
	false: {"╭", "╮", "╯", "╰", "─", "│"},
	true:  {"┏", "┓", "┛", "┗", "━", "┃"},
}

// Draw is the box in a w by h frame. One blank cell stands between the border and the lines.
func (b Box) Draw(w, h int) Frame {
	f := Blank(w, h)
	if w < 4 || h < 2 {
		return f
	}
	ink := b.Ink
	if ink == theme.Plain {
		ink = theme.Border
	}
	e := edges[b.Heavy]
	side := S(ink, e[5])
	from := min(b.From, max(len(b.Lines)-(h-2), 0))
	f.Lines[0] = b.edge(e[0], e[1], e[4], ink, b.name(), b.Right, w)
	for i := range h - 2 {
		var l Line
		if from+i < len(b.Lines) {
			l = b.Lines[from+i]
		}
		row := append(make(Line, 0, len(l)+5), side, Gap(1))
		row = append(row, l.Fit(w-4)...)
		f.Lines[1+i] = append(row, Gap(1), side)
	}
	f.Lines[h-1] = b.edge(e[3], e[2], e[4], ink, nil, b.foot(from, h-2), w)
	f.Hits = b.hits(from, w, h)
	return f
}

// leastTitle is how much of a title is shown before what stands at the right is left out.
const leastTitle = 16

// name is the title behind the pane's number.
func (b Box) name() Line {
	if b.Number == 0 {
		return b.Title
	}
	ink := theme.Muted
	if b.Focused {
		ink = theme.Key
	}
	return append(Line{S(ink, fmt.Sprintf("[%d]", b.Number)), Gap(1)}, b.Title...)
}

// lead is the cell before the title, where the sign of the pane that has the keys stands.
func (b Box) lead(title Line) Span {
	if b.Focused && title.Width() > 0 {
		return S(theme.Key, "▸")
	}
	return Gap(1)
}

// edge is an upper or lower border with what is written into it.
func (b Box) edge(l, r, line string, ink theme.Ink, title, right Line, w int) Line {
	room := w - 4
	out := Line{S(ink, l+line)}
	if title.Width() > 0 && room > 4 {
		t, most := title, room-2
		if n := right.Width(); n > 0 && most-n-2 >= leastTitle {
			most -= n + 2 // a state and an age matter more than the last words of a name
		}
		if t.Width() > most {
			t = t.Fit(most)
		}
		out = append(append(append(out, b.lead(title)), t...), Gap(1))
		room -= t.Width() + 2
	}
	var tail Line
	if n := right.Width(); n > 0 && n+2 <= room {
		tail = append(append(Line{Gap(1)}, right...), Gap(1))
		room -= n + 2
	}
	out = append(out, S(ink, strings.Repeat(line, max(room, 0))))
	return append(append(out, tail...), S(ink, line+r))
}

// foot is what the lower border says: what was asked for, or how much is out of sight.
func (b Box) foot(from, rows int) Line {
	if more := len(b.Lines) - from - rows; b.Foot == nil && more > 0 {
		return L(theme.Muted, fmt.Sprintf("↓ %d more", more))
	}
	return b.Foot
}

// hits moves the regions of the lines to where the lines are drawn.
func (b Box) hits(from, w, h int) []Hit {
	var out []Hit
	if b.ID != "" {
		out = append(out, Hit{W: w, H: h, ID: PaneHit + b.ID})
	}
	for _, hit := range b.Hits {
		y := hit.Y - from
		if y < 0 || y >= h-2 {
			continue
		}
		if hit.W == 0 {
			hit.X, hit.W, hit.H = -1, w-2, max(hit.H, 1)
		}
		hit.X, hit.Y = hit.X+2, y+1
		out = append(out, hit)
	}
	return out
}
