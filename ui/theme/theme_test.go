package theme

import (
	"image/color"
	"maps"
	"slices"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/vmtui/vmtui/ops/config"
)

// What terminals have behind the text, for words and for lines: black and white, and the grounds of schemes that many people use.
var behind = map[bool]struct{ words, lines []string }{
	true:  {[]string{"#000000", "#1e1e2e", "#282c34"}, []string{"#000000", "#1e1e2e"}},
	false: {[]string{"#ffffff", "#fdf6e3"}, []string{"#ffffff", "#fdf6e3"}},
}

// isLine are the inks that draw lines and no words.
func isLine(i Ink) bool { return i == Faint || i == Border }

func TestEveryInkCanBeReadInEveryTheme(t *testing.T) {
	for name, g := range shipped {
		for isDark, p := range map[bool]palette{true: g.dark, false: g.light} {
			for _, profile := range []colorprofile.Profile{colorprofile.TrueColor, colorprofile.ANSI256} {
				if profile == colorprofile.ANSI256 {
					p = p.fixed(isDark)
				}
				for _, badge := range append(slices.Clone(config.Colors), "") {
					fill := profile.Convert(badgeColor(badge, p.accent))
					readable(t, name, isDark, profile, p.pens(fill), p.selected(fill))
				}
			}
		}
	}
}

func readable(t *testing.T, name string, isDark bool, profile colorprofile.Profile, plain, selected [inks]pen) {
	t.Helper()
	for ink := range inks {
		on, least := behind[isDark].words, words
		if isLine(ink) {
			on, least = behind[isDark].lines, lines
		}
		if name == "contrast" && profile == colorprofile.TrueColor && ink != Badge { // the instance's colour is the instance's
			least = map[bool]float64{true: words, false: 7}[isLine(ink)]
		}
		for _, ground := range on {
			if c := seen(plain[ink], hex(ground), profile); c < least {
				t.Errorf("%s, dark %v, %v: ink %d has a contrast of %.2f on %s, needs %.1f", name, isDark, profile, ink, c, ground, least)
			}
		}
		if c := seen(selected[ink], nil, profile); c < least {
			t.Errorf("%s, dark %v, %v: ink %d has a contrast of %.2f when selected, needs %.1f", name, isDark, profile, ink, c, least)
		}
	}
}

// In sixteen colours, as xterm and most others have them out of the box.
func TestSixteenColoursCanBeRead(t *testing.T) {
	for isDark, ground := range map[bool]string{true: "#000000", false: "#ffffff"} {
		s := states[isDark]
		for _, c := range []color.Color{s.accent, s.good, s.warn, s.bad} {
			if c != nil && Contrast(c, hex(ground)) < words {
				t.Errorf("%v on %s: %.2f", c, ground, Contrast(c, hex(ground)))
			}
		}
	}
	for _, pair := range [][2]color.Color{{ansi.BrightWhite, ansi.Blue}, {ansi.Black, ansi.Yellow}, {ansi.BrightWhite, ansi.Red}} {
		if c := Contrast(pair[0], pair[1]); c < words {
			t.Errorf("%v: %.2f", pair, c)
		}
	}
}

// Where nobody knows the ground, black and white both do.
func TestEitherGroundWillDo(t *testing.T) {
	for _, profile := range []colorprofile.Profile{colorprofile.TrueColor, colorprofile.ANSI256} {
		for _, c := range []string{middle.muted, middle.accent, middle.good, middle.warn, middle.bad, middle.info} {
			for _, ground := range []string{"#000000", "#ffffff"} {
				least := map[bool]float64{true: words, false: lines}[profile == colorprofile.TrueColor]
				if got := Contrast(profile.Convert(hex(c)), hex(ground)); got < least {
					t.Errorf("%s on %s, %v: %.2f", c, ground, profile, got)
				}
			}
		}
	}
}

// seen is a pen's contrast on its own ground, or on the one behind it.
func seen(p pen, behind color.Color, profile colorprofile.Profile) float64 {
	if p.bg != nil {
		behind = profile.Convert(p.bg)
	}
	return Contrast(profile.Convert(p.fg), behind)
}

func TestContrastIsTheStandards(t *testing.T) {
	for _, x := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#ffffff", "#ffffff", 1}, {"#777777", "#ffffff", 4.48}} {
		if got := Contrast(hex(x.a), hex(x.b)); got < x.want-0.01 || got > x.want+0.01 {
			t.Errorf("%s on %s: %.3f, want %.2f", x.a, x.b, got, x.want)
		}
	}
}

// The config and the room that draws know the same names.
func TestWhatTheConfigAcceptsCanBeDrawn(t *testing.T) {
	for _, name := range config.Themes {
		if _, is := shipped[name]; !is && name != config.TerminalTheme {
			t.Errorf("there is no theme %s", name)
		}
	}
	if len(shipped)+1 != len(config.Themes) {
		t.Errorf("the config does not know all of %v", slices.Sorted(maps.Keys(shipped)))
	}
	for _, name := range config.Colors {
		if _, is := named[name]; !is {
			t.Errorf("there is no colour %s", name)
		}
	}
	for _, what := range config.PaintsFor {
		if was := shipped["fjord"].dark; was.with(config.Paints{what: "#123456"}) == was {
			t.Errorf("nothing is painted with %s", what)
		}
	}
}

func TestAThemeOfOnesOwn(t *testing.T) {
	own := map[string]config.Theme{"mine": {Like: "ember", Dark: config.Paints{"accent": "#ffb000"}}}
	mine := Choice{Name: "mine", Own: own, Dark: true, Profile: colorprofile.TrueColor}
	want := shipped["ember"].dark
	want.accent = "#ffb000"
	if got := mine.palette(); got != want {
		t.Errorf("%+v", got)
	}
	if mine.Dark = false; mine.palette() != shipped["ember"].light {
		t.Error("what is not named is not as in the theme it is like")
	}
}
