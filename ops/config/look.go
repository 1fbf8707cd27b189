package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Look is how the console looks on this operator's terminal.
type Look struct {
	Theme  string           `yaml:"theme"`  // one of Themes, or of the operator's own
	Themes map[string]Theme `yaml:"themes"` // the operator's own
	Dark   string           `yaml:"dark"`   // auto, yes or no
	ASCII  *bool            `yaml:"ascii"`  // nil: as the locale says
	Notify string           `yaml:"notify"` // how a terminal is told that somebody is wanted: auto, osc9, osc777 or off
	Mouse  *bool            `yaml:"mouse"`  // whether the mouse is the console's from the start; nil is yes
}

// Theme is a theme of the operator's own: one that ships, with some of its colours changed.
type Theme struct {
	Like  string `yaml:"like"`
	Dark  Paints `yaml:"dark"`
	Light Paints `yaml:"light"`
}

// Paints are colours, "#rrggbb", by what they are for.
type Paints map[string]string

// TerminalTheme is the theme of the terminal's own sixteen colours.
const TerminalTheme = "terminal"

// What a file may say of looks. The first theme is what it means when it says nothing.
var (
	Themes    = []string{"harbour", "contrast", "ember", "fjord", "signal", TerminalTheme}
	PaintsFor = []string{"text", "muted", "faint", "off", "accent", "good", "warn", "bad", "info", "border", "ground", "on_fill", "button", "field"}
	// Notifications are the ways to tell a terminal; auto chooses one by what the terminal is.
	Notifications = []string{"auto", "osc9", "osc777", "off"}

	Colors = []string{"red", "orange", "yellow", "green", "teal", "cyan", "blue", "purple", "magenta", "pink", "gray", "grey", "white"}
)

// MouseAtStart reports whether the mouse is the console's from the start.
func (l Look) MouseAtStart() bool { return l.Mouse == nil || *l.Mouse }

// ThemeNames are the themes that can be chosen: those that ship, then the operator's own.
func (l Look) ThemeNames() []string {
	return append(slices.Clone(Themes), slices.Sorted(maps.Keys(l.Themes))...)
}

// fill puts defaults where the file is silent.
func (l *Look) fill() {
	def(&l.Theme, Themes[0])
	def(&l.Dark, "auto")
	def(&l.Notify, "auto")
	for name, t := range l.Themes {
		def(&t.Like, Themes[0])
		l.Themes[name] = t
	}
}

var paint = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func (c *Config) checkLook(at position) error {
	if c.Color != "" && !slices.Contains(Colors, c.Color) && !paint.MatchString(c.Color) {
		return at.wrong("$.color", fmt.Sprintf("color %q", c.Color), "use one of "+strings.Join(Colors, ", ")+", or '#rrggbb' in quotes")
	}
	if !slices.Contains([]string{"auto", "yes", "no", "true", "false"}, c.Dark) {
		return at.wrong("$.dark", fmt.Sprintf("dark is %q", c.Dark), "use auto, which asks the terminal, or yes or no")
	}
	if !slices.Contains(Notifications, c.Notify) {
		return at.wrong("$.notify", fmt.Sprintf("notify is %q", c.Notify), "use one of "+strings.Join(Notifications, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Themes)) {
		if err := c.Themes[name].check(at, name); err != nil {
			return err
		}
	}
	if names := c.ThemeNames(); !slices.Contains(names, c.Theme) {
		return at.wrong("$.theme", fmt.Sprintf("there is no theme %q", c.Theme), "use one of "+strings.Join(names, ", "))
	}
	return nil
}

// themeName is what can be typed behind :theme.
var themeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

func (t Theme) check(at position, name string) error {
	path := "$.themes." + name
	switch {
	case !themeName.MatchString(name):
		return at.wrong("$.themes", fmt.Sprintf("theme %q has no usable name", name), "use letters, digits and dashes, and begin with a letter")
	case slices.Contains(Themes, name):
		return at.wrong(path, fmt.Sprintf("a theme %q ships already", name), fmt.Sprintf("call yours something else, and say `like: %s` in it", name))
	case !slices.Contains(Themes, t.Like):
		return at.wrong(path+".like", fmt.Sprintf("theme %s is like %q, which does not ship", name, t.Like), "use one of "+strings.Join(Themes, ", "))
	case t.Like == TerminalTheme && len(t.Dark)+len(t.Light) > 0:
		return at.wrong(path+".like", fmt.Sprintf("theme %s is like %s, whose colours are the terminal's own", name, TerminalTheme), "change them in the terminal, or use another theme")
	}
	for ground, paints := range map[string]Paints{"dark": t.Dark, "light": t.Light} {
		if err := paints.check(at, path+"."+ground); err != nil {
			return err
		}
	}
	return nil
}

func (p Paints) check(at position, path string) error {
	for _, what := range slices.Sorted(maps.Keys(p)) {
		switch {
		case !slices.Contains(PaintsFor, what):
			return at.wrong(path+"."+what, fmt.Sprintf("a theme has no colour for %q", what), "use "+strings.Join(PaintsFor, ", "))
		case p[what] == "":
			return at.wrong(path+"."+what, what+" has no colour", "put it in quotes, '#rrggbb': a # outside of quotes begins a comment")
		case !paint.MatchString(p[what]):
			return at.wrong(path+"."+what, fmt.Sprintf("%s is %q", what, p[what]), "write a colour as '#rrggbb', in quotes")
		}
	}
	return nil
}
