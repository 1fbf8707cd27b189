package sidekiq

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/redis"
)

// sifting is a filter that is being carried out on a list that nobody else touches: page by page, the oldest first, each job goes on to the list it
// belongs to, or nowhere.
type sifting struct {
	shelf                           string // its id
	list, kept, later, steps, meant string // keys
	mode                            string // what becomes of the meant: drop, list, set
	living                          bool   // kept is a queue that others use

	judge func(page []found) (verdict, error)
	// counted hears how many went on so far, as Redis counts them: after a failover that may be fewer than before.
	counted func(counts)
}

// verdict is what becomes of a page, or of its oldest part; the rest comes again with the next one.
type verdict struct {
	letters []byte   // for each job, k or m
	texts   []string // where jobs are changed: for each m its new text
	locks   []lock   // of those that are meant: released in the same moment
}

// counts is what a filter has done, as Redis counts it.
type counts struct{ kept, meant, unlocked int64 }

func (c counts) since(before counts) counts {
	return counts{max(c.kept-before.kept, 0), max(c.meant-before.meant, 0), max(c.unlocked-before.unlocked, 0)}
}

func countsOf(a []redis.Reply) counts { return counts{a[0].Int(), a[1].Int(), a[2].Int()} }

// sifted is what the script of a step answers.
type sifted struct {
	counts
	step, left int64
	page       []found // the next one, the oldest first; none where it did not do the step
	took       time.Duration
	did        bool // it did what it was sent
}

// siftedFrom reads an answer to what was sent as a step.
func siftedFrom(r redis.Reply, step int64, shelf string) (sifted, error) {
	a := r.List()
	if len(a) < 2 {
		return sifted{}, fmt.Errorf("an answer of %d parts from the script", len(a))
	}
	switch code := a[0].Int(); {
	case code == -3:
		return sifted{}, forgotten(shelf)
	case code == -2: // it is not the page that was judged
		return sifted{step: step}, nil
	case code == -1 && len(a) == 5: // our own step, carried out without our hearing of it; or what another console or primary has
		return sifted{step: a[1].Int(), counts: countsOf(a[2:])}, nil
	case code >= 0 && len(a) == 7:
		x := sifted{step: code, left: a[1].Int(), page: listOf(a[2]), took: time.Duration(a[3].Int()) * time.Microsecond, counts: countsOf(a[4:]), did: true}
		slices.Reverse(x.page)
		return x, nil
	}
	return sifted{}, fmt.Errorf("an answer of %d parts from the script", len(a))
}

// sift carries it out to the end. Every step is numbered: one whose answer got lost is not done twice, and after a failover that lost some it goes on
// from what the new primary has.
func (g *grip) sift(ctx context.Context, s sifting, of int64) error {
	if s.meant == "" {
		s.meant = s.list // named and not used
	}
	got, err := g.jobs.redis.Read(ctx, redis.Cmd("HMGET", s.steps, "step", "kept", "meant", "unlocked"))
	if err != nil {
		return err
	}
	stood := got[0].List()
	if len(stood) != 4 {
		return fmt.Errorf("an answer of %d parts to HMGET", len(stood))
	}
	before := countsOf(stood[1:]) // by an act that was interrupted
	rate := pace{next: siftFirst}
	step, v := stood[0].Int(), verdict{}
	for {
		began := time.Now()
		r, err := g.step(ctx, s, step, v, rate.size())
		if err != nil {
			return err
		}
		g.rest(time.Since(began))
		now, err := siftedFrom(r, step, s.shelf)
		if err != nil {
			return err
		}
		if s.counted != nil && (now.did || now.kept+now.meant > 0) {
			s.counted(now.since(before))
		}
		judged := len(v.letters)
		if step, v = now.step, (verdict{}); !now.did {
			continue
		}
		g.say(Progress{Doing: "filtering", Done: of - now.left, Of: of})
		if len(now.page) == 0 {
			return nil
		}
		rate.heed(judged, now.took)
		rate.learn(now.page)
		if v, err = s.judge(now.page); err != nil {
			return err
		}
	}
}

// step sends a verdict, and asks for a page of that size.
func (g *grip) step(ctx context.Context, s sifting, step int64, v verdict, page int) (redis.Reply, error) {
	held := g.holding(s.list, s.kept, s.later, s.steps, s.meant, g.jobs.key(shelvesKey))
	args := []any{step, string(v.letters), page, s.mode, score(time.Now()), flag(s.living), s.shelf, len(v.locks)}
	for _, l := range v.locks {
		args = append(args, held.lock(l)[1:]...)
	}
	return g.steady(ctx, sieveScript, held.keys, append(args, unshown(v.texts)...)...)
}

// siftFirst is how many jobs are looked at first, before it is known how large they are: those of ingress carry whole posts.
const siftFirst = 20

// restMost bounds a rest. A script takes about that long; the rest of a step is the way to Redis, which rests meanwhile.
const restMost = 2 * time.Millisecond

// rest leaves Redis to the workers for as long as it was taken from them.
func (g *grip) rest(took time.Duration) {
	select {
	case <-time.After(min(took, restMost)):
	case <-g.asked.Done():
	}
}

// keepAll is the verdict of one who wants nothing any more.
func keepAll(page []found) (verdict, error) {
	return verdict{letters: bytes.Repeat([]byte{'k'}, len(page))}, nil
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return ""
}

func unshown(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = redis.Unshown(t)
	}
	return out
}

// score is a time as sorted sets have it.
func score(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMicro())/1e6, 'f', 6, 64) }

// edited is a job with one value changed, or added, and every other byte as it was: numbers in jobs are larger than what most readers keep exactly.
func edited(raw, key, value string) string {
	if v := gjson.Get(raw, key); v.Exists() && v.Index > 0 {
		return raw[:v.Index] + value + raw[v.Index+len(v.Raw):]
	}
	return raw[:len(raw)-1] + "," + quoted(key) + ":" + value + "}"
}

// quoted is a text as JSON has it.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		return `""` // a string always packs
	}
	return string(b)
}

// again is a job of a set as it goes back into its queue: one try less is counted, as Sidekiq itself does it, and it is enqueued now, in the unit that
// the job's own times are in.
func again(raw string, p payload, now time.Time) (string, error) {
	if p.queue == "" || p.class == "" || len(raw) < 2 || raw[len(raw)-1] != '}' {
		return "", &fault.Error{What: "this is no job that could run", On: p.jid, Why: "it has no queue or no class", Next: "look at it with redis-cli"}
	}
	if n, err := strconv.Atoi(p.retries); err == nil {
		raw = edited(raw, "retry_count", strconv.Itoa(n-1))
	}
	at := score(now)
	if v, err := strconv.ParseFloat(p.created, 64); err == nil && v > 1e11 {
		at = strconv.FormatInt(now.UnixMilli(), 10)
	}
	return edited(raw, "enqueued_at", at), nil
}
