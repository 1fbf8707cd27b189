package screen

import (
	"regexp"
	"strings"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// matcher is what a filter lets through.
type matcher struct {
	text string
	re   *regexp.Regexp
	not  bool
}

// newMatcher reads a filter: a regular expression without regard to case and lines, turned round by a leading !. What is no regular expression
// is looked for as it stands.
func newMatcher(text string) matcher {
	m := matcher{text: text}
	if text == "" {
		return m
	}
	pattern := text
	if rest, ok := strings.CutPrefix(text, "!"); ok {
		m.not, pattern = true, rest
	}
	if pattern == "" {
		return matcher{text: text}
	}
	re, err := regexp.Compile("(?is)" + pattern)
	if err != nil {
		re = regexp.MustCompile("(?i)" + regexp.QuoteMeta(pattern))
	}
	m.re = re
	return m
}

func (m matcher) lets(s string) bool { return m.re == nil || m.re.MatchString(s) != m.not }

func (m matcher) on() bool { return m.re != nil }

// title is a list's title, with the filter behind it that thins the list out.
func (m matcher) title(words string) widget.Line {
	head := title(words)
	if m.on() {
		head = head.Add(widget.S(theme.Muted, "  /"), widget.S(theme.Accent, m.text))
	}
	return head
}

// sifted are the rows that a filter lets through.
func sifted[T any](m matcher, rows []T, text func(T) string) []T {
	var out []T
	for _, r := range rows {
		if m.lets(text(r)) {
			out = append(out, r)
		}
	}
	return out
}
