package root

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/vmtui/vmtui/ui/canvas"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/screen"
	"github.com/vmtui/vmtui/ui/theme"
)

// Terminal is what is known of a terminal before it was asked anything.
type Terminal struct {
	Profile colorprofile.Profile // Unknown is all colours
	Known   bool                 // whether it is light
	Light   bool
	ASCII   bool // its locale has no other characters
}

// know is what a canvas's terminal can be known by.
func know(c *canvas.Canvas) Terminal {
	dark, known := c.Dark()
	return Terminal{Profile: c.Profile(), Known: known, Light: known && !dark, ASCII: !c.Unicode()}
}

// looks are how the console looks: as the config has it, as the terminal lets it, and as the operator changed it since.
type looks struct {
	theme   string // its name
	trying  string // a theme that is looked at and not chosen yet
	dark    bool
	given   bool // dark was given, so what the terminal says of it does not matter
	known   bool // dark is more than a guess
	unsure  bool // nobody knows, and it was waited for
	profile colorprofile.Profile
	ascii   bool
}

func newLooks(o Options) looks {
	l := looks{theme: o.Look.Theme, dark: !o.Terminal.Light, known: o.Terminal.Known, profile: o.Terminal.Profile, ascii: o.Terminal.ASCII}
	if l.profile == colorprofile.Unknown {
		l.profile = colorprofile.TrueColor
	}
	if o.Look.ASCII != nil {
		l.ascii = *o.Look.ASCII
	}
	switch o.Look.Dark {
	case "yes", "true":
		l.dark, l.given = true, true
	case "no", "false":
		l.dark, l.given = false, true
	}
	return l
}

// repaint makes the theme.
func (r *Root) repaint() {
	c := theme.Choice{
		Name: r.looks.theme, Own: r.opts.Look.Themes, Dark: r.looks.dark, Unsure: r.looks.unsure, Badge: r.world.About.Color, Profile: r.looks.profile, ASCII: r.looks.ascii,
	}
	if r.looks.trying != "" {
		c.Name = r.looks.trying
	}
	r.theme = theme.Make(c)
}

// ground hears whether the terminal is dark.
func (r *Root) ground(dark bool) {
	if !r.looks.given {
		r.looks.dark, r.looks.known, r.looks.unsure = dark, true, false
		r.repaint()
	}
}

// askGround asks the terminal whether it is light or dark. It answers with a tea.BackgroundColorMsg, or never; then after a while something is worn
// that can be read on both.
func (r *Root) askGround() tea.Cmd {
	if r.looks.given {
		return nil
	}
	ask := func() tea.Msg { return tea.RawMsg{Msg: ansi.RequestBackgroundColor} }
	return tea.Batch(ask, r.post.Ask("ground", func(ctx context.Context) tea.Msg {
		if !screen.Pause(ctx, patience) {
			return nil
		}
		return noGround{}
	}))
}

// patience is how long a terminal may take to answer, over a slow line too.
const patience = 2 * time.Second

// noGround comes when the terminal has not said whether it is light or dark.
type noGround struct{}

// unknownGround wears what can be read on light and on dark, unless somebody knows better.
func (r *Root) unknownGround() {
	if !r.looks.known {
		r.looks.unsure = true
		r.repaint()
	}
}

// themeItems are the themes in the palette.
func (r *Root) themeItems() []dialog.Item {
	var items []dialog.Item
	for _, name := range r.opts.Look.ThemeNames() {
		about := theme.About(name)
		if about == "" {
			about = "your own"
		}
		if name == r.looks.theme {
			about = "on now: " + about
		}
		items = append(items, dialog.Item{Text: "theme " + name, About: about})
	}
	return items
}

// try wears the theme that the palette points at, until it points elsewhere.
func (r *Root) try(d dialog.Dialog) {
	name := ""
	if p, open := d.(*dialog.Palette); open {
		name, _ = strings.CutPrefix(p.On(), "theme ")
	}
	if !slices.Contains(r.opts.Look.ThemeNames(), name) {
		name = ""
	}
	if name != r.looks.trying {
		r.looks.trying = name
		r.repaint()
	}
}

// wear puts a theme on for as long as the console is open, and says how to keep it.
func (r *Root) wear(name string) {
	names := r.opts.Look.ThemeNames()
	if !slices.Contains(names, name) {
		r.say(fmt.Sprintf("there is no theme “%s”; there are %s", name, strings.Join(names, ", ")), true)
		return
	}
	r.looks.theme = name
	r.repaint()
	switch {
	case r.looks.profile <= colorprofile.ASCII:
		r.say("this terminal shows no colours, so every theme looks like this one", false)
	case r.looks.unsure:
		r.say("this terminal does not say whether it is light or dark, so every theme looks like this one; `dark: yes` or `dark: no` in "+r.configName()+" says it", false)
	case r.looks.profile == colorprofile.ANSI:
		r.say("this terminal has 16 colours, so every theme is made of them", false)
	default:
		r.say(fmt.Sprintf("until you leave; to keep it, write `theme: %s` in %s (:config)", name, r.configName()), false)
	}
}

// configName is how the config is called.
func (r *Root) configName() string {
	if r.opts.Config == "" {
		return "the config"
	}
	return r.opts.Config
}
