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
	pens := [inks]pen{
		Strong: {bold: true}, Title: {bold: true}, Head: {bold: true, underline: true},
		Faint: {faint: true}, Off: {faint: true}, Border: {faint: true},
		Accent: {fg: bright(isDark, ansi.Blue)}, Key: {fg: bright(isDark, ansi.Blue), bold: true}, Focus: {fg: bright(isDark, ansi.Blue)},
		Good: {fg: bright(isDark, ansi.Green)}, Info: {fg: bright(isDark, ansi.Cyan)},
		Warn: {fg: bright(isDark, ansi.Yellow)}, Alarm: {fg: bright(isDark, ansi.Yellow)},
		Bad: {fg: bright(isDark, ansi.Red)}, Peril: {fg: bright(isDark, ansi.Red), bold: true},
		Badge:  {fg: inkOn(fill), bg: fill, bold: true},
		Banner: {fg: ansi.Black, bg: ansi.Yellow, bold: true},
		Wound:  {fg: ansi.BrightWhite, bg: ansi.Red, bold: true},
		Button: {reverse: true}, Chosen: {fg: ansi.BrightWhite, bg: ansi.Blue, bold: true},
		Field: {underline: true},
	}
	return build(pens, inverted(pens))
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

// bright is a colour's bright half on a dark terminal, and its own on a light one.
func bright(isDark bool, c ansi.BasicColor) color.Color {
	if isDark {
		return c + ansi.BrightBlack
	}
	return c
}

// inkOn is black or white on one of the sixteen.
func inkOn(fill color.Color) color.Color {
	if Contrast(color.Black, fill) >= Contrast(color.White, fill) {
		return ansi.Black
	}
	return ansi.BrightWhite
}
