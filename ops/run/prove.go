package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
)

// Chain is a store whose appends are chained.
type Chain interface {
	// Head is where the chain ends now.
	Head(ctx context.Context) (Head, error)
	// Prove makes every link again and compares it, and the anchors that are of this store, with what is written. An error that is a fault says where
	// the chain does not hold; what was found until then is told as well.
	Prove(ctx context.Context, anchors []Anchor) (Proof, error)
}

// Proof is what was found good.
type Proof struct {
	Head
	Events     int     `json:"events"`
	Pruned     int     `json:"pruned"`     // of those, output that was taken out since
	Anchors    int     `json:"anchors"`    // heads elsewhere that the chain agrees with
	Unanchored uint64  `json:"unanchored"` // links since the newest of them: a change there could not be told
	Anchor     *Anchor `json:"anchor"`     // the newest of them
}

// proving is a chain as a store gives it out, at one moment.
type proving interface {
	id(ctx context.Context) (string, error)
	links(ctx context.Context) ([]Link, error)
	// span gives a run's events with after < number <= upto.
	span(ctx context.Context, run string, after, upto uint64) ([]linked, error)
	// lasts gives the number of each run's last event, by what the events say and by what the list of runs says.
	lasts(ctx context.Context) (events, runs map[string]uint64, err error)
}

func prove(ctx context.Context, c proving, anchors []Anchor) (Proof, error) {
	var p Proof
	var err error
	if p.Store, err = c.id(ctx); err != nil {
		return p, err
	}
	links, err := c.links(ctx)
	if err != nil {
		return p, err
	}
	covered, err := p.follow(ctx, c, links)
	if err != nil {
		return p, err
	}
	events, runs, err := c.lasts(ctx)
	if err != nil {
		return p, err
	}
	if err := complete(covered, events, runs); err != nil {
		return p, err
	}
	return p, p.compare(links, anchors)
}

// follow makes every link again. It gives how far each run is covered.
func (p *Proof) follow(ctx context.Context, c proving, links []Link) (map[string]uint64, error) {
	covered := map[string]uint64{}
	var digest Digest
	for i, l := range links {
		if l.N != uint64(i)+1 {
			return covered, broken("link %d is missing: the one after %d is %d", i+1, i, l.N)
		}
		after := covered[l.Run]
		events, err := c.span(ctx, l.Run, after, l.Upto)
		if err != nil {
			return covered, err
		}
		if want := l.Upto - after; l.Upto <= after || uint64(len(events)) != want {
			return covered, broken("of run %s, events %d to %d are covered by link %d and %d of them are there", l.Run, after+1, l.Upto, l.N, len(events))
		}
		if digest = digest.follow(l.Run, events); digest != l.Digest {
			return covered, broken("run %s, events %d to %d (%s to %s) are not what link %d covers, or a link before it was changed", l.Run, after+1, l.Upto,
				stamp(events[0]), stamp(events[len(events)-1]), l.N)
		}
		covered[l.Run] = l.Upto
		p.count(events)
		p.N, p.Sum = l.N, digest.String()
	}
	return covered, nil
}

func stamp(ev linked) string { return ev.Time.UTC().Format("2006-01-02 15:04:05") }

func (p *Proof) count(events []linked) {
	p.Events += len(events)
	for _, ev := range events {
		if ev.Pruned {
			p.Pruned++
		}
	}
}

// complete refuses events that no link covers, and a list of runs that says something else than their events.
func complete(covered, events, runs map[string]uint64) error {
	var all []string
	for _, m := range []map[string]uint64{covered, events, runs} {
		for id := range m {
			all = append(all, id)
		}
	}
	slices.Sort(all)
	for _, id := range slices.Compact(all) {
		if events[id] != covered[id] {
			return broken("run %s has %s, and its links cover %d", id, spelling.Count(events[id], "event", "events"), covered[id])
		}
		if runs[id] != covered[id] {
			return broken("run %s has %s, and the list of runs says %d", id, spelling.Count(covered[id], "event", "events"), runs[id])
		}
	}
	return nil
}

// compare holds the anchors of this store against the chain.
func (p *Proof) compare(links []Link, anchors []Anchor) error {
	p.Unanchored = p.N
	for _, a := range anchors {
		if a.Store != p.Store {
			continue
		}
		if a.N > uint64(len(links)) {
			return broken("the chain ends at link %d, and %s has anchored link %d on %s: its end was cut off, or an old copy was put back", len(links), a.By, a.N, a.Time.UTC().Format("2006-01-02 15:04:05"))
		}
		if a.N == 0 || links[a.N-1].Digest.String() != a.Sum {
			return broken("link %d is not the one that %s has anchored on %s: the chain was made anew", a.N, a.By, a.Time.UTC().Format("2006-01-02 15:04:05"))
		}
		p.Anchors++
		if left := p.N - a.N; p.Anchor == nil || left <= p.Unanchored {
			p.Unanchored, p.Anchor = left, &a
		}
	}
	return nil
}

// ErrBroken is in the error of a chain that does not hold.
var ErrBroken = fmt.Errorf("the chain is broken")

// broken says where a chain does not hold.
func broken(why string, args ...any) error {
	return &fault.Error{
		What: "the audit trail is not what was written", Why: fmt.Sprintf(why, args...), Err: ErrBroken,
		Next: "keep a copy of the store as it is, and compare it with a backup",
	}
}
