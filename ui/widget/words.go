package widget

import "github.com/vmtui/vmtui/ops/spelling"

// Sentence joins what failed, on what and why.
func Sentence(what, on, why string) string {
	if on != "" {
		what += " on " + on
	}
	if why != "" {
		what += ": " + why
	}
	return what
}

// Count is a number and its noun: "1 step", "3 steps".
func Count(n int, one, many string) string { return spelling.Count(n, one, many) }
