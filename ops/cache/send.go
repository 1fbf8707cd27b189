package cache

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/cloudflare"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/web"
)

// sending is what became of one request.
type sending struct {
	state State
	err   error
	after time.Duration // the API wants to be left alone for so long; nothing was done
	split bool          // it may be a single item that was refused
	whole bool          // nothing more of this cache can go well
	why   string        // why there was nothing to purge
	note  string
}

// tries is how often one request is made that fails. A rate limit is none of its failures: others purge in the same account, and it is waited out in all for as long as
// the APIs are ever waited for.
const tries = 4

// send sends a batch until it is known what became of it, or nothing more can be found out. Purging twice is purging once, so an answer that got lost is no
// reason to stop. Whole reports that the cache takes nothing more; an error ends everything.
func (w *Work) send(ctx context.Context, b batch) (whole bool, err error) {
	var waited time.Duration
	for try := 1; ; {
		if err := w.mark(b, Sent, ""); err != nil {
			return true, err
		}
		w.tell(b.line())
		s := w.room.sendOnce(ctx, w.permit, b)
		refused := fault.CodeOf(s.err) == fault.Refused && !s.state.Settled()
		again := try < tries && (s.state == Unknown || s.state == Waiting)
		if s.after > 0 {
			again = waited+s.after <= web.Patience
		}
		switch {
		case s.state.Settled():
			w.note(s.note)
			return false, w.mark(b, s.state, s.why)
		case refused:
			return true, errors.Join(w.mark(b, Waiting, brief(s.err)), s.err)
		case again && ctx.Err() == nil:
			state := map[bool]State{true: Unknown, false: Waiting}[s.state == Unknown]
			if err := w.mark(b, state, brief(s.err)); err != nil {
				return true, err
			}
			why, d := brief(s.err), web.BackOff(try)
			if try++; s.after > 0 {
				why, d, try, waited = "rate limit", s.after, try-1, waited+s.after
			}
			if w.pause(ctx, b.line(), why, d) {
				continue
			}
			return true, nil
		case s.split && len(b.items) > 1:
			return w.halve(ctx, b)
		}
		why := brief(s.err)
		if s.state == Unreached {
			why += "; what its nginx still keeps is unknown, and it fills the edge again if it serves visitors"
			w.note(b.on + ": not reached: " + why)
		}
		if s.state != Unreached && w.why == nil {
			w.why = s.err
		}
		return s.whole || !s.state.Settled() && s.state != Failed, w.mark(b, s.state, why)
	}
}

// halve finds the item that was refused, so that the others are purged.
func (w *Work) halve(ctx context.Context, b batch) (whole bool, err error) {
	half := len(b.items) / 2
	for _, part := range [][]*Item{b.items[:half], b.items[half:]} {
		if ctx.Err() != nil {
			return true, w.mark(batch{b.at, b.on, b.kind, part}, Waiting, "it was called off")
		}
		if whole, err = w.send(ctx, batch{b.at, b.on, b.kind, part}); whole || err != nil {
			return whole, err
		}
	}
	return false, nil
}

// sendOnce makes one request.
func (r *Room) sendOnce(ctx context.Context, p act.Permit, b batch) sending {
	switch b.at {
	case Origin:
		return r.purgeOrigin(ctx, p, b)
	case CDN:
		_, id, _ := strings.Cut(b.on, " ")
		return apiSending(r.Provider.PurgeCDN(ctx, p, id, b.what()), digitalocean.LimitedFor, digitalocean.Answered)
	case TheEdge:
	}
	one := cloudflare.Batch{Kind: b.kind, Items: b.what()}
	if b.kind == cloudflare.Everything {
		one.Items = nil
	}
	s := apiSending(r.Edge.Purge(ctx, p, one), cloudflare.RetryAfter, cloudflare.Answered)
	s.whole = s.whole || errors.Is(s.err, cloudflare.ErrToken) || errors.Is(s.err, cloudflare.ErrScope)
	s.split = s.split && !s.whole
	return s
}

// apiSending reads what an API's error says of the request.
func apiSending(err error, after func(error) time.Duration, answered func(error) bool) sending {
	switch {
	case err == nil:
		return sending{state: Purged}
	case errors.Is(err, remote.ErrUnknown):
		return sending{state: Unknown, err: err}
	case after(err) > 0:
		return sending{state: Waiting, err: err, after: after(err)}
	case answered(err):
		return sending{state: Failed, err: err, split: true}
	}
	return sending{state: Waiting, err: err} // it never left
}
