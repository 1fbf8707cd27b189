package clean

import (
	"regexp"
	"strings"
	"testing"
)

var coloured = []struct{ name, in, want string }{
	{"plain", "hello", "hello"},
	{"kept", "\x1b[31;1mred\x1b[0m, plain", "\x1b[0;1;31mred\x1b[m, plain"},
	{"closed at the end", "\x1b[32mgreen", "\x1b[0;32mgreen\x1b[m"},
	{"only what is seen", "\x1b[31m\x1b[32m\x1b[0m", ""},
	{"one spelling", "\x1b[0m\x1b[;1;4mx\x1b[22;24my", "\x1b[0;1;4mx\x1b[my"},
	{"sixteen of 256", "\x1b[38;5;9mx\x1b[38;5;3my\x1b[38;5;200mz", "\x1b[0;91mx\x1b[0;33my\x1b[mz"},
	{"all colours are not kept", "\x1b[31;38;2;1;4;7mx", "x"},
	{"the words of a ground are no attributes", "\x1b[48;5;1;31mx\x1b[48;2;1;4;7;32my", "\x1b[0;31mx\x1b[0;32my\x1b[m"},
	{"nothing hides", "\x1b[30;40;8;7;5mx", "x"},
	{"colons", "\x1b[38:2::255:0:0mx", "x"},
	{"private", "\x1b[>4;31mx\x1b[?31mx", "xx"},
	{"c1", "\u009b31mred", "\x1b[0;31mred\x1b[m"},
	{"not a colour", "\x1b[31m\x1b[2J\x1b]0;t\x07x\x1b[Km", "\x1b[0;31mxm\x1b[m"},
	{"a mark stays on its letter", "e\x1b[31m\u0301x", "e\u0301\x1b[0;31mx\x1b[m"},
	{"return", "\x1b[31mred\rover", "over"},
	{"return and nothing", "\x1b[31mred\r\x1b[m", "\x1b[0;31mred\x1b[m"},
	{"tab", "\x1b[31ma\tb", "\x1b[0;31ma       b\x1b[m"},
	{"huge number", "\x1b[99999999999999999999mx", "x"},
}

func TestColoured(t *testing.T) {
	for _, c := range coloured {
		if got := Coloured(c.in); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

var sgr = regexp.MustCompile(`\x1b\[(?:0(?:;1)?(?:;4)?(?:;(?:3[1-7]|9[0-7]))?)?m`)

func FuzzColoured(f *testing.F) {
	for _, c := range coloured {
		f.Add(c.in)
	}
	for _, c := range hostile {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := Coloured(in)
		bare := sgr.ReplaceAllString(out, "")
		checkSafe(t, bare)
		if bare != Line(in) {
			t.Errorf("without colours %q, and Line says %q", bare, Line(in))
		}
		if again := Coloured(out); again != out {
			t.Errorf("not stable: %q then %q", out, again)
		}
		if all := sgr.FindAllString(out, -1); len(all) > 0 && all[len(all)-1] != "\x1b[m" || strings.HasPrefix(out, "\x1b[m") {
			t.Errorf("it leaks: %q", out)
		}
	})
}
