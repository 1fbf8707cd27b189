package sidekiq

import (
	"context"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/redis"
)

// A portion is what one script moves: a few milliseconds of Redis's time.
const (
	portionJobs  = 2000
	portionBytes = 1 << 20
)

func (a *Acts) planRestore(ctx context.Context, o Order, p *Plan) error {
	s := p.place.Shelf
	if s == nil {
		return a.noShelf(ctx, p)
	}
	p.What = fmt.Sprintf("restore %s of %s into %s", spelling.Count(p.Size, "job", "jobs"), s.ID, s.Queue)
	if s.dropped() {
		p.What = fmt.Sprintf("take %s off the list of what is parked: it has no job any more", s.ID)
		p.warn("%s; %s", droppedWhy, s.copies())
	}
	live, list := a.Jobs.key("queue:"+s.Queue), a.Jobs.shelfKey(s.ID, "")
	switch {
	case s.Kind == Filtered:
		p.Lines = []string{"RPOP " + list + " -> LPUSH " + live + "   in portions; then what arrived meanwhile, in its order"}
	case o.Rate > 0:
		p.Lines = []string{fmt.Sprintf("RPOP %s -> LPUSH %s   %d a second", list, live, o.Rate)}
		p.warn("at %d a second it takes %s; the jobs keep their own order and queue up behind what is there", o.Rate, round(time.Duration(p.Size)*time.Second/time.Duration(o.Rate)))
	default:
		p.Lines = []string{"RPOP " + live + " -> LPUSH " + list + "   what has arrived meanwhile, in portions", "RENAME " + list + " " + live + "   with the last of it, as one script"}
	}
	p.halfDeleted()
	if o.Newer > 0 {
		p.warn("what is older than %s stays parked", o.Newer)
	}
	if !s.Cut.IsZero() && o.Newer == 0 && s.Restoring {
		p.warn("an interrupted restore goes on: what was made before %s stays parked", s.Cut.Format(time.RFC3339))
	}
	p.keepLocks()
	if p.Locks.Other > 0 {
		p.warn("of %s looked at, %d have lost their unique lock to another job: they will be silently dropped when they run", spelling.Count(p.In.Counted, "job", "jobs"), p.Locks.Other)
	}
	if !p.In.Oldest.IsZero() && time.Since(p.In.Oldest) > time.Hour && o.Newer == 0 && s.Queue == "mailers" {
		p.warn("the oldest mail is %s old: a stale password reset or confirmation would go out; --newer-than leaves the old ones parked", round(time.Since(p.In.Oldest)))
	}
	return nil
}

// noShelf refuses to restore what is no shelf, and names those that the queue or set has.
func (a *Acts) noShelf(ctx context.Context, p *Plan) error {
	all, err := a.Jobs.shelves(ctx)
	if err != nil {
		return err
	}
	next := "see vmtui sidekiq restore, which lists what is"
	for _, s := range all { // the newest first
		if s.Queue == p.Target {
			next = "that is where it belongs; name what is parked: vmtui sidekiq restore " + s.ID
			break
		}
	}
	p.refuse("nothing is parked under that name", next)
	return nil
}

func (a *Acts) restore(ctx context.Context, g *grip, o Order, p Plan) (Report, error) {
	s := *p.place.Shelf
	if s.Kind == Filtered {
		n, err := a.handBack(ctx, g, s)
		return Report{Jobs: n}, err
	}
	s, err := a.whole(ctx, g, s, o)
	if err != nil {
		return Report{}, err
	}
	b, r := returning{shelf: s, list: a.Jobs.shelfKey(s.ID, ""), stay: -1}, Report{}
	if !s.Cut.IsZero() {
		if r.Kept, err = a.sortOut(ctx, g, s); err != nil {
			return r, err
		}
		b.list, b.stay = a.Jobs.shelfKey(s.ID, goPart), r.Kept
		if r.Kept > 0 {
			stays := s
			stays.Cut, stays.Restoring = time.Time{}, false
			b.rest, r.Shelf = stays.record(), s.ID
		}
	}
	got, err := a.Jobs.redis.Read(ctx, redis.Cmd("LLEN", b.list))
	if err != nil {
		return r, err
	}
	b.size = got[0].Int()
	if o.Rate > 0 {
		r.Jobs, err = a.feed(ctx, g, b, o.Rate)
	} else {
		r.Jobs, err = a.absorb(ctx, g, b)
	}
	return r, err
}

