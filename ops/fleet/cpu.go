package fleet

import (
	"strconv"
	"strings"
)

// ticks is a sample of /proc/stat's first line: time counted since the boot, over all cores.
type ticks struct{ busy, total uint64 }

// ticksOf reads `cpu user nice system idle iowait irq softirq steal guest guest_nice`. Guest time is in user already. The zero value means
// that it could not be read.
func ticksOf(line string) ticks {
	words := strings.Fields(line)
	if len(words) < 5 || words[0] != "cpu" {
		return ticks{}
	}
	var t ticks
	for i, word := range words[1:min(len(words), 9)] {
		v, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return ticks{}
		}
		t.total += v
		if i != 3 && i != 4 { // idle, iowait
			t.busy += v
		}
	}
	return t
}

// load is the percentage of all cores that was busy since the last look; at the first look, during the look.
func load(before seenBefore, boot string, now, again ticks) float64 {
	if before.known && before.health.BootID == boot {
		if p, ok := between(before.cpu, now); ok {
			return p
		}
		return before.health.CPU
	}
	p, _ := between(now, again)
	return p
}

func between(a, b ticks) (float64, bool) {
	if a.total == 0 || b.total <= a.total || b.busy < a.busy {
		return 0, false
	}
	return percent(float64(b.busy-a.busy), float64(b.total-a.total)), true
}

// history appends to a copy: snapshots share the old one.
func history(old []float64, v float64) []float64 {
	if len(old) >= sparkline {
		old = old[len(old)-sparkline+1:]
	}
	return append(append(make([]float64, 0, len(old)+1), old...), v)
}
