// Package widget is what screens are drawn with: lines of inked text whose widths are known, boxes, tables and meters. Nothing here
// knows a colour or does anything but draw.
package widget

import (
	"strings"

	"github.com/vmtui/vmtui/ui/theme"
)

// Span is text in one ink. Make it with S, so that its width is known and its characters cannot break a column.
type Span struct {
	Text string
	Ink  theme.Ink
	w    int
}

// Line is a line of spans, left to right.
type Line []Span

// S is a span of safe text.
func S(ink theme.Ink, text string) Span {
	t, w := safe(text)
	return Span{Text: t, Ink: ink, w: w}
}

// L is a line of one span.
func L(ink theme.Ink, text string) Line { return Line{S(ink, text)} }

// Gap is n blank cells.
func Gap(n int) Span {
	n = max(n, 0)
	return Span{Text: blanks(n), w: n}
}

// blanks is n spaces, from one shared string where that is long enough.
func blanks(n int) string {
	if n <= len(space) {
		return space[:max(n, 0)]
	}
	return strings.Repeat(" ", n)
}

var space = strings.Repeat(" ", 512)

// Width is how many cells the line takes.
func (l Line) Width() int {
	n := 0
	for _, s := range l {
		n += s.w
	}
	return n
}

// String is the line's text without its inks.
func (l Line) String() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Add is the line with more spans behind it.
func (l Line) Add(spans ...Span) Line { return append(l, spans...) }

// Fit is the line in exactly w cells: cut with an ellipsis, or filled with blanks.
func (l Line) Fit(w int) Line {
	switch n := l.Width(); {
	case w <= 0:
		return nil
	case n == w:
		return l
	case n < w:
		return append(l[:len(l):len(l)], Gap(w-n))
	}
	cut := l.Cut(0, w-1)
	ink := theme.Muted
	if len(cut) > 0 {
		ink = cut[len(cut)-1].Ink
	}
	return append(cut, Span{Text: "…", Ink: ink, w: 1})
}

// Right is the line in exactly w cells, moved to the right edge.
func (l Line) Right(w int) Line {
	if n := l.Width(); n < w {
		return append(Line{Gap(w - n)}, l...)
	}
	return l.Fit(w)
}

// Cut is the cells from..to of the line. A wide character on an edge becomes a blank.
func (l Line) Cut(from, to int) Line { return l.cutOnto(nil, from, to) }

// cutOnto appends the cells from..to of the line to another.
func (l Line) cutOnto(out Line, from, to int) Line {
	at := 0
	for _, s := range l {
		if at >= to {
			break
		}
		a, b := max(from-at, 0), min(to-at, s.w)
		if a < b {
			out = append(out, s.cut(a, b))
		}
		at += s.w
	}
	return out
}

// cut is the cells a..b of the span.
func (s Span) cut(a, b int) Span {
	if a == 0 && b == s.w {
		return s
	}
	if len(s.Text) == s.w { // one byte a cell
		return Span{Text: s.Text[a:b], Ink: s.Ink, w: b - a}
	}
	return Span{Text: cells(s.Text, a, b), Ink: s.Ink, w: b - a}
}

// On is the line with a ground under every span.
func (l Line) On(ground theme.Ink) Line {
	out := make(Line, len(l))
	for i, s := range l {
		s.Ink |= ground
		out[i] = s
	}
	return out
}

// All is the line with every span in one ink: what is behind a dialog, what is greyed.
func (l Line) All(ink theme.Ink) Line {
	out := make(Line, len(l))
	for i, s := range l {
		s.Ink = ink
		out[i] = s
	}
	return out
}

// Ends is a line with one part at its left and one at its right edge; the left gives way first.
func Ends(left, right Line, w int) Line {
	r := right.Width()
	if r >= w {
		return right.Fit(w)
	}
	return append(left.Fit(w-r), right...)
}

// Join is lines behind one another with a separator between those that are not empty.
func Join(sep Span, parts ...Line) Line {
	var out Line
	for _, p := range parts {
		if p.Width() == 0 {
			continue
		}
		if len(out) > 0 {
			out = append(out, sep)
		}
		out = append(out, p...)
	}
	return out
}
