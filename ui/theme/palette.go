package theme

import (
	"image/color"
	"strings"

	"github.com/vmtui/vmtui/ops/config"
)

// palette is the handful of colours a theme is made of.
type palette struct {
	text, muted, faint, off               string
	accent, good, warn, bad, info         string
	border, ground, onFill, button, field string
}

// with is the palette with the colours the operator named in its place.
func (p palette) with(own config.Paints) palette {
	for name, at := range map[string]*string{
		"text": &p.text, "muted": &p.muted, "faint": &p.faint, "off": &p.off, "accent": &p.accent, "good": &p.good, "warn": &p.warn,
		"bad": &p.bad, "info": &p.info, "border": &p.border, "ground": &p.ground, "on_fill": &p.onFill, "button": &p.button, "field": &p.field,
	} {
		if c, named := own[name]; named {
			*at = c
		}
	}
	return p
}

// pens gives each ink its look; fill is the instance's colour.
func (p palette) pens(fill color.Color) [inks]pen {
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
		Banner: {fg: hex(p.onFill), bg: hex(p.warn), bold: true},
		Wound:  {fg: hex(p.onFill), bg: hex(p.bad), bold: true},
		Button: {fg: hex(p.text), bg: hex(p.button)},
		Chosen: {fg: hex(p.onFill), bg: hex(p.accent), bold: true},
		Field:  {fg: hex(p.text), bg: hex(p.field)},
	}
}

// selected are the pens on the selected row's ground. What is faint elsewhere would be lost there.
func (p palette) selected(fill color.Color) [inks]pen {
	pens := p.pens(fill)
	pens[Faint], pens[Border] = pens[Muted], pens[Muted]
	for i := range pens {
		if pens[i].bg == nil {
			pens[i].bg = hex(p.ground)
		}
	}
	return pens
}

// named are the colours a config may name.
var named = map[string]string{
	"red": "#cc3d48", "green": "#34803a", "blue": "#3b72c4", "yellow": "#d9a514", "magenta": "#b0479d", "cyan": "#23a0b5",
	"orange": "#d9772b", "grey": "#6b7280", "gray": "#6b7280", "white": "#e5e7eb", "teal": "#237a6f", "purple": "#7c5cc4", "pink": "#d6639a",
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

// onColor is black or white, whichever can be read better on c.
func onColor(c color.Color) color.Color {
	black, white := hex("#000000"), hex("#ffffff")
	if Contrast(black, c) >= Contrast(white, c) {
		return black
	}
	return white
}
