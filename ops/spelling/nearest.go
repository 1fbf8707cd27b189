// Package spelling finds what somebody may have meant by a word that means nothing.
package spelling

import (
	"slices"
	"strings"
)

// Nearest is the word that is written most like another one, "" where there are none. One that was only not written to its end is nearer than any other.
func Nearest(word string, words []string) string {
	best, least := "", 1<<30
	begun := func(w string) bool { return strings.HasPrefix(w, word) && strings.Trim(word, "-") != "" }
	if slices.ContainsFunc(words, begun) {
		words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return !begun(w) })
	}
	for _, w := range words {
		if n := distance(word, w); n < least {
			best, least = w, n
		}
	}
	return best
}

// distance is how many letters must be put in, left out or changed to make one word of another.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
