package tootctl

import (
	"fmt"
	"slices"
	"time"

	"github.com/vmtui/vmtui/ops/spelling"
)

// Boot is how long Rails took to start on a node, the last times that it was measured. It starts anew for every command.
type Boot []time.Duration

// String says it: "12 s", "9 to 14 s", or that nobody knows yet.
func (b Boot) String() string {
	if len(b) == 0 {
		return "not measured here yet"
	}
	least, most := seconds(slices.Min(b)), seconds(slices.Max(b))
	if least == most {
		return fmt.Sprintf("%d s by %s", most, b.starts())
	}
	return fmt.Sprintf("%d to %d s by %s", least, most, b.starts())
}

// seconds are whole ones, and never none.
func seconds(d time.Duration) int { return max(int(d.Round(time.Second).Seconds()), 1) }

func (b Boot) starts() string {
	if len(b) == 1 {
		return "the last start"
	}
	return fmt.Sprintf("the last %s", spelling.Count(len(b), "start", "starts"))
}
