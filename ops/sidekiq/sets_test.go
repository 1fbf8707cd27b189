package sidekiq

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
)

func (s *site) failed(set string, n int) {
	s.Helper()
	p := s.raw.Pipeline()
	for i := range n {
		more := fmt.Sprintf(`,"error_class":"HTTP::TimeoutError","error_message":"https://h%d.example/x timed out for picard@h.example","retry_count":4,"failed_at":1764000000.5`, i%7)
		class := "ThreadResolveWorker"
		if i%3 == 0 {
			class = "DeliveryWorker"
		}
		p.ZAdd(s.Context(), set, goredis.Z{Score: float64(1764000000 + i/10), Member: job("push", class, i, time.Hour, more)})
	}
	if _, err := p.Exec(s.Context()); err != nil {
		s.Fatal(err)
	}
}

func TestDeadAreDeletedAndReadBack(t *testing.T) {
	s := small(t)
	s.failed(Dead, 1000)
	before := s.raw.ZRangeWithScores(t.Context(), Dead, 0, -1).Val()
	r := s.must(Order{Deed: Delete, Name: Dead, Filter: Builtin["dead-http"]})
	if r.Jobs != 666 || r.Kept != 334 || s.raw.ZCard(t.Context(), Dead).Val() != 334 {
		t.Fatalf("%+v", r)
	}
	back := s.must(Order{Deed: Load, Name: r.Backups[0]})
	if after := s.raw.ZRangeWithScores(t.Context(), Dead, 0, -1).Val(); back.Jobs != 666 || !slices.Equal(before, after) {
		t.Errorf("%+v", back)
	}
	if again := s.must(Order{Deed: Load, Name: r.Backups[0]}); again.Jobs != 0 {
		t.Errorf("read back twice: %+v", again)
	}
}

func TestRetryIsCappedAndPaced(t *testing.T) {
	s := small(t)
	s.failed(Retry, 100)
	r := s.must(Order{Deed: Requeue, Name: Retry, Limit: 20, Rate: 100})
	if r.Jobs != 20 || r.Took < 150*time.Millisecond || s.raw.ZCard(t.Context(), Retry).Val() != 80 || !s.raw.SIsMember(t.Context(), "queues", "push").Val() {
		t.Errorf("%+v", r)
	}
	s.equal("retried", sorted(s.numbers("queue:push")), upTo(20)) // ten of them have one score
	raw := s.raw.LIndex(t.Context(), "queue:push", 0).Val()
	p := payloadOf(raw)
	if p.retries != "3" || time.Since(p.at()) > time.Minute || !strings.Contains(raw, "109372843234567890") || strings.Contains(p.enqueued, ".") {
		t.Errorf("%s", raw)
	}
}

func TestKill(t *testing.T) {
	s := small(t)
	s.failed(Retry, 100)
	s.fill("pull", 0, 900, "")
	if r := s.must(Order{Deed: Kill, Name: Retry, Filter: Filter{Classes: []string{"DeliveryWorker"}}}); r.Jobs != 34 {
		t.Errorf("%+v", r)
	}
	if r := s.must(Order{Deed: Kill, Name: "pull", Filter: Filter{Classes: []string{"RefreshWorker"}}}); r.Jobs != 300 {
		t.Errorf("%+v", r)
	}
	if n := s.raw.ZCard(t.Context(), Dead).Val(); n != 334 || len(s.numbers("queue:pull")) != 600 {
		t.Errorf("%d dead", n)
	}
}

func (s *site) lock(jid string, n int) string {
	digest := fmt.Sprintf("uniquejobs:%032d", n)
	s.raw.HSet(s.Context(), digest+":LOCKED", jid, "1764000000.5")
	s.raw.Set(s.Context(), digest, jid, 0)
	s.raw.ZAdd(s.Context(), "uniquejobs:digests", goredis.Z{Score: 1, Member: digest})
	return digest
}

