package spelling

import "testing"

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0 processes", 1: "1 process", 2: "2 processes", -1: "-1 processes"} {
		if got := Count(n, "process", "processes"); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}
