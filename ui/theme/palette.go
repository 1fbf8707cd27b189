package theme

import (
	"image/color"
	"strings"
)

// palette is the handful of colours a theme is made of.
type palette struct {
	text, muted, faint, off          string
	accent, good, warn, bad, info    string
	border, ground, onFill           string
	warnFill, badFill, button, field string
}

// The two grounds a terminal can have. Every text colour keeps a contrast of at least 4.5 to 1 on its ground; faint and border are
// for lines, not for words.
var (
	dark = palette{
		text: "#c8d0e8", muted: "#8d96b5", faint: "#565f82", off: "#737b9c",
		accent: "#82aaff", good: "#9ece6a", warn: "#e5b567", bad: "#ff7a8e", info: "#6cc7e8",
		border: "#3d4566", ground: "#2b3352", onFill: "#14161f",
		warnFill: "#e5b567", badFill: "#ff7a8e", button: "#353d5c", field: "#252b44",
	}
	light = palette{
		text: "#1f2328", muted: "#59636e", faint: "#a0a8b2", off: "#7a828c",
		accent: "#0550ae", good: "#1a7f37", warn: "#8a5a00", bad: "#c4212f", info: "#0b6e99",
		border: "#c3cad2", ground: "#dbe9fb", onFill: "#ffffff",
		warnFill: "#8a5a00", badFill: "#c4212f", button: "#e4e8ed", field: "#eef1f5",
	}
)

// New is the theme for a dark or a light terminal; badge is the instance's colour.
func New(isDark bool, badge string) *Theme {
	p := light
	if isDark {
		p = dark
	}
	return build(p.pens(badge), hex(p.ground), false)
}

// pens gives each ink its look.
func (p palette) pens(badge string) [inks]pen {
	fill := badgeColor(badge, p.accent)
	return [inks]pen{
		Plain:  {fg: hex(p.text)},
		Strong: {fg: hex(p.text), bold: true},
		Muted:  {fg: hex(p.muted)},
		Faint:  {fg: hex(p.faint)},
		Off:    {fg: hex(p.off)},
		Accent: {fg: hex(p.accent)},
		Good:   {fg: hex(p.good)},
		Warn:   {fg: hex(p.warn)},
		Bad:    {fg: hex(p.bad)},
		Info:   {fg: hex(p.info)},
		Title:  {fg: hex(p.text), bold: true},
		Head:   {fg: hex(p.muted), bold: true},
		Key:    {fg: hex(p.accent), bold: true},
		Border: {fg: hex(p.border)},
		Focus:  {fg: hex(p.accent)},
		Alarm:  {fg: hex(p.warn)},
		Peril:  {fg: hex(p.bad), bold: true},
		Badge:  {fg: onColor(fill), bg: fill, bold: true},
		Banner: {fg: hex(p.onFill), bg: hex(p.warnFill), bold: true},
		Wound:  {fg: hex(p.onFill), bg: hex(p.badFill), bold: true},
		Button: {fg: hex(p.text), bg: hex(p.button)},
		Chosen: {fg: hex(p.onFill), bg: hex(p.accent), bold: true},
		Field:  {fg: hex(p.text), bg: hex(p.field)},
	}
}

// Mono is the theme without colours: weight, lines and inversion only.
func Mono() *Theme {
	return build([inks]pen{
		Strong: {bold: true}, Title: {bold: true}, Head: {bold: true, underline: true}, Key: {bold: true},
		Faint: {faint: true}, Off: {faint: true}, Border: {faint: true}, Bad: {bold: true}, Peril: {bold: true},
		Focus: {bold: true}, Alarm: {bold: true},
		Badge: {reverse: true, bold: true}, Banner: {reverse: true, bold: true}, Wound: {reverse: true, bold: true},
		Chosen: {reverse: true, bold: true}, Field: {underline: true},
	}, color.Black, true)
}

// named are the colours a config may name.
var named = map[string]string{
	"red": "#d64550", "green": "#3f9142", "blue": "#3b72c4", "yellow": "#d9a514", "magenta": "#b0479d", "cyan": "#2394a8",
	"orange": "#d9772b", "grey": "#6b7280", "gray": "#6b7280", "white": "#e5e7eb", "teal": "#2a8f82", "purple": "#7c5cc4",
}

// badgeColor is the colour a config names, or the fallback.
func badgeColor(name, fallback string) color.Color {
	if h, ok := named[strings.ToLower(name)]; ok {
		return hex(h)
	}
	if len(name) == 7 && name[0] == '#' {
		return hex(name)
	}
	return hex(fallback)
}

// onColor is black or white, whichever can be read on c.
func onColor(c color.Color) color.Color {
	r, g, b, _ := c.RGBA()
	if 299*r+587*g+114*b > 1000*0x8c00 {
		return hex("#101218")
	}
	return hex("#ffffff")
}
