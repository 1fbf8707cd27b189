package theme

import (
	"fmt"

	"github.com/charmbracelet/colorprofile"
)

// The least contrasts of text and of lines.
const (
	words = 4.5
	lines = 3
)

// behindLines is what lines are told from at worst.
var behindLines = map[bool]string{true: "#1e1e2e", false: "#fdf6e3"}

// greys are grounds for terminals with 256 colours. Their nearest to a dark blue is not dark, but they have fine greys.
var greys = map[bool]palette{
	true:  {ground: "#303030", button: "#3a3a3a", field: "#262626"},
	false: {ground: "#eeeeee", button: "#e4e4e4", field: "#eeeeee"},
}

// fixed is the palette for 256 fixed colours: the nearest of them may be harder to read than what was meant, and then another is taken.
func (p palette) fixed(isDark bool) palette {
	g := greys[isDark]
	p.ground, p.button, p.field = g.ground, g.button, g.field
	for _, at := range []*string{&p.text, &p.muted, &p.off, &p.accent, &p.good, &p.warn, &p.bad, &p.info} {
		*at = firm(*at, p.ground, words, isDark)
	}
	for _, at := range []*string{&p.faint, &p.border} {
		*at = firm(*at, behindLines[isDark], lines, isDark)
	}
	return p
}

// firm is the colour whose nearest neighbour keeps a contrast.
func firm(c, ground string, least float64, isDark bool) string {
	for range 20 {
		if Contrast(colorprofile.ANSI256.Convert(hex(c)), hex(ground)) >= least {
			break
		}
		c = away(c, isDark)
	}
	return c
}

// away is a colour a little further from the ground.
func away(c string, isDark bool) string {
	var rgb [3]uint8
	for i, v := range channels(c) {
		if isDark {
			v += (0xff - v) / 12
		} else {
			v -= v / 12
		}
		rgb[i] = v
	}
	return fmt.Sprintf("#%02x%02x%02x", rgb[0], rgb[1], rgb[2])
}

func channels(c string) [3]uint8 {
	r, g, b, _ := hex(c).RGBA()
	return [3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)} // #nosec G115 -- eight bits of sixteen
}
