package sidekiq

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/remote/redis"
)

// What a retry is held to: it hammers servers that failed before, past the back-off that they were given.
const (
	RetryLimit = 1000
	RetryRate  = 50
)

func (a *Acts) planPick(o Order, p *Plan) {
	if p.place.Shelf != nil || !p.place.Set && o.Deed == Requeue {
		p.refuse("only what lies in retry, schedule or dead can be retried", "what is parked is restored: vmtui sidekiq restore "+p.Target)
		return
	}
	if o.Deed == Kill {
		p.confirm(a.Instance)
		p.What = fmt.Sprintf("give up %d jobs of %s (%s)", p.Jobs, p.Target, o.Filter)
		p.Lines = []string{"ZREM or LREM " + p.place.key + ", ZADD " + a.Jobs.key(Dead) + "   each, if it still is there"}
		if p.place.Name == Dead {
			p.refuse("these are given up already", "vmtui sidekiq delete dead")
		}
		if p.Jobs > deadMost/2 {
			p.warn("Sidekiq keeps %d dead jobs: the oldest beyond that are dropped the next time a job dies", deadMost)
		}
		p.locksNote(o)
		p.pacified(o)
		return
	}
	limit, rate := limits(o)
	p.Jobs = min(p.Jobs, int64(limit))
	p.What = fmt.Sprintf("retry %d jobs of %s now, %d a second (%s)", p.Jobs, p.Target, rate, o.Filter)
	p.Lines = []string{"ZREM " + p.place.key + ", LPUSH queue:NAME   each, if it still is there; at most " + fmt.Sprint(limit)}
	if len(p.In.Hosts) > 0 {
		p.warn("they go to %s; servers that are dead are tried again, past their back-off", top(p.In.Hosts, 3))
	}
	p.pacified(o)
}

func limits(o Order) (limit, rate int) {
	limit, rate = o.Limit, o.Rate
	if limit <= 0 {
		limit = RetryLimit
	}
	if rate <= 0 {
		rate = RetryRate
	}
	return limit, rate
}

// picking takes the jobs that a filter means out of a sorted set: deletes, retries or kills them.
type picking struct {
	acts        *Acts
	order       Order
	plan        Plan
	sieve       sieve
	backup      *backup // nil unless they are deleted
	limit, rate int     // 0: none
	began       time.Time
	report      Report
}

func (a *Acts) pick(ctx context.Context, g *grip, o Order, p Plan) (Report, error) {
	k := &picking{acts: a, order: o, plan: p, sieve: sieve{o.Filter, time.Now()}, limit: o.Limit, began: time.Now()}
	if o.Deed == Requeue {
		k.limit, k.rate = limits(o)
	}
	if o.Deed == Delete {
		b, err := a.newBackup(BackupHead{Queue: p.place.Name, Set: true, Of: "deleted from " + p.Target + ": " + o.Filter.String()})
		if err != nil {
			return Report{}, err
		}
		k.backup = b
	}
	err := a.Jobs.scan(ctx, p.place, func(page []found) (bool, error) { return k.page(ctx, g, page) })
	if k.backup != nil {
		err = errors.Join(err, k.backup.end())
		if k.backup.count > 0 {
			k.report.Backups = []string{k.backup.path}
		}
	}
	return k.report, err
}

// page takes what is meant of a page, and marks what is gone in it.
func (k *picking) page(ctx context.Context, g *grip, page []found) (bool, error) {
	var meant []int
	for i, f := range page {
		if k.limit > 0 && int(k.report.Jobs)+len(meant) >= k.limit {
			break
		}
		if k.sieve.means(payloadOf(f.raw)) {
			meant = append(meant, i)
		} else {
			k.report.Kept++
		}
	}
	for len(meant) > 0 {
		if g.givenUp() {
			return false, g.asked.Err()
		}
		n := k.portion(page, meant)
		if err := k.take(ctx, g, page, meant[:n]); err != nil {
			return false, err
		}
		meant = meant[n:]
		g.say(Progress{Doing: string(k.order.Deed), Done: k.report.Jobs, Of: k.plan.Jobs})
		k.wait(g)
	}
	return k.limit == 0 || int(k.report.Jobs) < k.limit, nil
}

// portion is how many of the meant go into one script.
func (k *picking) portion(page []found, meant []int) int {
	most, room := 200, portionBytes/2
	if k.rate > 0 {
		most = max(k.rate/5, 1)
	}
	n := 0
	for n < len(meant) && n < most && room > 0 {
		room -= len(page[meant[n]].raw)
		n++
	}
	return n
}

// wait keeps the pace.
func (k *picking) wait(g *grip) {
	if k.rate == 0 {
		return
	}
	due := k.began.Add(time.Duration(k.report.Jobs) * time.Second / time.Duration(k.rate))
	select {
	case <-time.After(time.Until(due)):
	case <-g.asked.Done():
	}
}

func (k *picking) take(ctx context.Context, g *grip, page []found, meant []int) error {
	jobs := k.acts.Jobs
	keys, args := []string{k.plan.place.key, jobs.key(Dead), jobs.key("queues")}, []any{string(k.order.Deed), score(time.Now())}
	number := map[string]int{}
	var out []found
	for _, i := range meant {
		p, text, queue := payloadOf(page[i].raw), page[i].raw, 0
		if k.order.Deed == Requeue {
			var err error
			if text, err = again(page[i].raw, p, time.Now()); err != nil {
				return err
			}
			if number[p.queue] == 0 {
				keys = append(keys, jobs.key("queue:"+p.queue))
				number[p.queue] = len(keys) - 3
			}
			queue = number[p.queue]
		}
		out = append(out, page[i])
		args = append(args, redis.Unshown(page[i].raw), redis.Unshown(text), queue, p.queue)
	}
	if k.backup != nil {
		if err := k.backup.add(out...); err != nil {
			return err
		}
		if err := k.backup.flush(); err != nil {
			return err
		}
	}
	r, err := g.steady(ctx, pickScript, keys, args...)
	if err != nil {
		return err
	}
	var locks []lock
	for n, was := range r.List() {
		page[meant[n]].gone = true
		if was.Int() == 0 {
			k.report.Gone++
			continue
		}
		k.report.Jobs++
		if l, has := lockOf(payloadOf(page[meant[n]].raw)); has && k.order.Deed != Requeue && !k.order.KeepLocks {
			locks = append(locks, l)
		}
	}
	n, err := g.unlock(ctx, locks)
	k.report.Unlocked += n
	return err
}
