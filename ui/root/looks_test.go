package root

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ui/canvas"
	"github.com/vmtui/vmtui/ui/internal/stage"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// dressed is a console that looks a certain way, on a terminal that is known to be so.
func dressed(t *testing.T, look config.Look, term Terminal) *driver {
	t.Helper()
	o := options()
	o.Look, o.Terminal, o.Config = look, term, "/etc/vmtui.yaml"
	return drive(t, stage.New(nil), o, 120, 36)
}

// wears reports that the picture is painted in a theme.
func (d *driver) wears(c theme.Choice) bool {
	c.Badge, c.Profile = stage.About().Color, colorprofile.TrueColor
	f := d.root.Draw(d.w, d.h)
	return d.root.picture().Content == f.Paint(theme.Make(c))
}

func TestAThemeIsTriedOnAndChosen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := dressed(t, config.Look{Theme: "harbour"}, Terminal{})
		defer d.stop()
		d.press(":")
		d.write("theme fj")
		if !d.wears(theme.Choice{Name: "fjord", Dark: true}) {
			t.Fatal("the theme is not tried on")
		}
		if f := d.root.Draw(120, 36); !slices.ContainsFunc(f.Lines[2], func(s widget.Span) bool { return s.Ink != theme.Faint && s.Ink != theme.Plain }) {
			t.Error("it is tried on with everything greyed")
		}
		d.press("esc")
		if !d.wears(theme.Choice{Name: "harbour", Dark: true}) {
			t.Fatal("the theme that was not chosen stays on")
		}
		d.press(":")
		d.write("theme em")
		d.press("enter")
		if !d.wears(theme.Choice{Name: "ember", Dark: true}) {
			t.Fatal("the theme that was chosen is not on")
		}
		d.sees("theme: ember", "/etc/vmtui.yaml")
		d.press(":")
		d.write("theme neon")
		d.press("enter")
		d.sees("no theme “neon”", "harbour, contrast, ember")
	})
}

func TestAThemeOfOnesOwnIsWorn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		own := map[string]config.Theme{"mine": {Like: "ember", Light: config.Paints{"accent": "#112233"}}}
		d := dressed(t, config.Look{Theme: "mine", Themes: own, Dark: "no"}, Terminal{})
		defer d.stop()
		if !d.wears(theme.Choice{Name: "mine", Own: own}) || !strings.Contains(d.root.picture().Content, "38;2;17;34;51") {
			t.Fatal("it is not worn")
		}
		d.press(":")
		d.write("theme mi")
		d.sees("theme mine", "on now: your own")
	})
}

func TestLightAndDark(t *testing.T) {
	white := tea.BackgroundColorMsg{Color: ansi.BrightWhite}
	for name, x := range map[string]struct {
		dark  string
		light bool // as the environment has it
		says  tea.Msg
		want  bool
	}{
		"nobody says":                {"auto", false, nil, true},
		"the environment says light": {"auto", true, nil, false},
		"the terminal says light":    {"auto", false, white, false},
		"the terminal knows better":  {"auto", true, tea.BackgroundColorMsg{Color: ansi.Black}, true},
		"the operator says dark":     {"yes", true, white, true},
		"the operator says light":    {"no", false, tea.BackgroundColorMsg{Color: ansi.Black}, false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				d := dressed(t, config.Look{Theme: "fjord", Dark: x.dark}, Terminal{Light: x.light})
				defer d.stop()
				if x.says != nil {
					d.send(x.says)
				}
				if !d.wears(theme.Choice{Name: "fjord", Dark: x.want}) {
					t.Errorf("dark is not %v", x.want)
				}
			})
		})
	}
}

