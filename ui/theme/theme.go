package theme

import (
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/vmtui/vmtui/ops/config"
)

// reset closes any ink.
const reset = "\x1b[m"

// Choice is what a theme is chosen by.
type Choice struct {
	Name    string                  // one that ships, or one of the operator's own
	Own     map[string]config.Theme // the operator's
	Dark    bool                    // the terminal's ground
	Unsure  bool                    // nobody knows its ground
	Badge   string                  // the instance's colour
	Profile colorprofile.Profile    // the colours the terminal has
	ASCII   bool                    // it has no other characters
}

// Theme turns inks into escape sequences.
type Theme struct {
	ASCII bool // write no character outside ASCII
	open  [2][inks]string
}

// Make is the theme of a choice. A terminal without colours, or with few, has the same one whatever its name.
func Make(c Choice) *Theme {
	t := c.colors()
	t.ASCII = c.ASCII
	return t
}

func (c Choice) colors() *Theme {
	switch {
	case c.Profile <= colorprofile.ASCII:
		return Mono()
	case c.Unsure && c.few():
		return either(colorprofile.ANSI.Convert(badgeColor(c.Badge, named["blue"])), true)
	case c.Unsure:
		return either(c.Profile.Convert(badgeColor(c.Badge, named["blue"])), false)
	case c.few():
		return sixteen(c.Dark, c.Badge)
	}
	p := c.palette()
	fill := c.Profile.Convert(badgeColor(c.Badge, p.accent)) // what stands on it is chosen for what is seen
	return build(p.pens(fill), p.selected(fill))
}

// few reports that there shall be no more colours than the terminal's own.
func (c Choice) few() bool {
	return c.Profile == colorprofile.ANSI || c.base() == config.TerminalTheme
}

// base is the shipped theme behind the choice.
func (c Choice) base() string {
	if own, is := c.Own[c.Name]; is {
		return own.Like
	}
	return c.Name
}

// palette is the choice's colours on its ground.
func (c Choice) palette() palette {
	g, known := shipped[c.base()]
	if !known {
		g = shipped[config.Themes[0]]
	}
	own, p := c.Own[c.Name], g.light
	if c.Dark {
		p = g.dark
	}
	if c.Profile == colorprofile.ANSI256 {
		p = p.fixed(c.Dark)
	}
	if c.Dark {
		return p.with(own.Dark)
	}
	return p.with(own.Light)
}

// New is the first theme, for a dark or a light terminal with all colours; badge is the instance's colour.
func New(isDark bool, badge string) *Theme {
	return Make(Choice{Name: config.Themes[0], Dark: isDark, Badge: badge, Profile: colorprofile.TrueColor})
}

// Mono is the theme without colours: weight, lines and inversion only.
func Mono() *Theme {
	pens := [inks]pen{
		Strong: {bold: true}, Title: {bold: true}, Head: {bold: true, underline: true}, Key: {bold: true},
		Faint: {faint: true}, Off: {faint: true}, Border: {faint: true}, Bad: {bold: true}, Peril: {bold: true},
		Focus: {bold: true}, Alarm: {bold: true},
		Badge: {reverse: true, bold: true}, Banner: {reverse: true, bold: true}, Wound: {reverse: true, bold: true},
		Chosen: {reverse: true, bold: true}, Field: {underline: true},
	}
	selected := pens
	for i := range selected {
		selected[i].reverse, selected[i].faint = true, false
	}
	return build(pens, selected)
}

// pen is how one ink is drawn.
type pen struct {
	fg, bg                   color.Color
	bold, underline, reverse bool
	faint                    bool
}

// sgr is the pen as an escape sequence.
func (p pen) sgr() string {
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
	if p.reverse {
		s = s.Reverse(true)
	}
	if p.fg != nil {
		s = s.ForegroundColor(p.fg)
	}
	if p.bg != nil {
		s = s.BackgroundColor(p.bg)
	}
	if len(s) == 0 {
		return ""
	}
	return s.String()
}

// build fills a theme from its pens and those of the selected row.
func build(pens, selected [inks]pen) *Theme {
	t := &Theme{}
	for i := range pens {
		t.open[0][i] = pens[i].sgr()
		t.open[1][i] = selected[i].sgr()
	}
	return t
}

// Write appends text in an ink.
func (t *Theme) Write(b *strings.Builder, ink Ink, text string) {
	open := t.pen(ink)
	if open == "" {
		b.WriteString(t.Spell(text))
		return
	}
	b.WriteString(open)
	b.WriteString(t.Spell(text))
	b.WriteString(reset)
}

// Room is how many bytes Write appends, where every character can be spelt.
func (t *Theme) Room(ink Ink, text string) int {
	if open := t.pen(ink); open != "" {
		return len(open) + len(text) + len(reset)
	}
	return len(text)
}

// pen is what an ink is begun with.
func (t *Theme) pen(ink Ink) string {
	ground := 0
	if ink&Selected != 0 {
		ground = 1
	}
	return t.open[ground][ink.Meaning()]
}

// Spell keeps the text inside ASCII if the terminal has nothing else.
func (t *Theme) Spell(text string) string {
	if !t.ASCII {
		return text
	}
	return asciiOnly(text)
}

// hex is a colour from "#rrggbb".
func hex(s string) color.Color { return lipgloss.Color(s) }
