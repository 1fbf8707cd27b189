package widget

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/unicode/norm"

	"github.com/vmtui/vmtui/ui/theme"
)

// safe is text that takes exactly the cells it is measured to take, and its width. Remote text was cleaned of escapes long before; here only columns
// are defended: what is not seen goes, controls and marks of direction among it, and a cluster that terminals measure differently becomes the characters
// it is made of, or a replacement of its own width.
func safe(text string) (string, int) {
	if n, ok := narrow(text); ok {
		return text, n
	}
	var b strings.Builder
	width, text := 0, norm.NFC.String(text)
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
	if out := b.String(); width == ansi.StringWidth(out) && width == ansi.StringWidthWc(out) {
		return out, width
	}
	return strings.Repeat("?", width), width // what was settled one by one joined again
}

// settled is a cluster every terminal measures alike, whatever stands beside it.
func settled(cluster string, w int) (string, int) {
	seen := thin(strings.Map(visible, cluster))
	_, size := utf8.DecodeRuneInString(seen)
	n := ansi.StringWidthWc(seen)
	switch {
	case cluster == "\t":
		return "  ", 2
	case seen == "" || w == 0:
		return "", 0
	case firm(seen, n): // the family becomes its members, the red heart a heart
		return seen, n
	case firm(seen[:size], ansi.StringWidthWc(seen[:size])):
		return seen[:size], ansi.StringWidthWc(seen[:size])
	}
	return strings.Repeat("?", w), w
}

// visible drops what cannot be seen, and spells flags in letters.
func visible(r rune) rune {
	switch {
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
		return -1
	case r >= '\U0001f1e6' && r <= '\U0001f1ff':
		return 'A' + r - '\U0001f1e6'
	}
	return r
}

// Shown is a value that somebody filled in, with a sign for each line end and control in it: elsewhere these are dropped, and here they count.
func Shown(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return '⏎'
		case r < 0x20:
			return '␀' + r
		}
		return r
	}, text)
}

// thin keeps two marks above and below a letter: no language needs more, and a heap of them is drawn over other rows.
func thin(cluster string) string {
	marks := 0
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.M, r) {
			if marks++; marks > 2 {
				return -1
			}
		}
		return r
	}, cluster)
}

// firm reports that both ways of measuring agree on a cluster, and that it joins with neither of its neighbours, be they of its own kind.
func firm(cluster string, w int) bool {
	between := "x" + cluster + cluster + "x"
	return ansi.StringWidth(between) == 2*w+2 && ansi.StringWidthWc(between) == 2*w+2
}

// narrow counts the cells of text made only of characters known to take one cell and to combine with nothing: printable ASCII,
// Latin letters, and what the console draws with. It is what nearly all text is made of.
func narrow(s string) (int, bool) {
	n := 0
	for _, r := range s {
		switch {
		case r == '◽', r == '◾': // among the squares that take one cell, these two take two
			return 0, false
		case r >= 0x20 && r <= 0x7e, r >= 0x2500 && r <= 0x25ff, r > 0xad && r <= 0x17f:
		case strings.ContainsRune("…·—–→←↑↓‹›“”‘’✓✗•⚑↶⇧⏎★≤≥⟳", r):
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

// firmHyphen stands for hyphens while text is wrapped: worker-2 and an option are one word.
const firmHyphen = "\u2011"

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
		whole := ansi.Wrap(strings.ReplaceAll(t, "-", firmHyphen), w, "")
		for _, row := range strings.Split(whole, "\n") {
			row = strings.TrimRight(strings.ReplaceAll(row, firmHyphen, "-"), " ")
			if ansi.StringWidth(row) > w { // a word as wide as the row is not parted from blanks before it
				row = ansi.Hardwrap(strings.TrimLeft(row, " "), w, true)
			}
			for part := range strings.SplitSeq(row, "\n") {
				out = append(out, L(ink, part))
			}
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
