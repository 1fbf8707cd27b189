package ssh

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/vmtui/vmtui/remote/clean"
)

// Left is a command that was cancelled and of which it is not proved that it is gone.
type Left struct {
	Host    string
	What    string // in a line
	Changes bool
	Runs    bool // it was seen to go on; otherwise nobody knows
}

// fate is what came of ending a command that was cancelled.
type fate int

const (
	isUnsure fate = iota
	isGone
	isRunning
)

// fate is that of a command with this result. One that was sent and has no answer, or none yet, may go on.
func (r Result) fate() fate {
	if r.Outcome == Unknown || r.Outcome == "" {
		return isUnsure
	}
	return isGone
}

// bout is a command that was sent and has not ended.
type bout struct {
	Left
	cancelled <-chan struct{}
	over      chan struct{} // closed when it has ended, or nothing more is done to end it
	fate      fate          // by then
}

// bouts are all that are under way. Those that end others are not among them.
type bouts struct {
	mu  sync.Mutex
	all []*bout
}

func (b *bouts) enter(ctx context.Context, l Left) *bout {
	one := &bout{Left: l, cancelled: ctx.Done(), over: make(chan struct{})}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, one)
	return one
}

func (b *bouts) leave(one *bout, f fate) {
	b.mu.Lock()
	defer b.mu.Unlock()
	one.fate, one.Runs = f, f == isRunning
	close(one.over)
	if i := slices.Index(b.all, one); i >= 0 {
		b.all = slices.Delete(b.all, i, i+1)
	}
}

// ending are those that were cancelled and are being ended.
func (b *bouts) ending(looks bool) (some []*bout) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range b.all {
		select {
		case <-one.cancelled:
			if looks || one.Changes {
				some = append(some, one)
			}
		default:
		}
	}
	return some
}

// left are those that are not known to be gone.
func (b *bouts) left(some []*bout) (left []Left) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range some {
		if one.fate != isGone {
			left = append(left, one.Left)
		}
	}
	return left
}

// Settle waits until everything that was cancelled is proved gone where it ran, and gives what is not. Tell hears once what is waited for, when that takes
// longer than a moment. Nobody waits for a look as long as for a change, nor for anything once ctx has ended. It is for the time before Close, which leaves
// alone what it meets.
func (p *Pool) Settle(ctx context.Context, tell func(waiting []Left)) []Left {
	p.leave()
	moment, brief, late := time.NewTimer(p.pace.moment), time.NewTimer(p.pace.tether/3), time.NewTimer(p.pace.tether)
	defer moment.Stop()
	defer brief.Stop()
	defer late.Stop()
	var met []*bout
	for looks := true; ; {
		waiting := p.bouts.ending(looks)
		if len(waiting) == 0 {
			return p.bouts.left(met)
		}
		for _, one := range waiting {
			if !slices.Contains(met, one) {
				met = append(met, one)
			}
		}
		select {
		case <-waiting[0].over:
		case <-moment.C:
			tell(p.bouts.left(waiting))
		case <-brief.C:
			looks = false
		case <-late.C:
			return p.bouts.left(met)
		case <-ctx.Done():
			return p.bouts.left(met)
		}
	}
}

// leftBy is how a command is spoken of when it has to be.
func (h *Host) leftBy(t task) Left {
	return Left{Host: h.name, What: clean.Line(t.command.brief()), Changes: t.permit != nil}
}
