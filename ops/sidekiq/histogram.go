package sidekiq

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/remote/clean"
)

// Share is how many jobs have something in common.
type Share struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Histogram says what is in a place.
type Histogram struct {
	Place   string    `json:"place"`
	Size    int64     `json:"size"`    // jobs there
	Counted int       `json:"counted"` // jobs that the shares are of
	Meant   int       `json:"meant"`   // of the counted, those that the filter means
	Sample  bool      `json:"sample"`  // only both ends were read
	Classes []Share   `json:"classes"`
	Hosts   []Share   `json:"hosts"` // where they go
	Errors  []Share   `json:"errors"`
	Locked  int       `json:"locked"` // those that say they hold a unique lock
	Oldest  time.Time `json:"oldest,omitzero"`
	Newest  time.Time `json:"newest,omitzero"`
}

// sampled is how many jobs of each end a sample has.
const sampled = 200

// Sample counts both ends of a place, in one round trip.
func (j *Jobs) Sample(ctx context.Context, p Place, f Filter) (Histogram, error) {
	jobs, err := j.sample(ctx, p, sampled)
	if err != nil {
		return Histogram{}, err
	}
	c := newCounter(sieve{f, time.Now()})
	c.add(jobs)
	h := c.histogram(p)
	h.Sample = int64(len(jobs)) < p.Size
	return h, nil
}

// Count counts the whole of a place; progress hears how many jobs were read and may be nil.
func (j *Jobs) Count(ctx context.Context, p Place, f Filter, progress func(read int)) (Histogram, error) {
	c := newCounter(sieve{f, time.Now()})
	err := j.scan(ctx, p, func(jobs []found) (bool, error) {
		c.add(jobs)
		if progress != nil {
			progress(c.read)
		}
		return true, nil
	})
	return c.histogram(p), err
}

// counter counts jobs.
type counter struct {
	sieve
	read, meant, locked    int
	classes, hosts, errors map[string]int
	oldest, newest         time.Time
}

func newCounter(f sieve) *counter {
	return &counter{sieve: f, classes: map[string]int{}, hosts: map[string]int{}, errors: map[string]int{}}
}

func (c *counter) add(jobs []found) {
	for _, f := range jobs {
		c.read++
		if p := payloadOf(f.raw); c.means(p) {
			c.count(p)
		}
	}
}

func (c *counter) count(p payload) {
	c.meant++
	tally(c.classes, p.kind())
	tally(c.hosts, p.host())
	tally(c.errors, p.errClass)
	if p.digest != "" {
		c.locked++
	}
	at := p.at()
	if at.IsZero() {
		return
	}
	if c.oldest.IsZero() || at.Before(c.oldest) {
		c.oldest = at
	}
	if at.After(c.newest) {
		c.newest = at
	}
}

// namesKept bounds how many different names are counted: a host's name is a stranger's invention.
const namesKept = 100_000

func tally(m map[string]int, name string) {
	if name == "" {
		return
	}
	if _, known := m[name]; !known {
		if len(m) >= namesKept {
			name = "(others)"
		} else {
			name = strings.Clone(name) // a slice of the job would keep the job in memory
		}
	}
	m[name]++
}

func (c *counter) histogram(p Place) Histogram {
	return Histogram{
		Place: p.Name, Size: p.Size, Counted: c.read, Meant: c.meant, Classes: shares(c.classes), Hosts: shares(c.hosts), Errors: shares(c.errors),
		Locked: c.locked, Oldest: c.oldest, Newest: c.newest,
	}
}

// shares are the counts, the largest first.
func shares(m map[string]int) []Share {
	out := make([]Share, 0, len(m))
	for name, n := range m {
		out = append(out, Share{Name: clean.Line(name), Count: n})
	}
	slices.SortFunc(out, func(a, b Share) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	return out
}
