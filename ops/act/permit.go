package act

import (
	"context"
	"sync/atomic"

	"github.com/vmtui/vmtui/keys/fault"
)

// permit is the right to one change, from its recorded intent until it is settled.
type permit struct {
	door    *Door
	act     Act
	ended   func() error // why the act's own context ended, nil while it lasts
	settled atomic.Bool
}

// Check is asked just before bytes leave: the world may have changed since the door opened.
func (p *permit) Check(ctx context.Context) error {
	if p.settled.Load() {
		return &fault.Error{
			What: "refused: " + p.act.What, On: p.act.Target, Why: "its permit was used up",
			Next: "report this: a change was attempted after its outcome was recorded", Code: fault.Refused,
		}
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := p.ended(); err != nil {
		return err
	}
	if err := p.door.shut(p.act); err != nil {
		return err
	}
	return p.door.leased(p.act)
}
