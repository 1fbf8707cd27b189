package cache

import (
	"context"

	"github.com/vmtui/vmtui/keys/fault"
)

// Repeat plans what an earlier purge left: what failed, what was never sent, and what nobody knows of.
func (r *Room) Repeat(ctx context.Context, id string) (Plan, error) {
	rec, err := r.leftBy(id)
	if err != nil {
		return Plan{}, err
	}
	rest := rec.Rest()
	if len(rest) == 0 {
		return Plan{}, &fault.Error{What: "nothing to repeat", On: rec.ID, Why: "all of it was purged", Next: "order a new purge", Code: fault.Usage}
	}
	p := Plan{Order: rec.Order, Repeats: rec.ID}
	for _, i := range rest {
		if i.At == TheEdge {
			if err := r.needEdge(); err != nil {
				return Plan{}, err
			}
		}
		i.State, i.Why = Waiting, ""
		p.Items = append(p.Items, i)
	}
	return p, r.complete(ctx, &p)
}
