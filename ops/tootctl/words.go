package tootctl

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"al.essio.dev/pkg/shellescape"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/vmtui/vmtui/keys/fault"
)

// Split cuts a line into words as a shell does: quotes and backslashes keep a word together. Nothing is run and nothing replaced: what would mean more
// than text to a shell is refused, because here it would mean only text, and whoever typed it thinks otherwise.
func Split(line string) ([]string, error) {
	var words []string
	at := 0 // how far the line is read
	for w, err := range syntax.NewParser().WordsSeq(strings.NewReader(line)) {
		if err != nil {
			return nil, unreadable(line, err.Error())
		}
		if why := beyond(w); why != "" {
			return nil, unreadable(line, why)
		}
		if gap := line[at:w.Pos().Offset()]; strings.TrimSpace(gap) != "" {
			return nil, unreadable(line, fmt.Sprintf("%q is not part of a word", strings.TrimSpace(gap)))
		}
		at = int(w.End().Offset()) // #nosec G115 -- within the line
		text, err := plain(w)
		if err != nil {
			return nil, unreadable(line, err.Error())
		}
		words = append(words, text)
	}
	if rest := strings.TrimSpace(line[at:]); rest != "" {
		return nil, unreadable(line, fmt.Sprintf("%q would be a comment", rest))
	}
	return words, nil
}

// escaped is a backslash outside quotes and what it takes the meaning from, which the library leaves as it stands.
var escaped = regexp.MustCompile(`(?s)\\(.)`)

// plain is a word without its quotes and backslashes.
func plain(w *syntax.Word) (string, error) {
	var text strings.Builder
	for _, part := range w.Parts {
		if lit, ok := part.(*syntax.Lit); ok {
			text.WriteString(escaped.ReplaceAllString(lit.Value, "$1"))
			continue
		}
		s, err := expand.Literal(nil, &syntax.Word{Parts: []syntax.WordPart{part}})
		if err != nil {
			return "", err
		}
		text.WriteString(s)
	}
	return text.String(), nil
}

// beyond says what in a word is more than text, "" when nothing is.
func beyond(w *syntax.Word) string {
	why := ""
	syntax.Walk(w, func(n syntax.Node) bool {
		switch n := n.(type) {
		case nil, *syntax.Word, *syntax.Lit, *syntax.SglQuoted:
		case *syntax.DblQuoted:
			if n.Dollar {
				why = `$"…" means nothing here`
			}
		default:
			why = "no shell reads this line: there is nothing to replace $, ` or ( ) by"
		}
		return why == ""
	})
	if len(w.Parts) > 0 {
		if first, ok := w.Parts[0].(*syntax.Lit); ok && strings.HasPrefix(first.Value, "~") {
			return "no shell reads this line: ~ is nobody's home"
		}
	}
	return why
}

func unreadable(line, why string) error {
	return &fault.Error{What: "that cannot be read", On: line, Why: why, Next: "put '…' around what belongs together", Code: fault.Usage}
}

// Quote writes words as one line, all of which is seen, that Split and a shell cut into the same words.
func Quote(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quoteWord(w)
	}
	return strings.Join(quoted, " ")
}

// quoteWord writes a newline, or whatever else no screen shows, as bash and zsh do, $'a\nb': a line that looks like another one is not what was meant.
func quoteWord(word string) string {
	hidden := func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }
	if strings.ContainsFunc(word, hidden) {
		if quoted, err := syntax.Quote(word, syntax.LangBash); err == nil { // of a NUL it says that there is no such argument
			return quoted
		}
	}
	return shellescape.Quote(word)
}
