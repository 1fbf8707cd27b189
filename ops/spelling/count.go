package spelling

import "fmt"

// Count is a number and its noun: "1 step", "3 steps".
func Count[N ~int | ~int64 | ~uint64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
