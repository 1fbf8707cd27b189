package widget

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/vmtui/vmtui/ui/theme"
)

// safe is text that takes exactly the cells it is measured to take, and its width. Remote text was cleaned of escapes long before;
// here only columns are defended: controls go, and a cluster that terminals measure differently (an emoji of several parts, a flag)
// becomes a replacement of its own width.
func safe(text string) (string, int) {
	if n, ok := narrow(text); ok {
		return text, n
	}
	var b strings.Builder
	width := 0
	for len(text) > 0 {
		cluster, w := ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
		if cluster == "" {
			break
		}
		text = text[len(cluster):]
		cluster, w = settled(cluster, w)
		b.WriteString(cluster)
		width += w
	}
	return b.String(), width
}

// settled is a cluster every terminal measures alike, whatever stands beside it.
func settled(cluster string, w int) (string, int) {
	r, size := utf8.DecodeRuneInString(cluster)
	switch {
	case r == '\t':
		return "  ", 2
	case r < 0x20 || r >= 0x7f && r < 0xa0 || w == 0:
		return "", 0
	case r == utf8.RuneError && size <= 1:
		return "?", 1
	case firm(cluster, w):
		return cluster, w
	}
	if base := cluster[:size]; firm(base, ansi.StringWidthWc(base)) { // the family becomes its first member, the red heart a heart
		return base, ansi.StringWidthWc(base)
	}
	return strings.Repeat("?", w), w
}

// firm reports that both ways of measuring agree on a cluster, and that it joins with neither of its neighbours.
func firm(cluster string, w int) bool {
	between := "x" + cluster + "x"
	return ansi.StringWidth(between) == w+2 && ansi.StringWidthWc(between) == w+2
}

// narrow counts the cells of text made only of characters known to take one cell and to combine with nothing: printable ASCII,
// Latin letters, and what the console draws with. It is what nearly all text is made of.
func narrow(s string) (int, bool) {
	n := 0
	for _, r := range s {
		switch {
		case r >= 0x20 && r <= 0x7e, r >= 0x2500 && r <= 0x25ff, r > 0xad && r <= 0x17f:
		case strings.ContainsRune("…·—–→←↑↓›✓✗•⚑↶", r):
		default:
			return 0, false
		}
		n++
	}
	return n, true
}

// cells is the cells a..b of safe text, with blanks where a wide character is cut in two.
func cells(text string, a, b int) string {
	var out strings.Builder
	at := 0
	for len(text) > 0 && at < b {
		cluster, w := ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
		if cluster == "" {
			break
		}
		text = text[len(cluster):]
		switch {
		case at >= a && at+w <= b:
			out.WriteString(cluster)
		case at+w > a && at < b:
			out.WriteString(blanks(min(at+w, b) - max(at, a)))
		}
		at += w
	}
	return out.String()
}

// Width is how many cells text takes once it is safe.
func Width(text string) int {
	_, w := safe(text)
	return w
}

// Wrap is text broken between words into lines of at most w cells, all in one ink. A word longer than a line is broken inside.
func Wrap(ink theme.Ink, text string, w int) []Line {
	if w <= 0 {
		return nil
	}
	var out []Line
	for _, par := range strings.Split(text, "\n") {
		t, n := safe(par)
		if n <= w {
			out = append(out, Line{Span{Text: t, Ink: ink, w: n}})
			continue
		}
		for _, row := range strings.Split(ansi.Wrap(t, w, ""), "\n") {
			out = append(out, L(ink, strings.TrimRight(row, " ")))
		}
	}
	return out
}

// Hang is wrapped text behind a first span, with its further lines under the text.
func Hang(first Line, ink theme.Ink, text string, w int) []Line {
	n := first.Width()
	rows := Wrap(ink, text, max(w-n, 8))
	for i, r := range rows {
		if i == 0 {
			rows[i] = append(first[:len(first):len(first)], r...)
			continue
		}
		rows[i] = append(Line{Gap(n)}, r...)
	}
	return rows
}
