package theme

import (
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// reset closes any ink.
const reset = "\x1b[m"

// Theme turns inks into escape sequences.
type Theme struct {
	ASCII bool // write no character outside ASCII
	open  [2][inks]string
}

// pen is how one ink is drawn.
type pen struct {
	fg, bg                   color.Color
	bold, underline, reverse bool
	faint                    bool
}

// sgr is the pen as an escape sequence, on that ground if it has none of its own.
func (p pen) sgr(ground color.Color, mono bool) string {
	s := ansi.NewStyle()
	if p.bold {
		s = s.Bold()
	}
	if p.faint {
		s = s.Faint()
	}
	if p.underline {
		s = s.Underline(true)
	}
	if p.reverse != (mono && ground != nil && !p.reverse) {
		s = s.Reverse(true)
	}
	if p.fg != nil {
		s = s.ForegroundColor(p.fg)
	}
	if p.bg != nil {
		s = s.BackgroundColor(p.bg)
	} else if ground != nil && !mono {
		s = s.BackgroundColor(ground)
	}
	if len(s) == 0 {
		return ""
	}
	return s.String()
}

// build fills a theme from its pens.
func build(pens [inks]pen, ground color.Color, mono bool) *Theme {
	t := &Theme{}
	for i, p := range pens {
		t.open[0][i] = p.sgr(nil, mono)
		t.open[1][i] = p.sgr(ground, mono)
	}
	return t
}

// Write appends text in an ink.
func (t *Theme) Write(b *strings.Builder, ink Ink, text string) {
	ground := 0
	if ink&Selected != 0 {
		ground = 1
	}
	open := t.open[ground][ink.Meaning()]
	if open == "" {
		b.WriteString(t.spell(text))
		return
	}
	b.WriteString(open)
	b.WriteString(t.spell(text))
	b.WriteString(reset)
}

// spell keeps the text inside ASCII if the terminal has nothing else.
func (t *Theme) spell(text string) string {
	if !t.ASCII {
		return text
	}
	return asciiOnly(text)
}

// hex is a colour from "#rrggbb".
func hex(s string) color.Color { return lipgloss.Color(s) }
