package sidekiq

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/redis"
)

// What a retry is held to: it hammers servers that failed before, past the back-off that they were given.
const (
	RetryLimit = 1000
	RetryRate  = 50
)

func (a *Acts) planPick(o Order, p *Plan) {
	if p.place.Shelf != nil || !p.place.Set && o.Deed == Requeue {
		next := "jobs of a queue are moved or deleted: vmtui sidekiq move " + p.Target
		if p.place.Shelf != nil {
			next = "what is parked is restored: vmtui sidekiq restore " + p.Target
		}
		p.refuse("only what lies in retry, schedule or dead can be "+map[Deed]string{Requeue: "retried", Kill: "given up, or in a queue"}[o.Deed], next)
		return
	}
	if o.Deed == Kill {
		p.confirm(a.Instance)
		p.What = fmt.Sprintf("give up %s of %s (%s)", spelling.Count(p.Jobs, "job", "jobs"), p.Target, o.Filter)
		p.Lines = []string{"ZREM or LREM " + p.place.key + ", ZADD " + a.Jobs.key(Dead) + "   each, if it still is there"}
		if p.place.Name == Dead {
			p.refuse("these are given up already", "vmtui sidekiq delete dead")
		}
		if p.Jobs > deadMost/2 {
			p.warn("Sidekiq keeps %d dead jobs: the oldest beyond that are dropped the next time a job dies", deadMost)
		}
		p.locksNote(o)
		p.releases(o)
		p.pacified(o)
		return
	}
	limit, rate := limits(o)
	p.Jobs = min(p.Jobs, int64(limit))
	p.What = fmt.Sprintf("retry %s of %s now, %d a second (%s)", spelling.Count(p.Jobs, "job", "jobs"), p.Target, rate, o.Filter)
	p.Lines = []string{"ZREM " + p.place.key + ", LPUSH queue:NAME   each, if it still is there; at most " + fmt.Sprint(limit)}
	if len(p.In.Hosts) > 0 {
		p.warn("they go to %s; servers that are dead are tried again, past their back-off", top(p.In.Hosts, 3))
	}
	p.keepLocks()
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
	limit, rate int // 0: none
	began       time.Time
	report      Report
}

func (a *Acts) pick(ctx context.Context, g *grip, o Order, p Plan) (Report, error) {
	k := &picking{acts: a, order: o, plan: p, sieve: sieve{o.Filter, time.Now()}, limit: o.Limit, began: time.Now()}
	if o.Deed == Delete {
		return k.remove(ctx, g)
	}
	if o.Deed == Requeue {
		k.limit, k.rate = limits(o)
	}
	err := a.Jobs.scan(ctx, p.place, func(page []found) (bool, error) { return k.page(ctx, g, page) })
	return k.report, err
}

// remove writes what is meant into a backup, proves it, and only then takes out what is in it: whoever dies in between has a backup that can be read.
func (k *picking) remove(ctx context.Context, g *grip) (Report, error) {
	path, count, err := k.backUp(ctx, g)
	if err != nil || count == 0 {
		return k.report, err
	}
	k.report.Backups, k.plan.Jobs = []string{path}, count
	k.limit, k.sieve = 0, sieve{} // each one in the backup is meant
	var some []found
	send := func() error {
		_, err := k.page(ctx, g, some)
		some = some[:0]
		return err
	}
	_, _, err = readBackup(path, func(f found) error {
		if some = append(some, f); len(some) < pageFirst {
			return nil
		}
		return send()
	})
	if err == nil {
		err = send()
	}
	return k.report, err
}

// backUp writes what is meant into a file, reads it back, and says how many there are. One that was given up is a backup all the same.
func (k *picking) backUp(ctx context.Context, g *grip) (path string, count int64, err error) {
	b, err := k.acts.newBackup(BackupHead{Queue: k.plan.place.Name, Set: true, Of: "deleted from " + k.plan.Target + ": " + k.order.Filter.String()})
	if err != nil {
		return "", 0, err
	}
	err = k.acts.Jobs.scan(ctx, k.plan.place, func(page []found) (bool, error) {
		for _, f := range page {
			if k.limit > 0 && b.count >= int64(k.limit) {
				return false, nil
			}
			if !k.sieve.means(payloadOf(f.raw)) {
				k.report.Kept++
				continue
			}
			if err := b.add(f); err != nil {
				return false, err
			}
		}
		g.say(Progress{Doing: "writing the backup", Done: b.count, Of: k.plan.Jobs})
		return true, g.asked.Err()
	})
	return b.path, b.count, errors.Join(err, b.end())
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
		n, err := k.take(ctx, g, page, meant[:k.portion(page, meant)])
		if err != nil {
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

// take takes out as many of the meant as one script has time for, and says how many it looked at.
func (k *picking) take(ctx context.Context, g *grip, page []found, meant []int) (int, error) {
	jobs := k.acts.Jobs
	held, args := g.holding(k.plan.place.key, jobs.key(Dead), jobs.key("queues")), []any{string(k.order.Deed), score(time.Now())}
	number, some := map[string]int{}, make([]found, 0, len(meant))
	for _, i := range meant {
		p, text, queue, ends := payloadOf(page[i].raw), page[i].raw, 0, lock{}
		some = append(some, page[i])
		if k.order.Deed == Requeue {
			var err error
			if text, err = again(page[i].raw, p, time.Now()); err != nil {
				return 0, err
			}
			if number[p.queue] == 0 {
				number[p.queue] = held.add(jobs.key("queue:" + p.queue))
			}
			queue = number[p.queue]
		} else if !k.order.KeepLocks {
			ends = lockOf(p)
		}
		args = append(append(args, redis.Unshown(page[i].raw), redis.Unshown(text), queue, p.queue), held.lock(ends)...)
	}
	did, err := g.takes(ctx, pickScript, held.keys, args, some, &k.report)
	for _, i := range meant[:did] {
		page[i].gone = true
	}
	return did, err
}
