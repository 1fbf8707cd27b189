package sidekiq

import (
	"cmp"
	"slices"
	"time"

	"github.com/vmtui/vmtui/remote/clean"
)

// Tick is when a job of the scheduler was last put into its queue.
type Tick struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// tickLayouts are how sidekiq-scheduler has written times.
var tickLayouts = []string{"2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700", time.RFC3339}

// ticksOf reads sidekiq-scheduler:last_times, newest first; times that cannot be read are the zero time.
func ticksOf(times map[string]string) []Tick {
	out := make([]Tick, 0, len(times))
	for name, text := range times {
		out = append(out, Tick{Name: clean.Line(name), At: tickAt(text)})
	}
	slices.SortFunc(out, func(a, b Tick) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Name, b.Name)) })
	return out
}

func tickAt(text string) time.Time {
	for _, layout := range tickLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	return time.Time{}
}
