package run

import (
	"context"
	"time"
)

// Anchorer keeps heads where the store's owner cannot take them back.
type Anchorer interface {
	Anchor(ctx context.Context, a Anchor) error
}

// anchorLimit is how long a leg that has ended may take to anchor what it wrote.
const anchorLimit = 10 * time.Second

// Anchor writes down elsewhere where the store's chain ends now. A store without a chain, or an engine without a place for anchors, has nothing to do.
func (e *Engine) Anchor(ctx context.Context) (Head, error) {
	c, chained := e.Store.(Chain)
	if !chained || e.Anchors == nil {
		return Head{}, nil
	}
	h, err := c.Head(ctx)
	if err != nil || h.N == 0 {
		return h, err
	}
	return h, e.Anchors.Anchor(ctx, Anchor{Head: h, Time: time.Now().UTC(), By: e.Operator + "@" + e.host()})
}

// anchorLeg anchors what a leg wrote. When that fails nothing is lost but time: the next anchor covers it too, and until then the proof says how much is
// not covered.
func (e *Engine) anchorLeg(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), anchorLimit)
	defer cancel()
	_, _ = e.Anchor(ctx)
}
