package run

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/vmtui/vmtui/keys/fault"
)

// claim begins a leg of the run, or says why it may not. Of several claimants exactly one wins: locally by the leg's lock, everywhere by
// the number at which the leg's first event stands in the log.
func (e *Engine) claim(ctx context.Context, id string, rb Runbook, m Mode) (*claimed, error) {
	if err := rb.check(); err != nil {
		return nil, err
	}
	r, err := e.read(ctx, id)
	if err != nil {
		return nil, err
	}
	shared, err := e.Stores.shared(ctx, id)
	if err != nil {
		return nil, unreadable(id, err)
	}
	if r.keep = shared; !shared {
		r.raw = nil
	}
	if err := may(r, rb, m); err != nil {
		return &claimed{reading: r}, err
	}
	if m.Undo {
		if err := e.noWayBack(ctx, r.view, r.hist, rb); err != nil {
			return &claimed{reading: r}, err
		}
	}
	return e.take(ctx, r)
}

// take begins the run's next leg.
func (e *Engine) take(ctx context.Context, r *reading) (*claimed, error) {
	c := &claimed{reading: r, leg: r.view.Leg + 1}
	pulse, err := e.live().Take(ctx, r.view.ID, c.leg)
	if err != nil {
		return c, taken(r.view.ID, err)
	}
	c.pulse = pulse
	if err := e.begin(ctx, c); err != nil {
		pulse.Release()
		return c, err
	}
	return c, nil
}

// claimed is a run whose next leg is ours.
type claimed struct {
	*reading
	leg   int
	pulse Pulse
}

// begin appends the leg's first event. What others wrote meanwhile is read first; another leg among it wins.
func (e *Engine) begin(ctx context.Context, c *claimed) error {
	ev, err := event(LegOpen, "", "", "", Leg{Operator: e.Operator, Host: e.host(), PID: os.Getpid()})
	if err != nil {
		return err
	}
	ev.Leg = c.leg
	for {
		numbered := number(c.view.Last, []Event{ev})
		err := e.Store.Append(ctx, c.view.ID, c.view.Last, numbered...)
		if err == nil {
			c.apply(numbered)
			return nil
		}
		if !errors.Is(err, ErrStale) {
			return unwritable(c.view.ID, err)
		}
		news, err := e.Store.Events(ctx, c.view.ID, c.view.Last)
		if err != nil {
			return unreadable(c.view.ID, err)
		}
		if c.apply(news); c.view.Leg >= c.leg {
			return taken(c.view.ID, ErrTaken)
		}
	}
}

// may says whether the run can be walked by this engine, with this runbook, in this mode, at this time.
func may(r *reading, rb Runbook, m Mode) error {
	v := r.view
	if v.Moved != nil {
		return movedTo(v.ID, *v.Moved)
	}
	if err := matches(v, rb); err != nil {
		return err
	}
	if m.Undo {
		if err := undoable(v, r.hist, rb); err != nil {
			return err
		}
	} else if !v.State.Resumable() {
		return v.refusal("the run has ended", "it is "+string(v.State), false)
	}
	if v.alive && !m.TakeOver {
		return taken(v.ID, ErrTaken)
	}
	return nil
}

func matches(v *View, rb Runbook) error {
	if v.Header.Protocol != Protocol {
		return &fault.Error{
			What: "the run cannot be resumed", On: v.ID,
			Why:  fmt.Sprintf("it was begun by an engine of protocol %d, this one speaks %d", v.Header.Protocol, Protocol),
			Next: "resume it with the vmtui that began it" + v.orLetGo(), Code: fault.Refused,
		}
	}
	if v.Header.Runbook != rb.ID || v.Header.Hash != rb.Hash() {
		return &fault.Error{
			What: "the run cannot be resumed", On: v.ID,
			Why:  fmt.Sprintf("its runbook %s (version %d) was another when it began", v.Header.Runbook, v.Header.Version),
			Next: "resume it with the vmtui and config that began it" + v.orLetGo(), Code: fault.Refused,
		}
	}
	return nil
}

func taken(id string, err error) error {
	if !errors.Is(err, ErrTaken) {
		f := &fault.Error{What: "the run cannot be locked", On: id, Next: "see that the state directory is writable"}
		return f.Because(err)
	}
	return &fault.Error{
		What: "the run is being walked already", On: id, Why: err.Error(),
		Next: "watch it, and answer its gates: vmtui runs show " + id, Code: fault.Refused, Err: err,
	}
}
