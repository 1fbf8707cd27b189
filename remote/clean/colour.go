package clean

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Coloured is Line with its colours: what stays of the escape sequences is the colour of letters, bold and underlined, in one spelling. The
// line begins and ends plain, so that nothing leaks into what is drawn after it. Grounds, blinking, inversion and black are not kept: text is
// hidden by them.
func Coloured(s string) string {
	if plain(s) {
		return s
	}
	for {
		cut := strings.LastIndexByte(s, '\r')
		if out, seen := painted(s[cut+1:]); seen || cut < 0 {
			return out
		}
		s = s[:cut]
	}
}

// painted cleans text in which nothing overwrites anything, and reports whether any of it can be seen.
func painted(s string) (out string, seen bool) {
	var p printer
	var want, is pen
	for i := 0; i < len(s); {
		if n := escape(s[i:]); n > 0 {
			want.obey(s[i : i+n])
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if want != is && shows(r) {
			p.out.WriteString(want.String())
			is = want
		}
		before := p.out.Len()
		p.put(r)
		seen = seen || p.out.Len() > before
	}
	if is != (pen{}) {
		p.out.WriteString(pen{}.String())
	}
	return p.out.String(), seen
}

// pen is how letters look. The zero pen is plain.
type pen struct {
	bold, underline bool
	colour          int // as SGR has it: 31 to 37, 90 to 97; 0 is the terminal's own
}

// String is the one spelling of a pen.
func (p pen) String() string {
	var b strings.Builder
	b.WriteString("\x1b[")
	sep := ""
	part := func(on bool, n int) {
		if on {
			b.WriteString(sep + strconv.Itoa(n))
			sep = ";"
		}
	}
	part(p != pen{}, 0)
	part(p.bold, 1)
	part(p.underline, 4)
	part(p.colour != 0, p.colour)
	return b.String() + "m"
}

// obey changes the pen as a sequence says, if it is one about letters.
func (p *pen) obey(sequence string) {
	body, ok := strings.CutPrefix(sequence, "\x1b[")
	if !ok {
		body, ok = strings.CutPrefix(sequence, "\u009b")
	}
	body, final := strings.CutSuffix(body, "m")
	if !ok || !final {
		return
	}
	words := strings.Split(body, ";")
	for i := 0; i < len(words); i++ {
		n, err := strconv.Atoi(words[i])
		if words[i] != "" && err != nil {
			return // colons, or a private sequence
		}
		if n == 38 || n == 48 { // of the many colours the first sixteen have names; what follows is theirs and no attribute
			i += p.extended(n == 38, words[i+1:])
			continue
		}
		p.attribute(n)
	}
}

func (p *pen) attribute(n int) {
	switch {
	case n == 0:
		*p = pen{}
	case n == 1, n == 22:
		p.bold = n == 1
	case n == 4, n == 24:
		p.underline = n == 4
	case n == 30, n == 39:
		p.colour = 0
	case n > 30 && n <= 37, n >= 90 && n <= 97:
		p.colour = n
	}
}

// extended reads 5;N and 2;R;G;B, and gives how many words they took.
func (p *pen) extended(letters bool, words []string) int {
	switch {
	case len(words) >= 2 && words[0] == "5":
		n, err := strconv.Atoi(words[1])
		if letters && err == nil {
			p.colour = named(n)
		}
		return 2
	case len(words) > 0 && words[0] == "2":
		if letters {
			p.colour = 0
		}
		return min(4, len(words))
	}
	return len(words)
}

func named(n int) int {
	switch {
	case n >= 1 && n <= 7:
		return 30 + n
	case n >= 8 && n <= 15:
		return 82 + n
	}
	return 0
}
