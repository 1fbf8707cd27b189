package theme

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/unicode/norm"
)

// letters are the ASCII stand-ins for the characters the console draws with. Each is one cell wide, as what it stands for.
var letters = map[rune]byte{
	'●': '*', '★': '*', '◐': '~', '◉': '@', '○': 'o', '◌': '.', '✓': '+', '✗': 'x', '▸': '>', '›': '>', '‹': '<', '→': '>', '←': '<', '↑': '^', '↓': 'v',
	'·': '.', '…': '~', '—': '-', '–': '-', '│': '|', '┃': '|', '║': '|', '─': '-', '━': '=', '═': '=', '⚑': 'P', '▲': '!', '↶': '<',
	'╭': '+', '╮': '+', '╰': '+', '╯': '+', '├': '+', '┤': '+', '┏': '+', '┓': '+', '┗': '+', '┛': '+', '╔': '+', '╗': '+', '╚': '+', '╝': '+',
	'┣': '+', '┫': '+', '┬': '+', '┴': '+', '┼': '+', '╌': '-', '╴': '-', '▌': '|', '▏': '|', '▍': '|',
	'▁': '_', '▂': '_', '▃': '.', '▄': '-', '▅': '-', '▆': '=', '▇': '=', '█': '#', '░': '.', '▒': ':', '▓': '#',
	'“': '"', '”': '"', '’': '\'', '‘': '\'', '×': 'x', '±': '+', '≤': '<', '≥': '>', '⟳': '@', '◆': '#', '•': '*', '⇧': '^', '\u00a0': ' ', 'ß': 's', 'ø': 'o', 'Ø': 'O', 'ł': 'l', 'Ł': 'L', 'đ': 'd', 'ı': 'i',
}

// asciiOnly spells text in ASCII. A letter loses its accents; what has no stand-in becomes as many question marks as it has cells, so that columns
// stay.
func asciiOnly(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch c, ok := letters[r]; {
		case r < 0x80:
			b.WriteRune(r)
		case ok:
			b.WriteByte(c)
		default:
			b.WriteString(bare(r))
		}
	}
	return b.String()
}

// bare is a character without what stands above and below it, in as many cells.
func bare(r rune) string {
	w := ansi.StringWidthWc(string(r))
	if parts := norm.NFKD.String(string(r)); w == 1 && parts[0] < 0x80 && ansi.StringWidthWc(parts) == 1 {
		return parts[:1]
	}
	return strings.Repeat("?", w)
}
