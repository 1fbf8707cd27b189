package widget

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/vmtui/vmtui/ui/theme"
)

// strangers are names as they come from a fediverse server.
var strangers = []string{
	"plain", "日本語の名前", "❤️ heart", "1️⃣", "👍🏿", "🇩🇪🇫🇷🇯", "\u2066x\u2069\u200f\u061c", "שלום", "z\u200b\u2060\ufeff", "ก็็็็็", "ᄒ\u1161\u11ab", "\u2028", "\U000e0041", "👨‍👩‍👧‍👦 family", "🏳️‍🌈", "é́combining", "a\tb", "esc\x1b[31mred", "\u202eright to left", "🇩🇪🇫🇷", "ﷺ", "क्षि", "x\x00y", "\xff\xfe",
}

func TestNothingBreaksAColumn(t *testing.T) {
	table := NewTable(60, Column{W: 12}, Column{W: 8, Grow: 1}, Column{W: 6, Right: true})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom(strangers), rapid.String()).Draw(t, "text")
		l := table.Row(L(theme.Plain, text), L(theme.Good, text), L(theme.Bad, text))
		for name, width := range map[string]int{
			"known": l.Width(), "by graphemes": ansi.StringWidth(l.String()), "by runes": ansi.StringWidthWc(l.String()),
		} {
			if width != 60 {
				t.Fatalf("%q: %d cells %s, want 60: %q", text, width, name, l.String())
			}
		}
	})
}

// Each thing that draws takes exactly the room it was given, whatever it is given to draw.
func TestNothingBreaksAWidget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom(strangers), rapid.String()).Draw(t, "text")
		w, l := rapid.IntRange(12, 90).Draw(t, "w"), L(theme.Plain, text).Add(S(theme.Good, text))
		var in Input
		in.Insert(text + text)
		in.Press("left", "")
		field, at := in.Line(w)
		if at < 0 || at >= w {
			t.Fatalf("the cursor stands at %d of %d", at, w)
		}
		exactly(t, "input", w, field)
		exactly(t, "fit", w, l.Fit(w))
		exactly(t, "right", w, l.Right(w))
		exactly(t, "ends", w, Ends(l, L(theme.Bad, text), w))
		exactly(t, "bar and spark", w, append(Spark(theme.Accent, []float64{1, 9, 4}, w/2, 0), Bar(theme.Good, 40, w-w/2)...))
		exactly(t, "box", w, Box{Title: l, Right: l, Foot: l, Lines: []Line{l, Join(Gap(2), l, l)}}.Draw(w, 5).Lines...)
		f := Sheet([]Line{l, l, l}, w, 3)
		f.Put(rapid.IntRange(0, 20).Draw(t, "x"), 1, Sheet([]Line{l}, 8, 1))
		exactly(t, "frame", w, f.Lines...)
		for _, row := range append(Wrap(theme.Plain, text+" "+text, w), Hang(L(theme.Good, "> "), theme.Plain, text+" "+text, w)...) {
			if a, b := ansi.StringWidth(row.String()), ansi.StringWidthWc(row.String()); a > w || b > w {
				t.Fatalf("wrapped to %d: %d and %d cells: %q", w, a, b, row.String())
			}
		}
	})
}

func exactly(t *rapid.T, what string, w int, rows ...Line) {
	t.Helper()
	for _, l := range rows {
		if a, b := ansi.StringWidth(l.String()), ansi.StringWidthWc(l.String()); l.Width() != w || a != w || b != w {
			t.Fatalf("%s: %d cells known, %d by graphemes, %d by runes, want %d: %q", what, l.Width(), a, b, w, l.String())
		}
	}
}

// A word that fills a row alone does so behind a blank as well.
func TestABlankBeforeAWideWord(t *testing.T) {
	for _, row := range Hang(L(theme.Good, "> "), theme.Plain, " AAAAAAAAAA  AAAAAAAAAA", 12) {
		if row.Width() > 12 {
			t.Errorf("%d cells: %q", row.Width(), row.String())
		}
	}
}

