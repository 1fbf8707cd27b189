package canvas

import (
	"testing"

	"github.com/charmbracelet/colorprofile"
)

func TestWhatTheLocaleSpells(t *testing.T) {
	for name, x := range map[string]struct {
		env  []string
		want bool
	}{
		"nothing":           {nil, true},
		"empty":             {[]string{"LANG="}, true},
		"utf-8":             {[]string{"LANG=de_DE.UTF-8"}, true},
		"utf8":              {[]string{"LANG=C.utf8"}, true},
		"C":                 {[]string{"LANG=C"}, false},
		"POSIX":             {[]string{"LC_CTYPE=POSIX", "LANG=en_US.UTF-8"}, false},
		"latin":             {[]string{"LANG=de_DE.ISO-8859-1"}, false},
		"the strongest":     {[]string{"LC_ALL=C.UTF-8", "LC_CTYPE=C", "LANG=C"}, true},
		"the strongest, no": {[]string{"LC_ALL=C", "LANG=en_US.UTF-8"}, false},
		"empty is unset":    {[]string{"LC_ALL=", "LANG=C"}, false},
	} {
		if got := unicode(x.env); got != x.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTheGroundInTheEnvironment(t *testing.T) {
	for value, want := range map[string][2]bool{
		"": {}, "15;0": {true, true}, "0;15": {false, true}, "15;default;0": {true, true}, "0;default;7": {false, true}, "12;8": {true, true},
		"7;default": {}, "0;231": {}, "x": {},
	} {
		if dark, known := dark([]string{"COLORFGBG=" + value}); [2]bool{dark, known} != want {
			t.Errorf("%q: %v %v", value, dark, known)
		}
	}
}

// What a terminal is believed to have, from its environment alone.
func TestProfiles(t *testing.T) {
	s := sit(t)
	for name, x := range map[string]struct {
		env  []string
		want colorprofile.Profile
	}{
		"all":              {[]string{"TERM=xterm-256color", "COLORTERM=truecolor"}, colorprofile.TrueColor},
		"256":              {[]string{"TERM=xterm-256color"}, colorprofile.ANSI256},
		"16":               {[]string{"TERM=linux"}, colorprofile.ANSI},
		"none wanted":      {[]string{"TERM=xterm-256color", "COLORTERM=truecolor", "NO_COLOR=1"}, colorprofile.ASCII},
		"in any words":     {[]string{"TERM=xterm-256color", "COLORTERM=truecolor", "NO_COLOR=please"}, colorprofile.ASCII},
		"wanted after all": {[]string{"TERM=xterm-256color", "NO_COLOR="}, colorprofile.ANSI256},
	} {
		if got := profile(s.near, x.env); got != x.want {
			t.Errorf("%s: %v, want %v", name, got, x.want)
		}
	}
}
