package desk

import (
	"context"

	"github.com/vmtui/vmtui/ops/trail"
)

// trailShown is how many entries of the audit trail a console looks at; `vmtui audit` has them all.
const trailShown = 5000

// Trail is the audit trail, newest first.
func (d *Desk) Trail(ctx context.Context) ([]trail.Entry, error) {
	return trail.Read(ctx, d.engine.Store, trail.Query{Most: trailShown})
}
