package sidekiq

import (
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

	// judge decides about a page. It returns a letter for each job, k or m, and for each m the job's new text, "" for the old one.
	judge func(page []found) (verdicts []byte, texts []string, err error)
	// counted hears how many went on so far, as Redis counts them: after a failover that may be fewer than before.
	counted func(kept, meant int64)
	// passed hears that the page judged last has gone on.
	passed func(ctx context.Context) error
}

// sifted is what the script of a step answers.
type sifted struct {
	step, kept, meant, left int64
	page                    []found // the next one, the oldest first; none where it did not do the step
	took                    time.Duration
	did                     bool // it did what it was sent
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
	case code == -1 && len(a) == 4: // our own step, carried out without our hearing of it; or what another console or primary has
		return sifted{step: a[1].Int(), kept: a[2].Int(), meant: a[3].Int()}, nil
	case code >= 0 && len(a) == 6:
		x := sifted{step: code, left: a[1].Int(), page: listOf(a[2]), took: time.Duration(a[3].Int()) * time.Microsecond, kept: a[4].Int(), meant: a[5].Int(), did: true}
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
	got, err := g.jobs.redis.Read(ctx, redis.Cmd("HMGET", s.steps, "step", "kept", "meant"))
	if err != nil {
		return err
	}
	before := got[0].List() // by an act that was interrupted
	if len(before) != 3 {
		return fmt.Errorf("an answer of %d parts to HMGET", len(before))
	}
	rate := pace{next: siftFirst}
	step, verdicts, texts := before[0].Int(), []byte(nil), []string(nil)
	for {
		args := append([]any{step, string(verdicts), rate.size(), s.mode, score(time.Now()), flag(s.living), s.shelf}, unshown(texts)...)
		began := time.Now()
		r, err := g.steady(ctx, sieveScript, []string{s.list, s.kept, s.later, s.steps, s.meant, g.jobs.key(shelvesKey)}, args...)
		if err != nil {
			return err
		}
		g.rest(time.Since(began))
		now, err := siftedFrom(r, step, s.shelf)
		if err != nil {
			return err
		}
		if err := s.heard(ctx, now, len(verdicts) > 0 && now.step == step+1, before); err != nil {
			return err
		}
		if step = now.step; !now.did {
			verdicts, texts = nil, nil
			continue
		}
		g.say(Progress{Doing: "filtering", Done: of - now.left, Of: of})
		if len(now.page) == 0 {
			return nil
		}
		rate.heed(len(verdicts), now.took)
		rate.learn(now.page)
		if verdicts, texts, err = s.judge(now.page); err != nil {
			return err
		}
	}
}

// heard tells whoever counts how far it is, and whether the page that was judged last has gone on.
func (s sifting) heard(ctx context.Context, now sifted, gone bool, before []redis.Reply) error {
	if s.counted != nil && (now.did || now.kept+now.meant > 0) {
		s.counted(max(now.kept-before[1].Int(), 0), max(now.meant-before[2].Int(), 0))
	}
	if !gone || s.passed == nil {
		return nil
	}
	return s.passed(ctx)
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
func keepAll(page []found) ([]byte, []string, error) {
	v := make([]byte, len(page))
	for i := range v {
		v[i] = 'k'
	}
	return v, nil, nil
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
