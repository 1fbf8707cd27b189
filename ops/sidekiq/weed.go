package sidekiq

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/redis"
)

// weeding takes the jobs that a filter means out of a list: deletes, moves or kills them.
type weeding struct {
	acts   *Acts
	order  Order
	plan   Plan
	sieve  sieve
	out    *Shelf // where what is to be deleted waits for its backup; nil unless it is deleted
	report Report

	taken int64 // meant so far, the page at hand included
}

// remove takes the meant out, onto a shelf; only when all of it is in a proved backup is it deleted. Who gives up before that finds it there.
func (w *weeding) remove(ctx context.Context, g *grip) (Report, error) {
	a, shelf := w.acts, w.acts.newShelf(w.plan.queue(), Removed)
	w.out = &shelf
	if err := g.note(ctx, shelf); err != nil {
		return w.report, err
	}
	failed := w.do(ctx, g)
	place, err := a.Jobs.shelfPlace(ctx, shelf)
	if err == nil && place.Size == 0 {
		_, err = a.Jobs.redis.Change(ctx, g.permit, g.what, redis.Cmd("HDEL", a.Jobs.key(shelvesKey), shelf.ID))
		if w.report.Jobs > 0 && failed == nil {
			failed = forgotten(shelf.ID)
		}
		return w.report, errors.Join(failed, err)
	}
	if failed != nil {
		w.report.Shelf = shelf.ID
		return w.report, failed
	}
	if err == nil {
		var dropped Report
		dropped, err = a.drop(ctx, g, w.order, Plan{place: place, Size: place.Size, What: w.plan.What})
		w.report.Unlocked, w.report.Backups = dropped.Unlocked, append(w.report.Backups, dropped.Backups...)
		if err == nil || dropped.Jobs > 0 { // else all that was taken out lies there still
			w.report.Jobs, w.report.Left = dropped.Jobs, dropped.Left
		}
	}
	if err != nil {
		w.report.Shelf = shelf.ID
	}
	return w.report, err
}

func (w *weeding) do(ctx context.Context, g *grip) error {
	if w.order.Deed == Move {
		if _, err := g.steady(ctx, knownScript, []string{w.acts.Jobs.key("queues")}, w.order.To); err != nil {
			return err
		}
	}
	switch p := w.plan; {
	case p.place.Shelf != nil:
		return w.onShelf(ctx, g, *p.place.Shelf)
	case p.inPlace():
		return w.pluck(ctx, g)
	}
	return w.onQueue(ctx, g)
}

// target is where the meant go: a mode of the scripts and a key.
func (w *weeding) target() (mode, key string) {
	switch w.order.Deed {
	case Move:
		return "list", w.acts.Jobs.key("queue:" + w.order.To)
	case Kill:
		return "set", w.acts.Jobs.key(Dead)
	default:
		return "list", w.acts.Jobs.shelfKey(w.out.ID, "")
	}
}

// onQueue renames the queue and lets what stays flow back, the oldest first and much faster than workers work, so that they never wait for it.
func (w *weeding) onQueue(ctx context.Context, g *grip) error {
	s, n, err := w.acts.putAsideSafely(ctx, g, w.plan, w.acts.newShelf(w.plan.Target, Filtered), "all of it, before it was filtered", &w.report)
	if err != nil && n > 0 {
		err = w.acts.left(err, s)
	}
	if err != nil || n == 0 {
		return err
	}
	sift := w.acts.onQueue(s, w.judge(g))
	sift.mode, sift.meant = w.target()
	sift.counted = w.counted
	if err := g.sift(ctx, sift, n); err != nil {
		return w.acts.left(err, s)
	}
	if err := w.acts.rejoin(ctx, g, s); err != nil {
		return err
	}
	return w.whole(s, n)
}

