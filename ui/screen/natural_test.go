package screen

import (
	"slices"
	"strings"
	"testing"
)

func TestNamesAreSortedAsPeopleCount(t *testing.T) {
	const want = "exec v4.6.5 v4.6.10 web web-1 web-01b web-2 worker-1 worker-9 worker-9a worker-10 worker-100 worker-a é"
	got := strings.Fields(want)
	slices.Reverse(got)
	slices.SortStableFunc(got, natural)
	if s := strings.Join(got, " "); s != want {
		t.Errorf("%s", s)
	}
}
