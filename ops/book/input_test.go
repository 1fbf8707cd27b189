package book

import (
	"regexp"
	"testing"
	"time"
)

func TestInputsAreOfTheirType(t *testing.T) {
	one, nine := 1, 9
	all := fleetOf(sample(t))
	for _, x := range []struct {
		in   Input
		said string
		want any // nil: refused
	}{
		{Input{Type: typeString}, "any thing\n", "any thing\n"},
		{Input{Type: typeString, Pattern: regexp.MustCompile(`^(?:a+)$`)}, "aa", "aa"},
		{Input{Type: typeString, Pattern: regexp.MustCompile(`^(?:a+)$`)}, "aa\nb", nil},
		{Input{Type: typeString}, "\xff", nil},
		{Input{Type: typeString}, "a\x00", nil},
		{Input{Type: typeInt}, "-7", -7},
		{Input{Type: typeInt}, "7 ", nil},
		{Input{Type: typeInt}, "1e3", nil},
		{Input{Type: typeInt, Min: &one, Max: &nine}, "9", 9},
		{Input{Type: typeInt, Min: &one, Max: &nine}, "0", nil},
		{Input{Type: typeInt, Min: &one, Max: &nine}, "10", nil},
		{Input{Type: typeBool}, "true", true},
		{Input{Type: typeBool}, "yes", nil},
		{Input{Type: typeDuration}, "90s", 90 * time.Second},
		{Input{Type: typeDuration}, "90", nil},
		{Input{Type: typeEnum, Values: []string{"a", "b"}}, "b", "b"},
		{Input{Type: typeEnum, Values: []string{"a", "b"}}, "c", nil},
		{Input{Type: typeNode}, "exec", "exec"},
		{Input{Type: typeNode, Role: "worker"}, "exec", nil},
		{Input{Type: typeNode}, "worker-[1-3]", nil},
	} {
		got, why := x.in.parse(x.said, all)
		if got != x.want || (why == "") != (x.want != nil) {
			t.Errorf("%+v %q: %v, %s", x.in, x.said, got, why)
		}
	}
}
