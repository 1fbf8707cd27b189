package run

import "slices"

// Nested puts the runs that are steps of another behind it, oldest first, and leaves the order of the others. of tells each one's summary. Those whose
// parent is not in the list stand for themselves.
func Nested[T any](list []T, of func(T) Summary) []T {
	there := map[string]bool{}
	for _, x := range list {
		there[of(x).ID] = true
	}
	below := map[string][]T{}
	for _, x := range list {
		if p := of(x).Parent; there[p] {
			below[p] = append(below[p], x)
		}
	}
	out := make([]T, 0, len(list))
	for _, x := range list {
		if there[of(x).Parent] {
			continue
		}
		kids := below[of(x).ID]
		slices.SortStableFunc(kids, func(a, b T) int { return of(a).Started.Compare(of(b).Started) })
		out = append(append(out, x), kids...)
	}
	return out
}
