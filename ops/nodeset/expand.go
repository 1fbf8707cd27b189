package nodeset

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/ops/spelling"
)

// expand gives every name of a part: the first range in brackets with each of its numbers, and what is behind it in the same way.
func expand(part string) ([]string, error) {
	before, rest, bracket := strings.Cut(part, "[")
	if strings.Contains(before, "]") {
		return nil, fmt.Errorf("%q closes a bracket that is not open", part)
	}
	if !bracket {
		return []string{part}, nil
	}
	inside, behind, closed := strings.Cut(rest, "]")
	if !closed {
		return nil, fmt.Errorf("%q has a bracket that is not closed", part)
	}
	numbers, err := numbersOf(inside)
	if err != nil {
		return nil, err
	}
	tails, err := expand(behind)
	if err != nil {
		return nil, err
	}
	if len(numbers)*len(tails) > most {
		return nil, fmt.Errorf("%q names more than %s", part, spelling.Count(most, "node", "nodes"))
	}
	out := make([]string, 0, len(numbers)*len(tails))
	for _, n := range numbers {
		for _, t := range tails {
			out = append(out, before+n+t)
		}
	}
	return out, nil
}

// numbersOf are the numbers between brackets, as they are written: 1-3,07,10-20/5.
func numbersOf(ranges string) ([]string, error) {
	var out []string
	for r := range strings.SplitSeq(ranges, ",") {
		numbers, err := span(strings.TrimSpace(r))
		if err != nil {
			return nil, err
		}
		if out = append(out, numbers...); len(out) > most {
			return nil, fmt.Errorf("%q names more than %s", ranges, spelling.Count(most, "node", "nodes"))
		}
	}
	return out, nil
}

// span is one range, FROM-TO/STEP. A leading zero of FROM says how many digits there are.
func span(text string) ([]string, error) {
	text, by, stepped := strings.Cut(text, "/")
	from, to, ranged := strings.Cut(text, "-")
	if !ranged {
		to = from
	}
	if !stepped {
		by = "1"
	}
	first, err1 := number(from)
	last, err2 := number(to)
	step, err3 := number(by)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	if last < first || step == 0 || last-first > most {
		return nil, fmt.Errorf("%q is no range", text)
	}
	var out []string
	for n := first; n <= last; n += step {
		out = append(out, fmt.Sprintf("%0*d", padding(from), n))
	}
	return out, nil
}

func number(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%q is no number", text)
	}
	return int(n), nil // #nosec G115 -- it has 31 bits
}

// padding is how many digits a number and those that follow it have at least.
func padding(number string) int {
	if len(number) > 1 && number[0] == '0' {
		return len(number)
	}
	return 1
}
