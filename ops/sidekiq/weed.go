package sidekiq

import (
	"context"
	"errors"
	"fmt"
	"time"

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

	taken int64  // meant so far, the page at hand included
	locks []lock // of the page at hand
}

// remove takes the meant out, onto a shelf; only when all of it is in a proved backup is it deleted. Who gives up before that finds it there.
func (w *weeding) remove(ctx context.Context, g *grip) (Report, error) {
	a, shelf := w.acts, w.acts.newShelf(w.plan.queue(), Removed)
	w.out = &shelf
	if _, err := a.Jobs.redis.Change(ctx, g.permit, g.what, redis.Cmd("HSET", a.Jobs.key(shelvesKey), shelf.ID, shelf.record())); err != nil {
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
		w.report.Unlocked, w.report.Backups = dropped.Unlocked, dropped.Backups
		if err == nil {
			w.report.Jobs = dropped.Jobs
		}
	}
	if err != nil {
		w.report.Shelf = shelf.ID
	}
	return w.report, err
}

func (w *weeding) do(ctx context.Context, g *grip) error {
	if w.order.Deed == Move {
		if _, err := w.acts.Jobs.redis.Change(ctx, g.permit, g.what, redis.Cmd("SADD", w.acts.Jobs.key("queues"), w.order.To)); err != nil {
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
	s, n, err := w.acts.putAside(ctx, g, w.acts.newShelf(w.plan.Target, Filtered))
	if err != nil || n == 0 {
		return err
	}
	sift := w.acts.onQueue(s, w.judge(g))
	sift.mode, sift.meant = w.target()
	sift.counted, sift.passed = w.counted, w.unlock(g)
	if err := g.sift(ctx, sift, n); err != nil {
		return w.acts.left(err, s)
	}
	return w.acts.rejoin(ctx, g, s)
}

// onShelf sifts what nobody else uses.
func (w *weeding) onShelf(ctx context.Context, g *grip, s Shelf) error {
	mode, meant := w.target()
	err := g.sift(ctx, sifting{
		shelf: s.ID, list: w.acts.Jobs.shelfKey(s.ID, ""), kept: w.acts.Jobs.shelfKey(s.ID, stayPart), later: w.acts.Jobs.shelfKey(s.ID, laterPart), steps: w.acts.Jobs.stepsKey(s.ID),
		meant: meant, mode: mode, judge: w.judge(g), counted: w.counted, passed: w.unlock(g),
	}, s.Size)
	if err != nil {
		return w.acts.left(err, s)
	}
	return w.acts.settle(ctx, g, s, "")
}

// judge decides about pages. Who gives up gets the rest back as it is.
func (w *weeding) judge(g *grip) func([]found) ([]byte, []string, error) {
	return func(page []found) ([]byte, []string, error) {
		v, texts := make([]byte, len(page)), []string(nil)
		w.locks = nil
		for i, f := range page {
			v[i] = 'k'
			p := payloadOf(f.raw)
			if g.givenUp() || w.full() || !w.sieve.means(p) {
				continue
			}
			v[i] = 'm'
			w.taken++
			w.note(p)
			texts = append(texts, w.text(f.raw))
		}
		return v, texts, nil
	}
}

const (
	pluckMost = 50   // jobs of one script; it does as many of them as it has time for
	givenBack = 1000 // jobs that processes which end may have put in front of those that were counted
)

func (w *weeding) full() bool { return w.order.Limit > 0 && w.taken >= int64(w.order.Limit) }

// note keeps a job's lock for when the job is gone. One that is moved keeps its lock, and what is deleted keeps it until then.
func (w *weeding) note(p payload) {
	if l, has := lockOf(p); has && !w.order.KeepLocks && w.order.Deed == Kill {
		w.locks = append(w.locks, l)
	}
}

// text is the job as it goes on, "" for as it is.
func (w *weeding) text(raw string) string {
	if w.order.Deed == Move {
		return edited(raw, "queue", quoted(w.order.To))
	}
	return ""
}

// counted takes what Redis has counted for the truth, whatever was thought before.
func (w *weeding) counted(kept, meant int64) {
	w.report.Kept, w.report.Jobs, w.taken = kept, meant, meant
}

// unlock releases the locks of the page that has gone.
func (w *weeding) unlock(g *grip) func(context.Context) error {
	return func(ctx context.Context) error {
		n, err := g.unlock(ctx, w.locks)
		w.report.Unlocked += n
		return err
	}
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
		args := []any{mode, score(time.Now()), w.order.To, w.plan.deep + givenBack}
		for _, f := range few[:n] {
			text := f.raw
			if w.order.Deed == Move {
				text = w.text(f.raw)
			}
			args = append(args, redis.Unshown(f.raw), redis.Unshown(text))
		}
		r, err := g.steady(ctx, pluckScript, []string{w.plan.place.key, key, w.acts.Jobs.key("queues")}, args...)
		if err != nil {
			return err
		}
		w.locks = nil
		there := r.List()
		if len(there) == 0 || len(there) > n {
			return fmt.Errorf("an answer of %d parts from the script", len(there))
		}
		for i, was := range there {
			if was.Int() == 0 {
				w.report.Gone++
				continue
			}
			w.report.Jobs++
			w.note(payloadOf(few[i].raw))
		}
		if err := w.unlock(g)(ctx); err != nil {
			return err
		}
		few = few[len(there):]
		g.say(Progress{Doing: "taking out", Done: w.report.Jobs + w.report.Gone, Of: int64(len(w.plan.few))})
	}
	w.report.Kept = max(w.plan.Size-w.report.Jobs-w.report.Gone, 0)
	return nil
}
