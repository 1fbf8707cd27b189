package widget

import (
	"strings"
	"unicode/utf8"

	"github.com/vmtui/vmtui/ui/theme"
)

// Input is one line of typed text.
type Input struct {
	text   []rune
	at     int
	Secret bool // show dots
	Whole  bool // what is pasted keeps the line ends within it: it is one value, whatever is in it
}

// Text is what was typed.
func (in *Input) Text() string { return string(in.text) }

// Set replaces the text and puts the cursor behind it.
func (in *Input) Set(s string) { in.text, in.at = []rune(s), utf8.RuneCountInString(s) }

// Insert types text at the cursor; line ends and controls are dropped.
func (in *Input) Insert(s string) {
	if in.Whole {
		s = strings.ReplaceAll(strings.ReplaceAll(strings.TrimRight(s, "\r\n"), "\r\n", "\n"), "\r", "\n") // terminals paste either
	}
	var add []rune
	for _, r := range s {
		if r >= 0x20 && r != 0x7f || in.Whole && r == '\n' {
			add = append(add, r)
		}
	}
	in.text = append(in.text[:in.at:in.at], append(add, in.text[in.at:]...)...)
	in.at += len(add)
}

// Press handles an editing key, by its name; text is what the key types, if anything. It reports whether the key was one.
func (in *Input) Press(key, text string) bool {
	switch key {
	case "left":
		in.at = max(in.at-1, 0)
	case "right":
		in.at = min(in.at+1, len(in.text))
	case "home":
		in.at = 0
	case "end":
		in.at = len(in.text)
	case "backspace":
		in.drop(in.at - 1)
	case "delete":
		in.drop(in.at)
	case "ctrl+u":
		in.text, in.at = in.text[in.at:], 0
	case "ctrl+k":
		in.text = in.text[:in.at]
	case "ctrl+w":
		in.dropWord()
	default:
		if text == "" {
			return false
		}
		in.Insert(text)
	}
	return true
}

// drop removes the character at i.
func (in *Input) drop(i int) {
	if i < 0 || i >= len(in.text) {
		return
	}
	in.text = append(in.text[:i:i], in.text[i+1:]...)
	if i < in.at {
		in.at--
	}
}

// dropWord removes the word before the cursor.
func (in *Input) dropWord() {
	i := in.at
	for i > 0 && in.text[i-1] == ' ' {
		i--
	}
	for i > 0 && in.text[i-1] != ' ' {
		i--
	}
	in.text, in.at = append(in.text[:i:i], in.text[in.at:]...), i
}

// Line is the input in w cells, and the cell the cursor stands in. Long text scrolls so that the cursor is seen.
func (in *Input) Line(w int) (Line, int) {
	shown, before := Shown(string(in.text)), Shown(string(in.text[:in.at]))
	if in.Secret {
		shown, before = strings.Repeat("•", len(in.text)), strings.Repeat("•", in.at)
	}
	cursor := Width(before)
	from := max(cursor-w+1, 0)
	l := L(theme.Field, shown).Cut(from, from+w)
	l = append(l, Span{Text: blanks(w - l.Width()), Ink: theme.Field, w: w - l.Width()})
	return l, cursor - from
}