// What of a stranger's name is kept, and what is not.
func TestNamesStayReadable(t *testing.T) {
	for text, want := range map[string]string{
		"👨\u200d👩\u200d👧 x": "👨👩👧 x", "🇩🇪": "DE", "❤\ufe0f": "❤", "a\u202eb\u2066c\u200fd": "abcd", "z\u200b\u2060\ufeffz": "zz", "José": "José", "שלום": "שלום",
		"Z\u0338\u0322\u034e\u031fa": "Z\u0338\u0322a", "tab\there": "tab  here", "東京": "東京",
	} {
		if got, _ := safe(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestPutKeepsTheFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Sheet([]Line{L(theme.Plain, "日本語日本語日本語日本語"), L(theme.Plain, strings.Repeat("x", 30))}, 24, 6)
		g := Box{Title: L(theme.Title, "box"), Lines: []Line{L(theme.Plain, "名")}}.Draw(rapid.IntRange(0, 30).Draw(t, "w"), rapid.IntRange(0, 8).Draw(t, "h"))
		f.Put(rapid.IntRange(0, 30).Draw(t, "x"), rapid.IntRange(-2, 8).Draw(t, "y"), g)
		if len(f.Lines) != 6 {
			t.Fatalf("%d lines", len(f.Lines))
		}
		for i, l := range f.Lines {
			if l.Width() != 24 || ansi.StringWidth(l.String()) != 24 {
				t.Fatalf("line %d has %d cells: %q", i, l.Width(), l.String())
			}
		}
	})
}

func TestNamesAreNotBroken(t *testing.T) {
	if got := Wrap(theme.Plain, "after you have typed worker-2", 28); len(got) != 2 || got[1].String() != "worker-2" {
		t.Errorf("got %v", got)
	}
}

func TestFitSaysThatItCut(t *testing.T) {
	if got := L(theme.Plain, "load balancer").Fit(6).String(); got != "load …" {
		t.Errorf("got %q", got)
	}
	if got := L(theme.Plain, "日本語").Fit(4).String(); got != "日 …" {
		t.Errorf("got %q", got)
	}
}

func TestInput(t *testing.T) {
	var in Input
	for _, k := range []string{"w", "o", "r", "k", "x", "backspace", "e", "r", "left", "left", "home", "delete", "W"} {
		text := k
		if len(k) > 1 {
			text = ""
		}
		in.Press(k, text)
	}
	if in.Text() != "Worker" {
		t.Errorf("got %q", in.Text())
	}
	in.Secret = true
	l, at := in.Line(10)
	if strings.Contains(l.String(), "W") || at != 1 {
		t.Errorf("%q, cursor %d", l.String(), at)
	}
}

func TestHushWaitsForARestingHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHush(time.Now())
		for range 5 { // typing on
			<-time.After(200 * time.Millisecond)
			if !h.Swallows(time.Now()) {
				t.Fatal("a key got through while the hand was moving")
			}
		}
		<-time.After(Quiet)
		if h.Swallows(time.Now()) {
			t.Fatal("the hand had rested")
		}
		if h.Swallows(time.Now()) {
			t.Fatal("after that it listens")
		}
	})
}

func TestSince(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 59 * time.Second: "59s", 80 * time.Second: "1m20s", 3*time.Hour + 5*time.Minute: "3h05m", 52 * time.Hour: "2d4h",
	} {
		if got := Since(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestASCII(t *testing.T) {
	f := Box{Title: L(theme.Title, "Nodes ●"), Lines: []Line{Spark(theme.Accent, []float64{1, 5, 9}, 3, 9), L(theme.Plain, "日本")}}.Draw(20, 4)
	th := theme.Mono()
	th.ASCII = true
	got := ansi.Strip(f.Paint(th))
	for i, l := range strings.Split(got, "\n") {
		if len(l) != 20 {
			t.Errorf("line %d is %d bytes: %q", i, len(l), l)
		}
	}
}

// What is taken for narrow without a closer look is narrow, however a terminal counts, and combines with nothing.
func TestWhatIsTakenForNarrowIsNarrow(t *testing.T) {
	for r := rune(0); r <= 0x10ffff; r++ {
		c := string(r)
		if _, ok := narrow(c); ok && !firm(c, 1) {
			t.Errorf("%U %q", r, c)
		}
	}
}