// returning is a list that goes back into its queue.
type returning struct {
	shelf Shelf
	list  string // its key
	size  int64  // when it began
	rest  string // the record of what stays, "" for none
	stay  int64  // how many stay on the shelf, -1 where it is not sorted
}

// back sends a step of it, and says how many jobs are left, and what the step did.
func (a *Acts) back(ctx context.Context, g *grip, b returning, script redis.Script, most int64) (left, did int64, err error) {
	j, s := a.Jobs, b.shelf
	keys := []string{j.key("queue:" + s.Queue), b.list, j.key(shelvesKey), j.key("queues"), j.shelfKey(s.ID, ""), j.stepsKey(s.ID)}
	r, err := g.steady(ctx, script, keys, most, portionBytes, s.ID, b.rest, s.Queue, b.stay)
	if err != nil {
		return 0, 0, a.left(err, s)
	}
	answer := r.List()
	switch {
	case len(answer) != 2:
		return 0, 0, fmt.Errorf("an answer of %d parts from the script", len(answer))
	case answer[0].Int() < 0:
		return 0, 0, a.left(forgotten(s.ID), s)
	}
	return answer[0].Int(), answer[1].Int(), nil
}

// whole makes a shelf one list again, if an act on it was interrupted, and writes down what is about to be done to it.
func (a *Acts) whole(ctx context.Context, g *grip, s Shelf, o Order) (Shelf, error) {
	if s.Cut.IsZero() {
		if err := a.together(ctx, g, s); err != nil {
			return s, err
		}
	}
	if s.Cut.IsZero() && o.Newer > 0 {
		s.Cut = time.Now().Add(-o.Newer).UTC()
	}
	s.Restoring = true
	return s, g.note(ctx, s)
}

// together makes a shelf on which a filtered delete was interrupted one list again: what that has not looked at stays too.
func (a *Acts) together(ctx context.Context, g *grip, s Shelf) error {
	got, err := a.Jobs.redis.Read(ctx, redis.Cmd("LLEN", a.Jobs.shelfKey(s.ID, stayPart)))
	if err != nil || got[0].Int() == 0 {
		return err
	}
	return a.resettle(ctx, g, s, keepAll, "")
}

// resettle sifts a shelf into what stays on it and, with a place for it, what does not.
func (a *Acts) resettle(ctx context.Context, g *grip, s Shelf, judge func([]found) (verdict, error), meant string) error {
	err := g.sift(ctx, sifting{
		shelf: s.ID, list: a.Jobs.shelfKey(s.ID, ""), kept: a.Jobs.shelfKey(s.ID, stayPart), later: a.Jobs.shelfKey(s.ID, laterPart), steps: a.Jobs.stepsKey(s.ID),
		meant: meant, mode: "list", judge: judge,
	}, s.Size)
	if err != nil {
		return err
	}
	return a.settle(ctx, g, s, s.record())
}

// settle gives a shelf that was sifted its name again; without a record one that has become empty is gone.
func (a *Acts) settle(ctx context.Context, g *grip, s Shelf, record string) error {
	r, err := g.steady(ctx, settleScript, []string{a.Jobs.shelfKey(s.ID, ""), a.Jobs.shelfKey(s.ID, stayPart), a.Jobs.stepsKey(s.ID), a.Jobs.key(shelvesKey)}, s.ID, record)
	if err == nil && r.Int() < 0 {
		err = a.left(forgotten(s.ID), s)
	}
	return err
}

// sortOut leaves on the shelf what was made before the cut, and puts the others aside to be restored. It says how many stay.
func (a *Acts) sortOut(ctx context.Context, g *grip, s Shelf) (stay int64, err error) {
	got, err := a.Jobs.redis.Read(ctx, redis.Cmd("EXISTS", a.Jobs.stepsKey(s.ID)), redis.Cmd("LLEN", a.Jobs.shelfKey(s.ID, goPart)), redis.Cmd("LLEN", a.Jobs.shelfKey(s.ID, "")))
	if err != nil {
		return 0, err
	}
	if got[0].Int() == 0 && got[1].Int() > 0 {
		return got[2].Int(), nil // it is sorted; only putting back was interrupted
	}
	err = a.resettle(ctx, g, s, func(page []found) (verdict, error) {
		v := verdict{letters: make([]byte, len(page))}
		for i, f := range page {
			v.letters[i] = 'm'
			if at := payloadOf(f.raw).at(); at.IsZero() || at.Before(s.Cut) {
				v.letters[i] = 'k'
			}
		}
		return v, nil
	}, a.Jobs.shelfKey(s.ID, goPart))
	if err != nil {
		return 0, err
	}
	got, err = a.Jobs.redis.Read(ctx, redis.Cmd("LLEN", a.Jobs.shelfKey(s.ID, "")))
	if err != nil {
		return 0, err
	}
	return got[0].Int(), nil
}