// whole proves that each job of the queue went on to somewhere.
func (w *weeding) whole(s Shelf, n int64) error {
	lost := n - w.report.Kept - w.report.Jobs
	if lost <= 0 {
		return nil
	}
	next := "no backup of all of it was written; look at what Redis does when its memory is full: maxmemory-policy must be noeviction"
	if s.Backup != "" {
		next = "read them back; what was not lost is then there twice: vmtui sidekiq restore --backup " + filepath.Join(w.acts.Dir, s.Backup)
	}
	return &fault.Error{What: "jobs are lost", On: s.Queue, Why: fmt.Sprintf("%d of %d were no longer on %s when their turn came: Redis has dropped it, or somebody deleted it past vmtui", lost, n, s.ID), Next: next, Code: fault.Failed}
}

// onShelf sifts what nobody else uses.
func (w *weeding) onShelf(ctx context.Context, g *grip, s Shelf) error {
	mode, meant := w.target()
	err := g.sift(ctx, sifting{
		shelf: s.ID, list: w.acts.Jobs.shelfKey(s.ID, ""), kept: w.acts.Jobs.shelfKey(s.ID, stayPart), later: w.acts.Jobs.shelfKey(s.ID, laterPart), steps: w.acts.Jobs.stepsKey(s.ID),
		meant: meant, mode: mode, judge: w.judge(g), counted: w.counted,
	}, s.Size)
	if err != nil {
		return w.acts.left(err, s)
	}
	return w.acts.settle(ctx, g, s, "")
}

// judge decides about pages. Who gives up gets the rest back as it is.
func (w *weeding) judge(g *grip) func([]found) (verdict, error) {
	return func(page []found) (verdict, error) {
		var v verdict
		for _, f := range page {
			p := payloadOf(f.raw)
			if g.givenUp() || w.full() || !w.sieve.means(p) {
				v.letters = append(v.letters, 'k')
				continue
			}
			v.letters = append(v.letters, 'm')
			w.taken++
			if w.order.Deed == Move {
				v.texts = append(v.texts, w.moved(f.raw))
			}
			if l := w.lock(p); l != (lock{}) {
				v.locks = append(v.locks, l)
			}
			if len(v.locks) == unlocked {
				break
			}
		}
		return v, nil
	}
}

const (
	pluckMost = 50   // jobs of one script; it does as many of them as it has time for
	givenBack = 1000 // jobs that processes which end may have put in front of those that were counted
)

func (w *weeding) full() bool { return w.order.Limit > 0 && w.taken >= int64(w.order.Limit) }

// lock is what is released when a job goes. One that is moved keeps its lock, and what is deleted keeps it until its backup is proved.
func (w *weeding) lock(p payload) lock {
	if w.order.KeepLocks || w.order.Deed != Kill {
		return lock{}
	}
	return lockOf(p)
}

// moved is a job as it lies in another queue.
func (w *weeding) moved(raw string) string { return edited(raw, "queue", quoted(w.order.To)) }

// counted takes what Redis has counted for the truth, whatever was thought before.
func (w *weeding) counted(c counts) {
	w.report.Kept, w.report.Jobs, w.report.Unlocked, w.taken = c.kept, c.meant, c.unlocked, c.meant
}

// pluck takes single jobs out, where they are.
func (w *weeding) pluck(ctx context.Context, g *grip) error {
	mode, key := w.target()
	few := w.plan.few
	if w.order.Limit > 0 {
		few = few[:min(len(few), w.order.Limit)]
	}
	for len(few) > 0 && !g.givenUp() {
		n := min(pluckMost, len(few))
		held := g.holding(w.plan.place.key, key, w.acts.Jobs.key("queues"))
		args := []any{mode, score(time.Now()), w.order.To, w.plan.deep + givenBack}
		for _, f := range few[:n] {
			text := f.raw
			if w.order.Deed == Move {
				text = w.moved(f.raw)
			}
			args = append(append(args, redis.Unshown(f.raw), redis.Unshown(text)), held.lock(w.lock(payloadOf(f.raw)))...)
		}
		did, err := g.takes(ctx, pluckScript, held.keys, args, few[:n], &w.report)
		if err != nil {
			return err
		}
		few = few[did:]
		g.say(Progress{Doing: "taking out", Done: w.report.Jobs + w.report.Gone + w.report.Unsure, Of: int64(len(w.plan.few))})
	}
	w.report.Kept = max(w.plan.Size-w.report.Jobs-w.report.Gone-w.report.Unsure, 0)
	return nil
}
