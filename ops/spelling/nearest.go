// Package spelling finds what somebody may have meant by a word that means nothing.
package spelling

import (
	"slices"
	"strings"
	"unicode"
)

// Nearest is the word that was probably meant by another one, "" where none is near: what is far-fetched helps nobody. Near is what was not written to its
// end, what differs by slips in a third of its letters at most, and what has a part that begins so: worker-reimage for reimage.
func Nearest(word string, words []string) string {
	said, best, least := plain(word), "", far
	if said == "" {
		return ""
	}
	for _, w := range words {
		if d := away(said, plain(w)); d < least {
			best, least = w, d
		}
	}
	return best
}

// Hint is the nearest word between two pieces of text, "" where none is near.
func Hint(before, word string, words []string, after string) string {
	near := Nearest(word, words)
	if near == "" {
		return ""
	}
	return before + near + after
}

// plain is a word without the dashes of an option, in small letters.
func plain(word string) string { return strings.ToLower(strings.TrimLeft(word, "-")) }

// How far a word can be from another one: first those that begin with it, by what they lack, then those with slips, then those with such a part.
const (
	slipped = 1 << 10
	partly  = 1 << 20
	far     = 1 << 30
)

func away(said, w string) int {
	a, b := []rune(said), []rune(w)
	switch slips := distance(a, b); {
	case otherNumber(said, w):
		return far
	case slips == 0:
		return 0
	case strings.HasPrefix(w, said):
		return len(b) - len(a)
	case slips <= max(len(a), len(b))/3:
		return slipped + slips
	case len(a) >= 3 && slices.ContainsFunc(parts(w), func(part string) bool { return strings.HasPrefix(part, said) }):
		return partly + len(b)
	case len(b) >= 3 && slices.Contains(parts(said), w):
		return partly + len(a)
	}
	return far
}

// otherNumber reports that both words have a number, and not the same: worker-1 is not what was meant by worker-9.
func otherNumber(a, b string) bool {
	digits := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return r
			}
			return -1
		}, s)
	}
	a, b = digits(a), digits(b)
	return a != "" && b != "" && a != b
}

// parts are what a word is put together from.
func parts(word string) []string {
	return strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune("-_./ ", r) })
}

// distance is how many letters must be put in, left out, changed or swapped with their neighbour to make one word of another.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				cost++
			}
			cost = min(cost, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cost = min(cost, rows[i-2][j-2]+1)
			}
			rows[i][j] = cost
		}
	}
	return rows[len(a)][len(b)]
}
