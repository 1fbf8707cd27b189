package theme

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// letters are the ASCII stand-ins for the characters the console draws with. Each is one cell wide, as what it stands for.
var letters = map[rune]byte{
	'●': '*', '◐': '~', '◉': '@', '○': 'o', '◌': '.', '✓': '+', '✗': 'x', '▸': '>', '›': '>', '→': '>', '←': '<', '↑': '^', '↓': 'v',
	'·': '.', '…': '~', '—': '-', '–': '-', '│': '|', '┃': '|', '║': '|', '─': '-', '━': '-', '═': '=', '⚑': 'P', '▲': '!', '↶': '<',
	'╭': '+', '╮': '+', '╰': '+', '╯': '+', '├': '+', '┤': '+', '┏': '+', '┓': '+', '┗': '+', '┛': '+', '╔': '+', '╗': '+', '╚': '+', '╝': '+',
	'┣': '+', '┫': '+', '┬': '+', '┴': '+', '┼': '+', '╌': '-', '╴': '-', '▌': '|', '▏': '|', '▍': '|',
	'▁': '_', '▂': '_', '▃': '.', '▄': '-', '▅': '-', '▆': '=', '▇': '=', '█': '#', '░': '.', '▒': ':', '▓': '#',
	'“': '"', '”': '"', '’': '\'', '‘': '\'', '×': 'x', '±': '+', '≤': '<', '≥': '>', '⟳': '@', '◆': '#',
}

// asciiOnly spells text in ASCII. What has no stand-in becomes as many question marks as it has cells, so that columns stay.
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
			b.WriteString(strings.Repeat("?", ansi.StringWidthWc(string(r))))
		}
	}
	return b.String()
}