func TestLocksAreReleasedForTheirHolderOnly(t *testing.T) {
	s := small(t)
	for n := range 300 {
		jid := fmt.Sprintf("%024d", n)
		holder := jid
		if n%3 == 1 {
			holder = "another"
		}
		digest := fmt.Sprintf("uniquejobs:%032d", n)
		if n%3 != 2 {
			digest = s.lock(holder, n)
		}
		s.raw.LPush(s.Context(), "queue:pull", job("pull", "RefreshWorker", n, time.Minute, `,"lock_digest":"`+digest+`"`))
	}
	s.raw.SAdd(t.Context(), "queues", "pull")
	p, err := s.Plan(t.Context(), Order{Deed: Park, Name: "pull"}, nil)
	if err != nil || p.Locks != (Locks{Of: 300, Own: 100, Other: 100, None: 100}) || !strings.Contains(strings.Join(p.Caution, "\n"), "unique lock") {
		t.Fatalf("%+v %v", p, err)
	}
	for _, want := range []string{"100 of 300 jobs looked at hold theirs, and keep it", "100 of 300 jobs looked at name a lock that nobody holds", "silently dropped after it is restored",
		"100 of 300 jobs looked at have lost theirs to another job"} {
		if !strings.Contains(strings.Join(p.Caution, "\n"), want) {
			t.Errorf("%q is not said: %q", want, p.Caution)
		}
	}
	parked := s.must(Order{Deed: Park, Name: "pull"})
	for _, o := range []Order{{Deed: Restore, Name: parked.Shelf}, {Deed: Delete, Name: parked.Shelf}, {Deed: Delete, Name: parked.Shelf, KeepLocks: true}} {
		if p, err := s.Plan(t.Context(), o, nil); err != nil || !strings.Contains(strings.Join(append(p.Caution, p.Lines...), "\n"), "unique lock") {
			t.Errorf("%s does not say what it does to locks: %+v %v", o.Deed, p, err)
		}
	}
	r := s.must(Order{Deed: Delete, Name: parked.Shelf})
	if r.Unlocked != 100 || s.raw.ZCard(t.Context(), "uniquejobs:digests").Val() != 100 || len(s.raw.Keys(t.Context(), "uniquejobs:*:LOCKED").Val()) != 100 {
		t.Errorf("%+v", r)
	}
	if p, err := s.Plan(t.Context(), Order{Deed: Load, Name: r.Backups[0]}, nil); err != nil || !strings.Contains(strings.Join(p.Caution, "\n"), "unique lock") {
		t.Errorf("reading back does not say what it does to locks: %+v %v", p.Caution, err)
	}
	lost := Lost{Job: Job{Class: "RefreshWorker", Queue: "pull", queue: "pull", raw: job("pull", "RefreshWorker", 1, 0, `,"lock_digest":"uniquejobs:1"`)}}
	if p, err := s.Plan(t.Context(), Order{Deed: PutBack, Lost: []Lost{lost}}, nil); err != nil || !strings.Contains(strings.Join(p.Caution, "\n"), "unique lock") {
		t.Errorf("putting back does not say what it does to locks: %+v %v", p.Caution, err)
	}
}

// An act on jobs without unique locks says so; a deletion releases what a sample did not show, too.
func TestActsSayThatNoLockWasSeen(t *testing.T) {
	s := small(t)
	s.fill("pull", 0, 10, "")
	s.failed(Retry, 10)
	refresh := Filter{Classes: []string{"RefreshWorker", "DeliveryWorker"}}
	for _, o := range []Order{
		{Deed: Park, Name: "pull"}, {Deed: Move, Name: "pull", To: "push", Filter: refresh}, {Deed: Delete, Name: "pull", Filter: refresh},
		{Deed: Kill, Name: "pull", Filter: refresh}, {Deed: Requeue, Name: Retry, Filter: refresh},
	} {
		p, err := s.Plan(t.Context(), o, nil)
		if err != nil || p.Refusal != nil || !strings.Contains(strings.Join(p.Caution, "\n"), "unique locks: none of") {
			t.Errorf("%s: %q %v %v", o.Deed, p.Caution, p.Refusal, err)
		}
		if strings.Contains(strings.Join(p.Lines, "\n"), "unique locks") != (o.Deed == Delete || o.Deed == Kill) {
			t.Errorf("%s: %q", o.Deed, p.Lines)
		}
	}
}

func TestSignalsGuardTheScheduler(t *testing.T) {
	m := miniredis.RunT(t)
	s := at(t, m.Addr())
	beat(m, "", host+":7:0a1b2c3d4e5f", "8.1.6", "false")
	_, _ = m.SAdd("processes", "exec:1:ffff")
	m.HSet("exec:1:ffff", "info", `{"hostname":"exec","queues":["scheduler"],"concurrency":5}`, "busy", "2", "beat", "1764000000.25", "quiet", "false")
	quiet := Order{Deed: Quiet, Identities: []string{host + ":7:0a1b2c3d4e5f"}}
	if p, err := s.Plan(t.Context(), quiet, nil); err != nil || !strings.Contains(p.Back, "only a restart") {
		t.Errorf("how it is taken back: %q %v", p.Back, err)
	}
	s.must(quiet)
	p, err := s.Plan(t.Context(), Order{Deed: Stop, Identities: []string{"exec:1:ffff"}}, nil)
	if err != nil || p.Again != instance || p.Confirm != "exec:1:ffff" {
		t.Errorf("%+v %v", p, err)
	}
	p, err = s.Plan(t.Context(), Order{Deed: Quiet, Name: "exec", Identities: []string{"exec:1:ffff", host + ":7:0a1b2c3d4e5f"}}, nil)
	if err != nil || p.Again != instance || p.Confirm != "exec" || !strings.Contains(p.What, "2 Sidekiq processes of exec") {
		t.Errorf("of a node: %+v %v", p, err)
	}
	s.must(Order{Deed: Dump, Identities: []string{"exec:1:ffff"}})
	if l, err := m.List("exec:1:ffff-signals"); err != nil || len(l) != 1 || l[0] != "TTIN" {
		t.Errorf("%v %v", l, err)
	}
	if p, err := s.Plan(t.Context(), Order{Deed: Quiet, Identities: []string{"nobody"}}, nil); err != nil || p.Refusal == nil {
		t.Errorf("%+v %v", p, err)
	}
}