// absorb puts a list back as it was, in front of what has arrived since: no job is read for it. It may be interrupted between two portions and begun
// again; until the last one the queue goes on with what arrives.
func (a *Acts) absorb(ctx context.Context, g *grip, b returning) (int64, error) {
	for {
		left, size, err := a.back(ctx, g, b, absorbScript, portionJobs)
		if err != nil {
			return 0, err
		}
		if left == 0 {
			return b.size, nil
		}
		g.say(Progress{Doing: "taking in what has arrived", Done: size - b.size, Of: size - b.size + left})
		if g.givenUp() {
			return 0, a.left(g.asked.Err(), b.shelf)
		}
	}
}

// left says where the jobs are when a restore or a filter did not come to its end.
func (a *Acts) left(err error, s Shelf) error {
	f := *fault.Of(err)
	what, where, how := "the restore is not over", "what is not in "+s.Queue, "go on with"
	if s.Kind == Filtered {
		what, where, how = "the filter is not over", "what was not looked at", "put it back with"
	}
	next := fmt.Sprintf("nothing is lost: %s lies in %s; %s vmtui sidekiq restore %s", where, s.ID, how, s.ID)
	return (&fault.Error{What: what, On: s.ID, Next: next, Code: f.Code, Why: f.Error()}).Because(err)
}

// paceTick is how often a paced restore moves jobs.
const paceTick = 200 * time.Millisecond

// feed puts a list back at a pace.
func (a *Acts) feed(ctx context.Context, g *grip, b returning, rate int) (int64, error) {
	began, fed, done := time.Now(), int64(0), int64(0)
	for {
		due := int64(time.Since(began).Seconds()*float64(rate)) + 1 - fed
		if due > 0 {
			left, now, err := a.back(ctx, g, b, feedScript, min(due, portionJobs))
			if err != nil {
				return done, err
			}
			fed, done = fed+now, b.size-left
			g.say(Progress{Doing: "putting back", Done: done, Of: b.size})
			if left == 0 {
				return done, nil
			}
		}
		select {
		case <-time.After(min(paceTick, time.Second/time.Duration(rate)+time.Millisecond)):
		case <-g.asked.Done():
			return done, a.left(g.asked.Err(), b.shelf)
		}
	}
}

// handBack brings an interrupted filter to its end without filtering any more.
func (a *Acts) handBack(ctx context.Context, g *grip, s Shelf) (int64, error) {
	if err := g.sift(ctx, a.onQueue(s, keepAll), s.Size); err != nil {
		return 0, a.left(err, s)
	}
	return s.Size, a.rejoin(ctx, g, s)
}

// onQueue is a filter on what was a living queue a moment ago.
func (a *Acts) onQueue(s Shelf, judge func([]found) (verdict, error)) sifting {
	return sifting{
		shelf: s.ID, list: a.Jobs.shelfKey(s.ID, ""), kept: a.Jobs.key("queue:" + s.Queue), later: a.Jobs.shelfKey(s.ID, laterPart), steps: a.Jobs.stepsKey(s.ID),
		mode: "drop", living: true, judge: judge,
	}
}

// rejoin lets what arrived during a filter follow.
func (a *Acts) rejoin(ctx context.Context, g *grip, s Shelf) error {
	keys := []string{a.Jobs.key("queue:" + s.Queue), a.Jobs.shelfKey(s.ID, laterPart), a.Jobs.stepsKey(s.ID), a.Jobs.key(shelvesKey), a.Jobs.key("queues"), a.Jobs.shelfKey(s.ID, "")}
	for {
		r, err := g.steady(ctx, rejoinScript, keys, portionJobs, portionBytes, s.ID, s.Queue)
		if err != nil {
			return a.left(err, s)
		}
		switch n := r.Int(); {
		case n < 0:
			return a.left(forgotten(s.ID), s)
		case n == 0:
			return nil
		}
	}
}
