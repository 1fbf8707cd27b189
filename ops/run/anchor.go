package run

import (
	"context"
	"errors"
	"time"
)

// Anchorer keeps heads where the store's owner cannot take them back.
type Anchorer interface {
	Anchor(ctx context.Context, a Anchor) error
}

// anchorLimit is how long a leg that has ended may take to anchor what it wrote.
const anchorLimit = 10 * time.Second

// Anchor writes down elsewhere where the chains of the engine's stores end now. A store that cannot be reached is told, after the others are anchored.
func (e *Engine) Anchor(ctx context.Context) ([]Head, error) {
	var heads []Head
	var errs []error
	for _, c := range e.Chains() {
		h, err := c.Head(ctx)
		if err == nil && h.N > 0 && e.Anchors != nil {
			err = e.Anchors.Anchor(ctx, Anchor{Head: h, Time: time.Now().UTC(), By: e.Operator + "@" + e.host()})
		}
		if errs = append(errs, err); err == nil {
			heads = append(heads, h)
		}
	}
	return heads, errors.Join(errs...)
}

// Chains are the engine's stores that are chained: the local one, and the team's.
func (e *Engine) Chains() []Chain {
	stores := []Store{e.Store}
	if e.Stores != nil {
		stores = []Store{e.Stores.Local, e.Stores.Team}
	}
	var chains []Chain
	for _, s := range stores {
		if c, is := s.(Chain); is {
			chains = append(chains, c)
		}
	}
	return chains
}

// anchor anchors what a leg wrote, unless its store was lost: then there is a person to be told, and nothing to read. When it fails nothing is lost but
// time: the next anchor covers it too, and until then the proof says how much is not covered.
func (l *leg) anchor(ctx context.Context) {
	if l.j.lost() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), anchorLimit)
	defer cancel()
	_, _ = l.e.Anchor(ctx)
}
