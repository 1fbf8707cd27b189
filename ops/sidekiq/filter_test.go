package sidekiq

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
)

// filterBesideWorkers deletes a third of a queue while others put jobs in and take them out, and proves that none is lost and none is there twice.
func (s *site) filterBesideWorkers(size int) {
	s.fill("push", 0, size, "")
	ctx, cancel := context.WithCancel(s.Context())
	var workers, producer sync.WaitGroup
	var mu sync.Mutex
	var taken []string
	for range 3 {
		workers.Go(func() {
			for ctx.Err() == nil {
				raw, err := s.raw.RPop(s.Context(), "queue:push").Result()
				if err == nil {
					mu.Lock()
					taken = append(taken, raw)
					mu.Unlock()
				}
			}
		})
	}
	made := size
	producer.Go(func() {
		for ; ctx.Err() == nil; made++ {
			s.raw.LPush(s.Context(), "queue:push", job("push", "RefreshWorker", made, 0, ""))
		}
	})
	r := s.must(Order{Deed: Delete, Name: "push", Filter: Filter{Classes: []string{"Refresh*"}}})
	cancel()
	workers.Wait()
	producer.Wait()
	var deleted []string
	for _, path := range r.Backups {
		if _, _, err := readBackup(path, func(f found) error { deleted = append(deleted, f.raw); return nil }); err != nil {
			s.Fatal(err)
		}
	}
	if int64(len(deleted)) != r.Jobs {
		s.Errorf("%d deleted, %d in the backup", r.Jobs, len(deleted))
	}
	left := s.raw.LRange(s.Context(), "queue:push", 0, -1).Val()
	slices.Reverse(left)
	s.equal("sorted", sorted(numbered(s.T, left)), numbered(s.T, left))
	s.equal("all together", sorted(numbered(s.T, slices.Concat(taken, deleted, left))), upTo(made))
	for _, raw := range left {
		if n, _ := strconv.Atoi(payloadOf(raw).jid); n < size && n%3 == 0 {
			s.Fatalf("%d was meant", n)
		}
	}
	keys := slices.DeleteFunc(s.raw.Keys(s.Context(), "*push-*").Val(), func(key string) bool { return s.raw.PTTL(s.Context(), key).Val() > 0 })
	if len(keys) != 0 || s.raw.Exists(s.Context(), shelvesKey).Val() != 0 {
		s.Errorf("left behind: %v", keys)
	}
}

func TestFilterBesideWorkers(t *testing.T) { small(t).filterBesideWorkers(4000) }

func TestFewAreTakenOneByOne(t *testing.T) {
	s := small(t)
	s.fill("default", 0, 300, "")
	r := s.must(Order{Deed: Delete, Name: "default", Filter: Filter{JIDs: []string{fmt.Sprintf("%024d", 7), fmt.Sprintf("%024d", 250)}}})
	want := slices.DeleteFunc(upTo(300), func(n int) bool { return n == 7 || n == 250 })
	s.equal("left", s.numbers("queue:default"), want)
	if r.Jobs != 2 || len(r.Backups) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestAFilterThatIsGivenUpKeepsTheRest(t *testing.T) {
	s := small(t)
	s.fill("push", 0, 3000, "")
	ctx, cancel := context.WithCancel(t.Context())
	o := Order{Deed: Delete, Name: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}, Typed: "push"}
	p, err := s.Plan(ctx, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	p.tell = func(Progress) {
		if told++; told == 3 {
			cancel()
		}
	}
	r, err := s.Do(ctx, o, p)
	if !errors.Is(err, context.Canceled) || int(r.Kept+r.Jobs) != 3000 || r.Jobs > 500 || len(r.Backups) != 0 {
		t.Errorf("%+v %v", r, err)
	}
	if out := s.numbers("queue:" + r.Shelf); len(out) != int(r.Jobs) {
		t.Errorf("%d are on %s", len(out), r.Shelf)
	}
	if got := len(s.numbers("queue:push")); got != 3000-int(r.Jobs) {
		t.Errorf("%d left of 3000 without %d", got, r.Jobs)
	}
}

func TestAFilterThatDiedIsBroughtToItsEnd(t *testing.T) {
	s := small(t)
	s.fill("push", 0, 3000, "")
	o := Order{Deed: Delete, Name: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}, Typed: "push"}
	p, err := s.Plan(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	p.tell = func(Progress) {
		if n++; n == 3 {
			s.Door.SetReadOnly(true)
		}
	}
	if _, err := s.Do(t.Context(), o, p); err == nil {
		t.Fatal("it did not die")
	}
	s.Door.SetReadOnly(false)
	s.later()
	s.fill("push", 3000, 3050, "")
	snap, err := s.Jobs.Snapshot(t.Context())
	if err != nil || len(snap.Shelves) != 2 || len(alarms(snap, nil)) < 2 {
		t.Fatalf("%+v %v", snap.Shelves, err)
	}
	filtered, removed := snap.Shelves[0], snap.Shelves[1]
	if filtered.Kind == Removed {
		filtered, removed = removed, filtered
	}
	for _, o := range []Order{{Deed: Park}, {Deed: Delete, Filter: o.Filter}, {Deed: Move, To: "pull"}, {Deed: Kill, Filter: o.Filter}} {
		o.Name = "push"
		if p, err := s.Plan(t.Context(), o, nil); err != nil || p.Refusal == nil || !strings.Contains(p.Refusal.Error()+fault.Of(p.Refusal).Next, filtered.ID) {
			t.Errorf("%s beside it: %v %v", o.Deed, p.Refusal, err)
		}
	}
	s.must(Order{Deed: Restore, Name: filtered.ID})
	left := s.numbers("queue:push")
	s.equal("in order", sorted(left), left)
	s.must(Order{Deed: Restore, Name: removed.ID})
	s.equal("all", sorted(s.numbers("queue:push")), upTo(3050))
}

func TestAShelfIsFiltered(t *testing.T) {
	s := small(t)
	s.fill("pull", 0, 1000, "")
	parked := s.must(Order{Deed: Park, Name: "pull"})
	s.must(Order{Deed: Delete, Name: parked.Shelf, Filter: Filter{Classes: []string{"RefreshWorker"}}})
	want := slices.DeleteFunc(upTo(1000), func(n int) bool { return n%3 == 0 })
	s.equal("parked", s.numbers("queue:"+parked.Shelf), want)
	s.must(Order{Deed: Delete, Name: parked.Shelf, Filter: Filter{Classes: []string{"*"}}})
	if n := s.raw.Exists(t.Context(), "queue:"+parked.Shelf, shelvesKey).Val(); n != 0 {
		t.Errorf("%d keys are left", n)
	}
}
