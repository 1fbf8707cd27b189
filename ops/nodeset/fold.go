package nodeset

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var digits = regexp.MustCompile(`[0-9]+`)

// shape is a name cut at its numbers, or several of them that are alike: worker-[1-3].eu[4].
type shape struct {
	texts   []string // one more than there are numbers
	numbers [][]string
}

// Fold writes names as shortly as ranges allow, so that Parse gives the same again: worker-[1-3],exec.
func Fold(names []string) string {
	var shapes []shape
	for _, n := range names {
		shapes = append(shapes, shapeOf(n))
	}
	deepest := 0
	for _, s := range shapes {
		deepest = max(deepest, len(s.numbers))
	}
	for d := deepest - 1; d >= 0; d-- {
		shapes = merge(shapes, d)
	}
	out := make([]string, len(shapes))
	for i, s := range shapes {
		out[i] = s.String()
	}
	return strings.Join(out, ",")
}

func shapeOf(name string) shape {
	s := shape{texts: digits.Split(name, -1)}
	for _, n := range digits.FindAllString(name, -1) {
		s.numbers = append(s.numbers, []string{n})
	}
	return s
}

// merge makes one of those that differ in the number at a depth only, in the place of the first.
func merge(shapes []shape, depth int) []shape {
	var out []shape
	at := map[string]int{}
	for _, s := range shapes {
		if depth >= len(s.numbers) {
			out = append(out, s)
			continue
		}
		key := s.but(depth)
		i, seen := at[key]
		if !seen {
			at[key] = len(out)
			out = append(out, s)
			continue
		}
		out[i].numbers[depth] = append(out[i].numbers[depth], s.numbers[depth]...)
	}
	return out
}

// but is everything of a shape except the number at a depth.
func (s shape) but(depth int) string {
	var b strings.Builder
	for i, t := range s.texts {
		b.WriteString(t + "[")
		if i < len(s.numbers) && i != depth {
			b.WriteString(spans(s.numbers[i]))
		}
	}
	return b.String()
}

// String is the shape with brackets where there is more than one number.
func (s shape) String() string {
	var b strings.Builder
	for i, t := range s.texts {
		b.WriteString(t)
		if i == len(s.numbers) {
			break
		}
		text := spans(s.numbers[i])
		if strings.ContainsAny(text, "-,") {
			text = "[" + text + "]"
		}
		b.WriteString(text)
	}
	return b.String()
}

// spans writes numbers as ranges: 1-3,07.
func spans(numbers []string) string {
	numbers = slices.Clone(numbers)
	slices.SortFunc(numbers, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	numbers = slices.Compact(numbers)
	var out []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == after(numbers[j], padding(numbers[i])) {
			j++
		}
		text := numbers[i]
		if j > i {
			text += "-" + numbers[j]
		}
		out = append(out, text)
		i = j + 1
	}
	return strings.Join(out, ",")
}

// after is the number behind another, with as many digits; "" where none can be told.
func after(text string, padding int) string {
	n, err := number(text)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%0*d", padding, n+1)
}
