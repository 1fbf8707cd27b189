package fanout

import (
	"context"

	"github.com/vmtui/vmtui/ops/act"
)

// promise is a permit that the door has not given yet. Who checks it waits for the door.
type promise struct {
	given  chan struct{}
	permit act.Permit
	err    error
}

func (p *promise) give(permit act.Permit, err error) {
	p.permit, p.err = permit, err
	close(p.given)
}

// Check implements act.Permit.
func (p *promise) Check(ctx context.Context) error {
	select {
	case <-p.given:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if p.err != nil {
		return p.err
	}
	return p.permit.Check(ctx)
}
