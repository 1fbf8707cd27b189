package sidekiq

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/vmtui/vmtui/remote/redis"
)

// found is a job as it lies in Redis.
type found struct {
	raw   string
	score string // of a sorted set
	gone  bool   // set by who was shown it and took it away
}

// Pages are small enough for a slow tunnel and for memory, however large the jobs are.
const (
	pageBytes = 1 << 20
	pageFirst = 100
	pageMost  = 1000
)

// pace finds how many jobs make a page.
type pace struct {
	next int
	most int // what a script had time for; 0: nothing bounds it
}

func (p *pace) size() int {
	if p.next == 0 {
		return pageFirst
	}
	return p.next
}

func (p *pace) learn(jobs []found) {
	bytes := 0
	for _, f := range jobs {
		bytes += len(f.raw)
	}
	if len(jobs) > 0 {
		p.next = min(max(pageBytes*len(jobs)/(bytes+1), 10), min(4*p.size(), pageMost))
	}
	if p.most > 0 {
		p.next = min(p.next, p.most)
	}
}

// scriptTime is what a script may take of Redis's time; 20 ms is what is promised.
const scriptTime = 5 * time.Millisecond

// heed bounds the pages by how long a script took for the jobs of the last one. The bound soon grows again: a machine that was busy for a moment looks like
// a script that is slow. A hundred jobs of usual size take a fraction of a millisecond, and large ones are bounded by their bytes.
func (p *pace) heed(jobs int, took time.Duration) {
	switch {
	case jobs > 0 && took > scriptTime:
		p.most = max(int(int64(jobs)*int64(scriptTime)/int64(took)), pageFirst)
	case p.most >= pageMost:
		p.most = 0
	case p.most > 0:
		p.most *= 2
	}
}

// scan reads a place from one end to the other in pages, until each says stop. A job that is there all the while is seen exactly once: lists are read
// from the newest on, since workers take at the other end, and what producers push in front only shows again what was seen.
func (j *Jobs) scan(ctx context.Context, p Place, each func([]found) (more bool, err error)) error {
	if p.Set {
		return j.scanSet(ctx, p.key, each)
	}
	if p.Shelf != nil {
		for _, part := range parts {
			if err := j.scanList(ctx, j.shelfKey(p.Shelf.ID, part), each); err != nil {
				return err
			}
		}
		return nil
	}
	return j.scanList(ctx, p.key, each)
}

// scanList reads each page from the last job of the one before. Where that is no more, all that was read is older news: it was pushed further back by
// new jobs, or was taken, and then so was all behind it.
func (j *Jobs) scanList(ctx context.Context, key string, each func([]found) (bool, error)) error {
	var rate pace
	at, last := int64(0), ""
	for {
		got, err := j.redis.Read(ctx, redis.Cmd("LRANGE", key, max(at-1, 0), at+int64(rate.size())-1))
		if err != nil {
			return err
		}
		page := listOf(got[0])
		fresh := page
		if at > 0 {
			i := slices.IndexFunc(page, func(f found) bool { return f.raw == last })
			if i < 0 {
				i = len(page) - 1
			}
			fresh = page[i+1:]
			if len(page) > 0 {
				at--
			}
		}
		if len(page) == 0 || len(page) == 1 && len(fresh) == 0 {
			return nil
		}
		rate.learn(page)
		at += int64(len(page))
		if len(fresh) == 0 {
			continue
		}
		last = fresh[len(fresh)-1].raw
		if more, err := each(fresh); err != nil || !more {
			return err
		}
	}
}

func listOf(r redis.Reply) []found {
	list := r.List()
	out := make([]found, len(list))
	for i, x := range list {
		out[i].raw = x.Text()
	}
	return out
}

// scanSet goes by score, which stays, and not by rank, which moves. Those of one score are told apart by how many of them were seen.
func (j *Jobs) scanSet(ctx context.Context, key string, each func([]found) (bool, error)) error {
	var rate pace
	from, same := "-inf", 0
	for {
		got, err := j.redis.Read(ctx, redis.Cmd("ZRANGEBYSCORE", key, from, "+inf", "WITHSCORES", "LIMIT", same, rate.size()))
		if err != nil {
			return err
		}
		page := setOf(got[0])
		if len(page) == 0 {
			return nil
		}
		rate.learn(page)
		last := page[len(page)-1].score
		if more, err := each(page); err != nil || !more {
			return err
		}
		if last != from {
			from, same = last, 0
		}
		for _, f := range page {
			if f.score == from && !f.gone {
				same++
			}
		}
	}
}

func setOf(r redis.Reply) []found {
	list := r.List()
	out := make([]found, 0, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		out = append(out, found{raw: list[i].Text(), score: list[i+1].Text()})
	}
	return out
}

// sample reads both ends of a place.
func (j *Jobs) sample(ctx context.Context, p Place, each int64) ([]found, error) {
	if p.Set {
		got, err := j.redis.Read(ctx, redis.Cmd("ZRANGE", p.key, 0, each-1, "WITHSCORES"), redis.Cmd("ZRANGE", p.key, -each, -1, "WITHSCORES"))
		if err != nil {
			return nil, err
		}
		return joined(setOf(got[0]), setOf(got[1]), p.Size), nil
	}
	got, err := j.redis.Read(ctx, redis.Cmd("LRANGE", p.key, 0, each-1), redis.Cmd("LRANGE", p.key, -each, -1))
	if err != nil {
		return nil, err
	}
	return joined(listOf(got[0]), listOf(got[1]), p.Size), nil
}

// joined are two ends of something of that size, without what both have.
func joined(a, b []found, size int64) []found {
	both := int64(len(a)) + int64(len(b)) - min(size, math.MaxInt32)
	if both > 0 && both <= int64(len(b)) {
		b = b[both:]
	}
	return append(a, b...)
}
