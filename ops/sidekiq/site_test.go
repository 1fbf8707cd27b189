package sidekiq

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote/redis"
)

// book is a journal that remembers.
type book struct {
	mu       sync.Mutex
	intended []act.Act
	settled  []act.Outcome
}

func (b *book) Intend(_ context.Context, a act.Act) (func(context.Context, act.Outcome) error, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.intended = append(b.intended, a)
	return func(_ context.Context, o act.Outcome) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.settled = append(b.settled, o)
		return nil
	}, nil
}

const instance = "vmst.example"

// site is a Redis with what acts on it, and a client of the test's own.
type site struct {
	*testing.T
	*Acts
	book *book
	raw  *goredis.Client
}

func at(t *testing.T, addr string) *site {
	t.Helper()
	c := redis.New(redis.Config{URL: redis.At("redis://" + addr)})
	raw := goredis.NewClient(&goredis.Options{Addr: addr, Protocol: 2, DisableIdentity: true, ReadTimeout: time.Minute})
	t.Cleanup(func() { _, _ = c.Close(), raw.Close() })
	b := &book{}
	return &site{T: t, book: b, raw: raw, Acts: &Acts{
		Jobs: New(c, ""), Door: act.NewDoor(false, nil), Journal: b, Instance: instance, Operator: "mike@laptop", Dir: filepath.Join(t.TempDir(), "backups"),
	}}
}

func small(t *testing.T) *site {
	t.Helper()
	return at(t, miniredis.RunT(t).Addr())
}

// job is one that its number tells from all others.
func job(queue, class string, n int, age time.Duration, more string) string {
	ms := time.Now().Add(-age).UnixMilli()
	return fmt.Sprintf(`{"retry":true,"queue":%q,"class":%q,"args":[109372843234567890,"https://h%d.example/users/picard/inbox"],"jid":"%024d","created_at":%d,"enqueued_at":%d%s}`, queue, class, n%7, n, ms, ms, more)
}

// fill puts jobs first to last-1 into a queue, one after another; every third is a Refresh, the others are Deliveries.
func (s *site) fill(queue string, first, last int, more string) {
	s.Helper()
	s.raw.SAdd(s.Context(), "queues", queue)
	jobs := make([]any, 0, last-first)
	for n := first; n < last; n++ {
		class := "DeliveryWorker"
		if n%3 == 0 {
			class = "RefreshWorker"
		}
		jobs = append(jobs, job(queue, class, n, time.Duration(last-n)*time.Minute, more))
	}
	for some := range slices.Chunk(jobs, 1000) {
		if err := s.raw.LPush(s.Context(), "queue:"+queue, some...).Err(); err != nil {
			s.Fatal(err)
		}
	}
}

// numbers are the jobs of a list in the order in which they would run.
func (s *site) numbers(key string) []int {
	s.Helper()
	all, err := s.raw.LRange(s.Context(), key, 0, -1).Result()
	if err != nil {
		s.Fatal(err)
	}
	slices.Reverse(all)
	return numbered(s.T, all)
}

func numbered(t *testing.T, all []string) []int {
	t.Helper()
	out := make([]int, len(all))
	for i, raw := range all {
		n, err := strconv.Atoi(payloadOf(raw).jid)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = n
	}
	return out
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// act plans and does, typing what is wanted.
func (s *site) act(o Order) (Report, error) {
	s.Helper()
	p, err := s.Plan(s.Context(), o, nil)
	if err != nil {
		s.Fatalf("%s %s: %v", o.Deed, o.Name, err)
	}
	o.Typed, o.Again = p.Confirm, p.Again
	return s.Do(s.Context(), o, p)
}

func (s *site) must(o Order) Report {
	s.Helper()
	r, err := s.act(o)
	if err != nil {
		s.Fatalf("%s %s: %v", o.Deed, o.Name, err)
	}
	return r
}

func (s *site) equal(what string, got, want []int) {
	s.Helper()
	if !slices.Equal(got, want) {
		s.Errorf("%s: %d jobs, want %d; %v", what, len(got), len(want), got[:min(len(got), 20)])
	}
}

func sorted(in []int) []int {
	out := slices.Clone(in)
	slices.Sort(out)
	return out
}
