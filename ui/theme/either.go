package theme

import "image/color"

// middle are colours half way between black and white.
var middle = palette{muted: "#757575", accent: "#4075c5", good: "#2c863e", warn: "#a96600", bad: "#d33f4d", info: "#108194", onFill: "#ffffff"}

// either is for a terminal whose ground nobody knows, as inside an older tmux: words have the terminal's own colour, and what has one of ours can be
// read on white as well as on black. The selected row is the terminal's colours turned round.
func either(fill color.Color, sixteenOnly bool) *Theme {
	pens := middle.pens(fill)
	if sixteenOnly {
		pens = sixteenPens(states[false], fill)
		for _, i := range []Ink{Accent, Key, Focus, Info} {
			pens[i].fg = nil // blue cannot be read on black
		}
	}
	for _, i := range []Ink{Plain, Strong, Title} {
		pens[i].fg = nil
	}
	if !sixteenOnly {
		pens[Border], pens[Faint], pens[Off] = pens[Muted], pens[Muted], pens[Muted]
		pens[Button], pens[Field] = pen{reverse: true}, pen{underline: true}
	}
	return build(pens, reversed(pens))
}

// reversed are the pens on a row that is turned round.
func reversed(pens [inks]pen) [inks]pen {
	for i, p := range pens {
		if p.bg == nil {
			pens[i] = pen{reverse: true, bold: p.bold, underline: p.underline}
		}
	}
	return pens
}
