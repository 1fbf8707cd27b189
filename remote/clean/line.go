// Package clean makes remote text safe to show. Whatever a host, a container or a stranger's user name sends, what leaves this package holds
// no escape sequence, no control character, no invisible or direction-changing rune, and only valid UTF-8.
//
// Text is cleaned once, before it leaves the wires; nothing above cleans again.
package clean

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Line cleans one line. Escape sequences are dropped whole, tabs become spaces up to the next multiple of 8 columns, invalid UTF-8 becomes
// U+FFFD, and where carriage returns overwrite the line the last text that is not empty is what stays. Line(Line(s)) == Line(s).
func Line(s string) string {
	if plain(s) {
		return s
	}
	for {
		cut := strings.LastIndexByte(s, '\r')
		if out := segment(s[cut+1:]); out != "" || cut < 0 {
			return out
		}
		s = s[:cut]
	}
}

// Text cleans every line of s by itself, so that nothing leaks from one line into the next. Line ends become a single \n.
func Text(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = Line(l)
	}
	return strings.Join(lines, "\n")
}

// Short is the beginning of clean text that is only looked at, at most limit bytes of it, and says how much is missing.
func Short(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s … (%d bytes more)", s[:cut], len(s)-cut)
}

// plain reports that s is printable ASCII, as nearly all of what hosts say is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// segment cleans text in which nothing overwrites anything.
func segment(s string) string {
	var p printer
	p.out.Grow(len(s))
	for i := 0; i < len(s); {
		if n := escape(s[i:]); n > 0 {
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		p.put(r)
	}
	return p.out.String()
}
