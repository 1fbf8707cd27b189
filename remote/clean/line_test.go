package clean

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var hostile = []struct{ name, in, want string }{
	{"plain", "hello world", "hello world"},
	{"empty", "", ""},
	{"letters and emoji", "žluťoučký 東京 🐘", "žluťoučký 東京 🐘"},
	{"colour", "\x1b[31;1mred\x1b[0m", "red"},
	{"colour by colon", "\x1b[38:2::255:0:0mred\x1b[m", "red"},
	{"cursor and erase", "a\x1b[2J\x1b[Hb\x1b[?25lc", "abc"},
	{"osc title with bell", "\x1b]0;owned\x07x", "x"},
	{"osc title with st", "\x1b]2;owned\x1b\\x", "x"},
	{"osc 52 clipboard", "\x1b]52;c;cm0gLXJmIC8=\x07x", "x"},
	{"osc 8 link", "\x1b]8;;http://evil.example/\x1b\\here\x1b]8;;\x1b\\", "here"},
	{"dcs", "\x1bPq#0;2;0;0;0\x1b\\x", "x"},
	{"dcs is not ended by bell", "\x1bPabc\x07def\x1b\\x", "x"},
	{"tmux passthrough", "\x1bPtmux;\x1b\x1b]52;c;AAAA\x07\x1b\\x", "x"},
	{"apc", "\x1b_Ga=T;AAAA\x1b\\x", "x"},
	{"pm", "\x1b^private\x1b\\x", "x"},
	{"sos", "\x1bXstring\x1b\\x", "x"},
	{"screen title", "\x1bktitle\x1b\\x", "x"},
	{"unterminated string", "a\x1b]0;never ends", "a"},
	{"string broken off by csi", "a\x1bPq\x1b[31mb", "ab"},
	{"string cancelled", "a\x1bPq\x18b", "ab"},
	{"csi broken off by csi", "a\x1b[3\x1b[31mb", "ab"},
	{"csi cut", "a\x1b[3", "a"},
	{"esc at the end", "a\x1b", "a"},
	{"charset", "\x1b(0lqk\x1b(B", "lqk"},
	{"reset", "\x1bcx", "x"},
	{"c1 csi", "\u009b31mred", "red"},
	{"c1 osc", "\u009d0;owned\u009cx", "x"},
	{"c1 dcs, sos, pm, apc", "\u0090a\u009c\u0098b\u009c\u009ec\u009c\u009fd\u009cx", "x"},
	{"c1 others", "a\u0085b\u0080c\u009cd", "abcd"},
	{"raw c1 byte is invalid UTF-8", "a\x9b31mb", "a\ufffd31mb"},
	{"invalid UTF-8", "a\xff\xc3(b", "a\ufffd\ufffd(b"},
	{"cut rune", "a\xe2\x82", "a\ufffd\ufffd"},
	{"surrogate", "a\xed\xa0\x80", "a\ufffd\ufffd\ufffd"},
	{"bidi override", "user\u202egnp.exe\u202c", "usergnp.exe"},
	{"bidi isolates", "\u2066a\u2067b\u2068c\u2069", "abc"},
	{"bidi marks", "a\u200eb\u200fc\u061cd", "abcd"},
	{"zero width", "pa\u200by\u200cp\u200da\u2060l\ufeff", "paypal"},
	{"soft hyphen", "pay\u00adpal", "paypal"},
	{"fillers and tags", "a\u3164b\u115fc\U000E0041d\ufe0fe", "abcde"},
	{"stacked marks", "e" + strings.Repeat("\u0301", 40), "e" + strings.Repeat("\u0301", maxMarks)},
	{"mark at the start", "\u0301a", "a"},
	{"nul, bell, backspace, delete", "a\x00b\x07c\x08d\x7fe", "abcde"},
	{"tab", "a\tb", "a       b"},
	{"tab at a stop", "12345678\tb", "12345678        b"},
	{"tab after wide", "東京\tb", "東京    b"},
	{"tab after colour", "\x1b[31mab\x1b[0m\tc", "ab      c"},
	{"return overwrites", "10%\r50%\r100%", "100%"},
	{"trailing return", "+PONG\r", "+PONG"},
	{"trailing returns", "done\r\r\r", "done"},
	{"return then erase", "done\r\x1b[K", "done"},
	{"only returns", "\r\r", ""},
	{"osc 52 through tmux through screen", "\x1bP\x1bPtmux;\x1b\x1b]52;c;AAAA\x07\x1b\\\x1b\\x", "x"},
	{"osc 8 ended by bell and by c1", "\x1b]8;id=1;http://a\x07x\x1b]8;;\u009cy", "xy"},
	{"iterm file", "\x1b]1337;File=inline=1:AAAA\x07x", "x"},
	{"questions to the terminal", "\x1b[c\x1b[6n\x1b[>q\x1b[?u\x1bZ\x05x", "x"},
	{"modes", "\x1b[?1049h\x1b[?2004h\x1b[?1003hx\x1b[?25l", "x"},
	{"charsets and tests", "\x1b%G\x1b#8\x0e\x0fx", "x"},
	{"esc before what is dropped", "\x1b\u200b[31mx", "[31mx"},
	{"esc esc", "\x1b\x1b[31mx", "x"},
	{"overlong c1", "a\xc0\x9b31m\xe0\x82\x9b31m", "a\ufffd\ufffd31m\ufffd\ufffd\ufffd31m"},
	{"raw c1 string", "a\x90tmux;\x9cb", "a\ufffdtmux;\ufffdb"},
	{"bidi in a name", "abc\u202etxt.exe\u2069\u2066", "abctxt.exe"},
	{"line separators", "a\u2028b\u2029c\vd\fe", "a b c d e"},
}

func TestLine(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			if got := Line(c.in); got != c.want {
				t.Errorf("Line(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestTextKeepsLinesApart(t *testing.T) {
	in := "\x1b[31mred\r\n\x1b]0;never\nplain\n\n10%\r20%\n"
	if got, want := Text(in), "red\n\nplain\n\n20%\n"; got != want {
		t.Errorf("Text = %q, want %q", got, want)
	}
}

func TestShort(t *testing.T) {
	for in, want := range map[string]string{"abc": "abc", "abcd": "abcd", "abcde": "abcd … (1 bytes more)", "abc€": "abc … (3 bytes more)"} {
		if got := Short(in, 4); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func FuzzLine(f *testing.F) {
	for _, c := range hostile {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := Line(in)
		checkSafe(t, out)
		if again := Line(out); again != out {
			t.Errorf("not stable: %q then %q", out, again)
		}
		if len(out) > tabStop*len(in) {
			t.Errorf("%d bytes grew to %d", len(in), len(out))
		}
	})
}

func checkSafe(t *testing.T, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Fatalf("invalid UTF-8: %q", out)
	}
	for _, r := range out {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Bidi_Control) || unicode.Is(fillers, r) {
			t.Fatalf("%U left in %q", r, out)
		}
	}
}

func BenchmarkLinePlain(b *testing.B) {
	benchmarkLine(b, strings.Repeat("12:04:29 nginx GET /health 503 ", 6))
}

func BenchmarkLineColoured(b *testing.B) {
	benchmarkLine(b, strings.Repeat("\x1b[32m12:04:29\x1b[0m nginx\tGET /@žluť 200 ", 6))
}

func benchmarkLine(b *testing.B, s string) {
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Line(s)
	}
}
