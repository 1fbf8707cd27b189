package screen

import (
	"regexp"
	"strings"
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
