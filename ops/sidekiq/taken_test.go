package sidekiq

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/redis"
)

// locked are jobs whose lock is their own: in a queue, or in the set of retries. Every third is a Refresh.
func (s *site) locked(set bool, n int) {
	s.Helper()
	s.raw.SAdd(s.Context(), "queues", "push")
	pipe := s.raw.Pipeline()
	for i := range n {
		class := map[bool]string{true: "RefreshWorker", false: "DeliveryWorker"}[i%3 == 0]
		jid, digest := fmt.Sprintf("%024d", i), fmt.Sprintf("uniquejobs:%032d", i)
		pipe.HSet(s.Context(), digest+":LOCKED", jid, "1764000000.5")
		pipe.ZAdd(s.Context(), "uniquejobs:digests", goredis.Z{Score: 1, Member: digest})
		raw := job("push", class, i, 0, fmt.Sprintf(`,"lock_digest":%q`, digest))
		if set {
			pipe.ZAdd(s.Context(), Retry, goredis.Z{Score: float64(1764000000 + i), Member: raw})
		} else {
			pipe.LPush(s.Context(), "queue:push", raw)
		}
	}
	if _, err := pipe.Exec(s.Context()); err != nil {
		s.Fatal(err)
	}
}

// unheld are the jobs that hold their lock no more, of so many.
func (s *site) unheld(of int) []int {
	s.Helper()
	all := upTo(of)
	for _, key := range s.raw.Keys(s.Context(), "uniquejobs:*:LOCKED").Val() {
		n, err := strconv.Atoi(key[len("uniquejobs:") : len("uniquejobs:")+32])
		if err != nil {
			s.Fatal(err)
		}
		all[n] = -1
	}
	return slices.DeleteFunc(all, func(n int) bool { return n < 0 })
}

// dead are the jobs that were given up.
func (s *site) dead() []int {
	return numbered(s.T, s.raw.ZRange(s.Context(), Dead, 0, -1).Val())
}

// A lock goes in the same moment in which its job is given up, wherever the job lay: a console that dies between any two steps leaves no lock of a job that is
// given up, and takes none of a job that is not. A Redis that has not heard of the one has not heard of the other.
func TestALockGoesWithItsJob(t *testing.T) {
	refresh := Filter{Classes: []string{"RefreshWorker"}}
	for name, c := range map[string]struct {
		set  bool
		jobs int
	}{"queue": {false, 630}, "few": {false, 240}, "set": {true, 630}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Order{Deed: Kill, Name: map[bool]string{true: Retry, false: "push"}[c.set], Filter: refresh}
			for at := 0; ; at++ {
				s := small(t)
				s.locked(c.set, c.jobs)
				p, err := s.Plan(t.Context(), o, nil)
				if err != nil {
					t.Fatal(err)
				}
				r, err := s.With(t.Context(), &dying{at}, o, p)
				dead := s.dead()
				s.equal(fmt.Sprintf("step %d: without a lock", at), s.unheld(c.jobs), sorted(dead))
				if err == nil {
					if int(r.Jobs) != c.jobs/3 || r.Unlocked != r.Jobs || len(dead) != c.jobs/3 {
						t.Errorf("%+v, %d dead", r, len(dead))
					}
					return
				}
				if !errors.Is(err, errDied) {
					t.Fatalf("step %d: %v", at, err)
				}
			}
		})
	}
}

// An answer that got lost is asked for again: the locks are released all the same, and of what is not there any more it is said that nobody knows who took it.
func TestAnAnswerThatGetsLostIsNotSure(t *testing.T) {
	m := miniredis.RunT(t)
	s := at(t, m.Addr())
	s.locked(true, 900)
	c := redis.New(redis.Config{URL: redis.At("redis://x"), Dial: (&forgetful{to: m.Addr(), lose: map[int32]bool{2: true}}).dial})
	defer func() { _ = c.Close() }()
	s.Jobs = New(c, "")
	r := s.must(Order{Deed: Kill, Name: Retry})
	if r.Jobs+r.Unsure != 900 || r.Unsure == 0 || r.Gone != 0 || r.Back != 0 || len(s.dead()) != 900 || len(s.raw.Keys(t.Context(), "uniquejobs:*").Val()) != 0 {
		t.Errorf("%+v", r)
	}
	if want := fmt.Sprintf("of %d jobs taken out, none is in retry any more", r.Jobs); !strings.Contains(r.Certain, want) || !strings.Contains(r.Doubt, fmt.Sprintf("%d were asked for twice", r.Unsure)) {
		t.Errorf("%q %q", r.Certain, r.Doubt)
	}
}

// after does an order on a set in whose middle Redis is away, and comes back as another one that has not heard of the last so many jobs.
func (s *site) after(m *miniredis.Miniredis, o Order, forgets int) (Report, string) {
	s.Helper()
	all := s.raw.ZRangeWithScores(s.Context(), o.Name, 0, -1).Val()
	p, err := s.Plan(s.Context(), o, nil)
	if err != nil || p.Refusal != nil {
		s.Fatal(err, p.Refusal)
	}
	away := false
	p.tell = func(far Progress) {
		switch {
		case far.Doing == "waiting for Redis":
			m.SetError("")
			for _, z := range all[400-forgets : 400] {
				s.raw.ZAdd(s.Context(), o.Name, z)
				if o.Name != Dead {
					s.raw.ZRem(s.Context(), Dead, z.Member)
				}
			}
		case far.Done >= 400 && !away && far.Doing == string(o.Deed):
			away = true
			m.SetError("LOADING Redis is loading the dataset in memory")
		}
	}
	r, err := s.With(s.Context(), yes{}, o, p)
	if !away || forgets > 0 && fault.CodeOf(err) != fault.Failed || forgets == 0 && err != nil {
		s.Fatalf("%+v %v", r, err)
	}
	if err != nil {
		return r, err.Error()
	}
	return r, r.Certain
}

// An act on a set counts again what is there when Redis was away in its middle, and says what is certain and what is not.
func TestSetsAreCountedAgain(t *testing.T) {
	for _, c := range []struct {
		o       Order
		forgets int
		certain string
		doubt   string
	}{
		{Order{Deed: Kill, Name: Retry}, 0, "of 1000 jobs taken out, none is in retry any more", ""},
		{Order{Deed: Kill, Name: Retry}, 150, "of 1000 jobs taken out, 150 are there again, as they were", ""},
		{Order{Deed: Requeue, Name: Retry, Rate: 100_000}, 150, "150 are there again", "whether one of those that are there again has run meanwhile is not known"},
		{Order{Deed: Delete, Name: Dead}, 150, "150 are there again", ""},
	} {
		t.Run(fmt.Sprintf("%s %d", c.o.Deed, c.forgets), func(t *testing.T) {
			t.Parallel()
			m := miniredis.RunT(t)
			s := at(t, m.Addr())
			s.failed(c.o.Name, 1000)
			r, certain := s.after(m, c.o, c.forgets)
			if r.Jobs != int64(1000-c.forgets) || r.Back != int64(c.forgets) || !strings.Contains(certain, c.certain) || (c.doubt == "") != (r.Doubt == "") || !strings.Contains(r.Doubt, c.doubt) {
				t.Errorf("%+v %s", r, certain)
			}
			if n := s.raw.ZCard(context.Background(), c.o.Name).Val(); n != int64(c.forgets) {
				t.Errorf("%d are there", n)
			}
			if c.forgets > 0 { // as it says
				if again := s.must(c.o); again.Jobs != int64(c.forgets) || again.Certain != "" {
					t.Errorf("again: %+v", again)
				}
			}
		})
	}
}
