//go:build lab

package sidekiq

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	lab "github.com/vmtui/vmtui/fixtures/lab/redis"
	"github.com/vmtui/vmtui/keys/fault"
)

// full makes Redis be at its memory limit, so that it takes nothing new.
func (s *site) full() {
	s.Helper()
	s.raw.ConfigSet(s.Context(), "maxmemory", "100kb") // less than an empty one needs
	if err := s.raw.LPush(s.Context(), "queue:new", "x").Err(); err == nil || !strings.HasPrefix(err.Error(), "OOM") {
		s.Fatalf("Redis is not full: %v", err)
	}
}

// room lets Redis have as much as it likes.
func (s *site) room() { s.raw.ConfigSet(s.Context(), "maxmemory", "0") }

// warned wants a plan that can be carried out, and says what a full Redis means for it.
func (s *site) warned(o Order) {
	s.Helper()
	p, err := s.Plan(s.Context(), o, nil)
	if err != nil || p.Refusal != nil || !strings.Contains(strings.Join(p.Caution, "\n"), "cannot be put into retry, and is lost") {
		s.Errorf("%s: %v %v %v", o.Deed, p.Caution, p.Refusal, err)
	}
}

// What makes room, and what only moves jobs, is done in a Redis whose memory is full: every kind of deletion above all.
func TestDeletingInAFullRedis(t *testing.T) {
	refresh := Filter{Classes: []string{"RefreshWorker"}}
	others := func(n int) []int { return slices.DeleteFunc(upTo(n), func(i int) bool { return i%3 == 0 }) }
	s, _ := real(t, "--maxmemory-policy", "noeviction")
	s.fill("push", 0, 9000, "")
	s.fill("pull", 0, 3000, "")
	s.failed(Retry, 3000)
	s.failed(Dead, 3000)
	s.full()
	if r := s.must(Order{Deed: Delete, Name: "push", Filter: refresh}); r.Jobs != 3000 || len(r.Backups) != 1 {
		t.Errorf("%+v", r)
	}
	s.equal("left", s.numbers("queue:push"), others(9000))
	few := Filter{JIDs: []string{strings.Repeat("0", 23) + "1"}}
	if r := s.must(Order{Deed: Delete, Name: "push", Filter: few}); r.Jobs != 1 {
		t.Errorf("%+v", r)
	}
	if r := s.must(Order{Deed: Move, Name: "pull", To: "unheard", Filter: refresh}); r.Jobs != 1000 {
		t.Errorf("%+v", r)
	}
	if !s.raw.SIsMember(t.Context(), "queues", "unheard").Val() {
		t.Error("nobody knows the queue")
	}
	if r := s.must(Order{Deed: Kill, Name: "pull", Filter: Filter{Classes: []string{"DeliveryWorker"}}}); r.Jobs != 2000 {
		t.Errorf("%+v", r)
	}
	if r := s.must(Order{Deed: Delete, Name: Dead, Filter: Filter{Classes: []string{"*"}}}); r.Jobs != 5000 {
		t.Errorf("%+v", r)
	}
	s.warned(Order{Deed: Requeue, Name: Retry})
	if r := s.must(Order{Deed: Requeue, Name: Retry, Limit: 100, Rate: 10_000}); r.Jobs != 100 {
		t.Errorf("%+v", r)
	}
	parked := s.must(Order{Deed: Park, Name: "push"}).Shelf
	s.must(Order{Deed: Delete, Name: parked, Filter: Filter{Hosts: []string{"h3.example"}}})
	s.must(Order{Deed: Delete, Name: parked})
}

