package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

const (
	tabStop  = 8
	maxMarks = 3 // combining marks kept on one letter; real scripts need no more, and stacks of them climb over other lines
)

// printer writes the runes that may be seen and knows its column.
type printer struct {
	out   strings.Builder
	col   int
	marks int
}

func (p *printer) put(r rune) {
	switch {
	case r == '\t':
		p.spaces(tabStop - p.col%tabStop)
	case r == '\n', r == '\v', r == '\f', r == '\u2028', r == '\u2029':
		p.spaces(1)
	case r < ' ' || r == 0x7f || r >= 0x80 && invisible(r):
	case isMark(r):
		p.mark(r)
	default:
		p.write(r)
	}
}

func isMark(r rune) bool { return r >= 0x300 && unicode.In(r, unicode.Mn, unicode.Me) }

// shows reports that a rune will be seen, and in a cell of its own.
func shows(r rune) bool {
	return r == '\t' || r == '\n' || r == '\v' || r == '\f' || r >= ' ' && r != 0x7f && (r < 0x80 || !invisible(r)) && !isMark(r)
}

func (p *printer) spaces(n int) {
	p.out.WriteString("        "[:n])
	p.col += n
	p.marks = 0
}

// mark keeps a combining mark that has a letter to sit on; at the start of the line it would sit on whatever is drawn to the left.
func (p *printer) mark(r rune) {
	if p.col == 0 || p.marks == maxMarks {
		return
	}
	p.marks++
	p.out.WriteRune(r)
}

func (p *printer) write(r rune) {
	p.out.WriteRune(r)
	p.marks = 0
	p.col += columns(r)
}

func columns(r rune) int {
	if r < utf8.RuneSelf {
		return 1
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// invisible reports runes that show nothing and can only mislead: direction marks and overrides, zero-width characters, fillers, tags and
// variation selectors.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(fillers, r)
}

// fillers are the invisible runes outside the format category.
var fillers = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // combining grapheme joiner
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, // Mongolian selectors
		{Lo: 0x2065, Hi: 0x2065, Stride: 1},
		{Lo: 0x3164, Hi: 0x3164, Stride: 1},
		{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, // variation selectors
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1},
		{Lo: 0xfff0, Hi: 0xfff8, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0xe0000, Hi: 0xe0fff, Stride: 1}}, // tags, more variation selectors
}