// A terminal that never answers gets what can be read on both grounds, until it does.
func TestNobodyKnowsTheGround(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := dressed(t, config.Look{Theme: "fjord", Dark: "auto"}, Terminal{})
		defer d.stop()
		d.rest(3 * time.Second)
		if !d.wears(theme.Choice{Name: "fjord", Unsure: true}) {
			t.Fatal("a guess is worn")
		}
		d.send(tea.BackgroundColorMsg{Color: ansi.BrightWhite})
		if !d.wears(theme.Choice{Name: "fjord"}) {
			t.Fatal("a late answer is not heard")
		}
		for name, x := range map[string]struct {
			look config.Look
			term Terminal
			want theme.Choice
		}{
			"the config":      {config.Look{Theme: "fjord", Dark: "yes"}, Terminal{}, theme.Choice{Name: "fjord", Dark: true}},
			"the environment": {config.Look{Theme: "fjord", Dark: "auto"}, Terminal{Known: true, Light: true}, theme.Choice{Name: "fjord"}},
		} {
			d := dressed(t, x.look, x.term)
			d.rest(3 * time.Second)
			if !d.wears(x.want) {
				t.Errorf("%s is not believed", name)
			}
			d.stop()
		}
	})
}

func TestTheMouseIsAsTheConfigHasIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		no := false
		d := dressed(t, config.Look{Mouse: &no}, Terminal{})
		defer d.stop()
		if d.root.picture().Mouse {
			t.Error("the mouse is taken although the config says no")
		}
		d.press("M")
		if !d.root.picture().Mouse {
			t.Error("the key does not take it")
		}
		other := dressed(t, config.Look{}, Terminal{})
		defer other.stop()
		if !other.root.picture().Mouse {
			t.Error("the mouse is not the console's")
		}
	})
}

// On a terminal with nothing but ASCII nothing else is written: no screen, no dialog, no title.
func TestNothingButASCII(t *testing.T) {
	yes, no := true, false
	for name, x := range map[string]struct {
		look  config.Look
		term  Terminal
		ascii bool
	}{
		"the locale":        {config.Look{}, Terminal{ASCII: true}, true},
		"the config":        {config.Look{ASCII: &yes}, Terminal{}, true},
		"against the other": {config.Look{ASCII: &no}, Terminal{ASCII: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				d := dressed(t, x.look, x.term)
				defer d.stop()
				for keys, p := range d.stroll() {
					if got := only7bit(p.Title) && only7bit(p.Content); got != x.ascii {
						t.Fatalf("after %v: %v\n%s\n%s", keys, got, p.Title, ansi.Strip(p.Content))
					}
				}
			})
		})
	}
}

// walk leads past every place and dialog that can be reached from the fleet.
var walk = [][]string{
	{}, {"?"}, {"esc"}, {":"}, {"d", "r"}, {"esc"}, {"/", "w"}, {"esc"}, {"H"}, {"enter"}, {"esc"}, {"esc"}, {"down", "enter"}, {"esc"}, {"down", "r"}, {"g"}, {"esc"}, {"esc"}, {"q"},
}

// stroll goes there and yields each picture on the way, with the keys that led to it.
func (d *driver) stroll() iter.Seq2[[]string, canvas.Picture] {
	return func(yield func([]string, canvas.Picture) bool) {
		for _, keys := range walk {
			d.press(keys...)
			if !yield(keys, d.root.picture()) {
				return
			}
		}
	}
}

func TestTheWalkLeadsEverywhere(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := dressed(t, config.Look{}, Terminal{})
		defer d.stop()
		been := map[string]bool{}
		for range d.stroll() {
			been[fmt.Sprintf("%T", d.root.top())] = true
			if n := len(d.root.dialogs); n > 0 {
				been[fmt.Sprintf("%T", d.root.dialogs[n-1].dialog)] = true
			}
		}
		for _, want := range []string{"*screen.Fleet", "*screen.Node", "*screen.Runs", "*screen.Run", "*screen.Plan", "*screen.Help", "*dialog.Palette", "*dialog.Choice", "*dialog.Typed"} {
			if !been[want] {
				t.Errorf("%s was never reached: %v", want, been)
			}
		}
	})
}

func only7bit(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0 }