// What is parked is restored in a full Redis, in every way: into a queue that is empty, and in front of what has arrived; a filter that was interrupted is brought
// to its end. What is read back has no room, and that is said before anything is begun.
func TestRestoringInAFullRedis(t *testing.T) {
	s, _ := real(t, "--maxmemory-policy", "noeviction")
	s.fill("push", 0, 6000, "")
	for name, o := range map[string]Order{"as it was": {}, "paced": {Rate: 100_000}, "aged": {Newer: 3000*time.Minute + 30*time.Second}} {
		for _, arrive := range []int{0, 500} {
			o.Deed, o.Name = Restore, s.must(Order{Deed: Park, Name: "push"}).Shelf
			if arrive > 0 {
				s.fill("push", 6000, 6000+arrive, "")
			}
			s.full()
			s.warned(o)
			for s.raw.HExists(t.Context(), shelvesKey, o.Name).Val() { // what is older stays the first time
				s.must(o)
				o.Newer = 0
			}
			s.equal(name, sorted(s.numbers("queue:push")), upTo(6000+arrive))
			s.room()
			s.raw.Del(t.Context(), "queue:push")
			s.fill("push", 0, 6000, "")
		}
	}
	p, err := s.Plan(t.Context(), Order{Deed: Delete, Name: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.With(t.Context(), &dying{12}, Order{Deed: Delete, Name: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}}, p); err == nil {
		t.Fatal("it did not die")
	}
	s.later()
	s.full()
	snap, err := s.Jobs.Snapshot(t.Context())
	if err != nil || len(snap.Shelves) != 2 {
		t.Fatalf("%+v %v", snap.Shelves, err)
	}
	for _, kind := range []Kind{Filtered, Removed} {
		i := slices.IndexFunc(snap.Shelves, func(x Shelf) bool { return x.Kind == kind })
		s.must(Order{Deed: Restore, Name: snap.Shelves[i].ID})
	}
	s.equal("put back", sorted(s.numbers("queue:push")), upTo(6000))

	gone := s.must(Order{Deed: Delete, Name: s.must(Order{Deed: Park, Name: "push"}).Shelf})
	for _, o := range []Order{{Deed: Load, Name: gone.Backups[0]}, {Deed: PutBack, Lost: []Lost{{}}}} {
		s.full()
		p, err := s.Plan(t.Context(), o, nil)
		if f := fault.Of(p.Refusal); err != nil || p.Refusal == nil || !strings.Contains(f.Why, "memory limit (") || !strings.Contains(f.Next, "delete what is parked or dead") {
			t.Errorf("%s: %v %v", o.Deed, p.Refusal, err)
		}
		s.room()
	}
	now, err := s.Jobs.server(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.raw.ConfigSet(t.Context(), "maxmemory", strconv.FormatInt(now.used+400_000, 10)) // full in the middle: it goes on from there
	if r, err := s.act(Order{Deed: Load, Name: gone.Backups[0]}); err == nil || !strings.Contains(fault.Of(err).Next, "delete what is parked or dead; then do it again") || s.raw.LLen(t.Context(), "queue:"+r.Shelf).Val() == 0 {
		t.Errorf("%+v %v", r, err)
	}
	s.room()
	s.must(Order{Deed: Restore, Name: s.must(Order{Deed: Load, Name: gone.Backups[0]}).Shelf})
	s.equal("read back", sorted(s.numbers("queue:push")), upTo(6000))
}

// What the plans warn of is so: Sidekiq loses a job that fails in a full Redis.
func TestRubyLosesAJobThatFailsInAFullRedis(t *testing.T) {
	s, server := real(t, "--maxmemory-policy", "noeviction")
	dir := t.TempDir()
	if err := lab.Ruby(t.Context(), dir, server.URL(), `Sidekiq::Client.push("class" => FailingWorker, "queue" => "push", "args" => [1])`, nil); err != nil {
		t.Fatal(err)
	}
	s.full()
	workers, err := lab.Work(dir, server.URL(), 1, "push")
	if err != nil {
		t.Fatal(err)
	}
	defer workers.Stop()
	eventually(t, "the job to be taken", func() bool { return s.raw.LLen(t.Context(), "queue:push").Val() == 0 })
	workers.Stop()
	s.room()
	if n := s.raw.ZCard(t.Context(), Retry).Val() + s.raw.ZCard(t.Context(), Dead).Val() + s.raw.LLen(t.Context(), "queue:push").Val(); n != 0 {
		t.Errorf("it is kept: %d", n)
	}
}
