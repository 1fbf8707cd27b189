package sidekiq

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/vmtui/vmtui/remote/redis"
)

// deletionsThatDie deletes a parked list from a console that dies before each of its steps. What is left there has its locks, what is gone has none and is in a
// backup that is whole; and both ways on are open: another deletion ends it, a restore brings back what is left.
func deletionsThatDie(t *testing.T, fresh func() *site) {
	const jobs = 330
	halves := 0
	for at := 0; ; at++ {
		s := fresh()
		s.locked(false, jobs)
		shelf := s.must(Order{Deed: Park, Name: "push"}).Shelf
		o := Order{Deed: Delete, Name: shelf}
		p, err := s.Plan(t.Context(), o, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, died := s.With(t.Context(), &dying{at}, o, p)
		there := sorted(s.numbers("queue:" + shelf))
		gone := slices.DeleteFunc(upTo(jobs), func(n int) bool { _, is := slices.BinarySearch(there, n); return is })
		s.equal(fmt.Sprintf("step %d: without a lock", at), s.unheld(jobs), gone)
		if len(gone) > 0 {
			s.equal("in the backup", sorted(s.backedUp()), upTo(jobs))
		}
		if int(r.Jobs) != len(gone) || r.Unlocked != r.Jobs {
			t.Errorf("step %d: %+v, and %d are gone", at, r, len(gone))
		}
		if died == nil {
			if len(there) != 0 || halves < 3 || len(s.raw.Keys(t.Context(), "uniquejobs:*").Val()) != 0 {
				t.Errorf("%d left, and it died %d times in the middle", len(there), halves)
			}
			return
		}
		if !errors.Is(died, errDied) {
			t.Fatalf("step %d: %v", at, died)
		}
		s.later()
		if len(gone) > 0 {
			halves++
			s.halfDeleted(shelf, r, died)
		}
		if at%2 == 0 {
			if r := s.must(o); int(r.Jobs) != len(there) || len(s.raw.Keys(t.Context(), "uniquejobs:*").Val()) != 0 {
				t.Errorf("step %d: to its end: %+v", at, r)
			}
			continue
		}
		s.must(Order{Deed: Restore, Name: shelf})
		s.equal("restored", sorted(s.numbers("queue:push")), there)
		s.equal("restored without a lock", s.unheld(jobs), gone)
	}
}

// halfDeleted wants whoever finds a deletion that died to be told so, wherever they look.
func (s *site) halfDeleted(shelf string, r Report, died error) {
	s.Helper()
	if !strings.Contains(died.Error(), "the deletion is not over") || !strings.Contains(died.Error(), "vmtui sidekiq delete "+shelf) || r.Shelf != shelf {
		s.Errorf("%+v %v", r, died)
	}
	snap, err := s.Jobs.Snapshot(s.Context())
	if err != nil || len(snap.Shelves) != 1 || snap.Shelves[0].Deleting != filepath.Base(r.Backups[0]) {
		s.Fatalf("%+v %v", snap.Shelves, err)
	}
	for _, o := range []Order{{Deed: Restore, Name: shelf}, {Deed: Delete, Name: shelf}, {Deed: Load, Name: r.Backups[0]}} {
		p, err := s.Plan(s.Context(), o, nil)
		if err != nil || p.Refusal != nil || !strings.Contains(strings.Join(p.Caution, "\n"), "was interrupted") {
			s.Errorf("%s: %v %v %v", o.Deed, p.Caution, p.Refusal, err)
		}
	}
}

func TestADeletionThatDies(t *testing.T) {
	deletionsThatDie(t, func() *site { return small(t) })
}

// deletionUnheard deletes a parked list, and every other answer to a script gets lost.
func (s *site) deletionUnheard(url, addr string) {
	s.Helper()
	const jobs = 330
	s.locked(false, jobs)
	shelf := s.must(Order{Deed: Park, Name: "push"}).Shelf
	lose := map[int32]bool{}
	for n := int32(2); n < 40; n += 2 {
		lose[n] = true
	}
	c := redis.New(redis.Config{URL: redis.At(url), Dial: (&forgetful{to: addr, lose: lose}).dial})
	defer func() { _ = c.Close() }()
	s.Jobs = New(c, "")
	if r := s.must(Order{Deed: Delete, Name: shelf}); r.Jobs != jobs || r.Unlocked != jobs {
		s.Errorf("%+v", r)
	}
	if keys := s.raw.Keys(s.Context(), "uniquejobs:*").Val(); len(keys) != 0 {
		s.Errorf("left: %v", keys)
	}
}

func TestADeletionWhoseAnswersGetLost(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	at(t, m.Addr()).deletionUnheard("redis://x", m.Addr())
}

// A list on which a filtered deletion was interrupted is deleted whole: what that had looked at and left lies there too.
func TestADeletionAfterAnInterruptedFilter(t *testing.T) {
	s := small(t)
	s.fill("push", 0, 1300, "")
	shelf := s.must(Order{Deed: Park, Name: "push"}).Shelf
	o := Order{Deed: Delete, Name: shelf, Filter: Filter{Classes: []string{"RefreshWorker"}}}
	p, err := s.Plan(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.With(t.Context(), &dying{8}, o, p); !errors.Is(err, errDied) {
		t.Fatal(err)
	}
	if s.later(); s.raw.LLen(t.Context(), "queue:"+shelf+stayPart).Val() == 0 {
		t.Fatal("the filter has left nothing yet")
	}
	snap, err := s.Jobs.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, left := range snap.Shelves {
		s.must(Order{Deed: Delete, Name: left.ID})
	}
	s.equal("backed up", sorted(s.backedUp()), upTo(1300))
	if keys := s.raw.Keys(t.Context(), "queue:push*").Val(); len(keys) != 0 {
		t.Errorf("left: %v", keys)
	}
}
