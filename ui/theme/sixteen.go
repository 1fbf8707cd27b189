package theme

import (
	"image/color"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// sixteen is the theme of the terminal's own colours: for terminals that have no more than 16, and for those who like theirs. What is not told by a
// colour has the terminal's own, and what is quiet is dimmed, since bright black is the very ground in some palettes.
func sixteen(isDark bool, badge string) *Theme {
	fill := colorprofile.ANSI.Convert(badgeColor(badge, named["blue"]))
	pens := sixteenPens(states[isDark], fill)
	return build(pens, inverted(pens))
}

// sixteenPens gives each ink its look in the terminal's colours.
func sixteenPens(c stateColors, fill color.Color) [inks]pen {
	return [inks]pen{
		Strong: {bold: true}, Title: {bold: true}, Head: {bold: true, underline: true},
		Faint: {faint: true}, Off: {faint: true}, Border: {faint: true},
		Accent: {fg: c.accent}, Key: {fg: c.accent, bold: true}, Focus: {fg: c.accent}, Info: {fg: c.accent},
		Good: {fg: c.good}, Warn: {fg: c.warn}, Alarm: {fg: c.warn}, Bad: {fg: c.bad}, Peril: {fg: c.bad, bold: true},
		Badge:  {fg: inkOn(fill), bg: fill, bold: true},
		Banner: {fg: ansi.Black, bg: ansi.Yellow, bold: true},
		Wound:  {fg: ansi.BrightWhite, bg: ansi.Red, bold: true},
		Button: {reverse: true}, Chosen: {fg: ansi.BrightWhite, bg: ansi.Blue, bold: true},
		Field: {underline: true},
	}
}

// inverted are the pens on the selected row: one ground and one colour for all that has no ground of its own, since nobody knows how two of the
// terminal's colours go together.
func inverted(pens [inks]pen) [inks]pen {
	for i, p := range pens {
		if p.bg == nil && !p.reverse {
			pens[i] = pen{fg: ansi.BrightWhite, bg: ansi.Blue, bold: p.bold, underline: p.underline}
		}
	}
	return pens
}

// stateColors are what tells states apart.
type stateColors struct{ accent, good, warn, bad color.Color }

// states are the colours of sixteen that can be read on a ground in the palettes most terminals have. On a white one green, yellow and cyan cannot:
// there what is well is told by its sign alone.
var states = map[bool]stateColors{
	true:  {ansi.BrightCyan, ansi.BrightGreen, ansi.BrightYellow, ansi.BrightRed},
	false: {ansi.Blue, nil, ansi.Magenta, ansi.Red},
}

// inkOn is black or white on one of the sixteen.
func inkOn(fill color.Color) color.Color {
	if Contrast(color.Black, fill) >= Contrast(color.White, fill) {
		return ansi.Black
	}
	return ansi.BrightWhite
}
