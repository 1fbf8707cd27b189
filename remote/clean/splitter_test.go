package clean

import (
	"slices"
	"strings"
	"testing"
)

func split(limit int, pieces ...string) []string {
	var lines []string
	s := NewSplitter(limit, nil, func(l string) { lines = append(lines, l) })
	for _, p := range pieces {
		_, _ = s.Write([]byte(p))
	}
	_ = s.Close()
	return lines
}

func TestSplitter(t *testing.T) {
	cases := []struct {
		name string
		in   []string
		want []string
	}{
		{"lines", []string{"a\nb\n"}, []string{"a", "b"}},
		{"no end", []string{"a\nb"}, []string{"a", "b"}},
		{"blank lines", []string{"a\n\n\nb\n"}, []string{"a", "", "", "b"}},
		{"crlf", []string{"a\r\nb\r\n"}, []string{"a", "b"}},
		{"crlf across pieces", []string{"a\r", "\nb"}, []string{"a", "b"}},
		{"tty crlf", []string{"a\r\r\nb"}, []string{"a", "b"}},
		{"progress", []string{"1%\r2%", "\r3%\n"}, []string{"1%", "2%", "3%"}},
		{"return at the end", []string{"1%\r"}, []string{"1%"}},
		{"blank after progress", []string{"1%\r", "x\n\ny"}, []string{"1%", "x", "", "y"}},
		{"rune across pieces", []string{"\xe2\x82", "\xac\n"}, []string{"€"}},
		{"escape across pieces", []string{"\x1b[3", "1mred\n"}, []string{"red"}},
		{"nothing", nil, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := split(0, c.in...); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSplitterBoundsALine(t *testing.T) {
	got := split(10, strings.Repeat("x", 7), strings.Repeat("y", 1<<20)+"\nnext\n")
	want := []string{"xxxxxxxyyy … (1048573 bytes more)", "next"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzSplitter(f *testing.F) {
	f.Add("a\r\nb\rc\n\x1b[31m", 3)
	f.Add("\r\r\n", 1)
	f.Fuzz(func(t *testing.T, in string, cut int) {
		if cut < 0 || cut > len(in) {
			cut = len(in) / 2
		}
		whole, pieces := split(0, in), split(0, in[:cut], in[cut:])
		if !slices.Equal(whole, pieces) {
			t.Errorf("cut at %d: %q, whole: %q", cut, pieces, whole)
		}
		for _, l := range whole {
			checkSafe(t, l)
		}
	})
}

// masker hides one word.
type masker string

func (m masker) Redact(text string) string { return strings.ReplaceAll(text, string(m), "•••") }
func (m masker) RedactCut(text string) string {
	return strings.TrimSuffix(m.Redact(text), string(m[:4]))
}

func TestSplitterKeepsColoursAndNoSecrets(t *testing.T) {
	var lines []string
	s := NewSplitter(13, masker("hunter22"), func(l string) { lines = append(lines, l) })
	s.KeepColours()
	for _, piece := range []string{"\x1b[31mred\n", "hun\x1b[31mter22", "\nis hunt", "er\nabcdefghihunter22\n"} {
		_, _ = s.Write([]byte(piece))
	}
	_ = s.Close()
	if want := []string{"\x1b[0;31mred\x1b[m", "•••", "is hunter", "abcdefghi … (4 bytes more)"}; !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
}
