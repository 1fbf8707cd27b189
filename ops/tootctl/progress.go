package tootctl

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Progress is a bar, understood.
type Progress struct {
	Title string // "Importing StatusesIndex", "" for most
	At    int
	Of    int           // 0: nobody knows
	Left  time.Duration // below 0: nobody knows
	Done  bool
	Took  time.Duration // when it is done
}

// barShape is a bar on a terminal, without what a terminal obeys.
var barShape = regexp.MustCompile(`^(?:(\D*?) ?)?(\d+)/(\d+|\?\?) \|[=\-\s]*\|\s+(ETA|Time): ([\d?]+):([\d?]{2}):([\d?]{2})`)

// ReadProgress understands a clean line; ok is false for one that is no bar.
func ReadProgress(line string) (p Progress, ok bool) {
	m := barShape.FindStringSubmatch(line)
	if m == nil {
		return Progress{}, false
	}
	p.Title = strings.TrimSpace(m[1])
	p.At, _ = strconv.Atoi(m[2])
	p.Of, _ = strconv.Atoi(m[3]) // ?? is 0
	p.Left = clock(m[5:8])
	if p.Done = m[4] == "Time"; p.Done {
		p.Took, p.Left = p.Left, 0
	}
	return p, true
}

// clock is hours, minutes and seconds, below 0 for question marks.
func clock(parts []string) time.Duration {
	total := 0
	for _, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil {
			return -1
		}
		total = total*60 + n
	}
	return time.Duration(total) * time.Second
}

// Count is how far it is, in words.
func (p Progress) Count() string {
	if p.Of > 0 {
		return fmt.Sprintf("%d of %d", p.At, p.Of)
	}
	return fmt.Sprintf("%d of an unknown number", p.At)
}

// Percent is how far it is, below 0 when nobody knows.
func (p Progress) Percent() int {
	switch {
	case p.Of > 0:
		return min(100*p.At/p.Of, 100)
	case p.Done:
		return 100
	}
	return -1
}
