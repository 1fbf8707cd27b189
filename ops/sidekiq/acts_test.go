package sidekiq

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
)

// parkAndRestore proves that what comes back is in front of what has arrived meanwhile.
func (s *site) parkAndRestore() {
	s.fill("pull", 0, 500, "")
	parked := s.must(Order{Deed: Park, Name: "pull"})
	if parked.Jobs != 500 || s.raw.Exists(s.Context(), "queue:pull").Val() != 0 {
		s.Fatalf("%+v", parked)
	}
	snap, err := s.Jobs.Snapshot(s.Context())
	if err != nil || len(snap.Shelves) != 1 || snap.Shelves[0].Size != 500 || snap.Shelves[0].By != "mike@laptop" || snap.Shelves[0].Queue != "pull" {
		s.Fatalf("%+v %v", snap.Shelves, err)
	}
	s.fill("pull", 500, 5000, "") // more than one portion
	r := s.must(Order{Deed: Restore, Name: parked.Shelf})
	s.equal("restored", s.numbers("queue:pull"), upTo(5000))
	if r.Jobs != 500 || s.raw.Exists(s.Context(), shelvesKey).Val() != 0 {
		s.Errorf("%+v", r)
	}
}

func TestParkAndRestoreKeepTheOrder(t *testing.T) { small(t).parkAndRestore() }

func TestRestoreThatIsInterruptedGoesOn(t *testing.T) {
	s := small(t)
	s.fill("pull", 0, 500, "")
	parked := s.must(Order{Deed: Park, Name: "pull"})
	s.fill("pull", 500, 7000, "")
	ctx, cancel := context.WithCancel(t.Context())
	o := Order{Deed: Restore, Name: parked.Shelf}
	p, err := s.Plan(ctx, o, func(Progress) { cancel() })
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Do(ctx, o, p)
	if err == nil || !strings.Contains(fault.Of(err).Next, parked.Shelf) {
		t.Fatalf("%v", err)
	}
	s.equal("together", append(s.numbers("queue:"+parked.Shelf), s.numbers("queue:pull")...), upTo(7000))
	s.fill("pull", 7000, 7100, "")
	s.must(Order{Deed: Restore, Name: parked.Shelf})
	s.equal("restored", s.numbers("queue:pull"), upTo(7100))
}

func TestPacedRestoreQueuesUpBehind(t *testing.T) {
	s := small(t)
	s.fill("pull", 0, 30, "")
	parked := s.must(Order{Deed: Park, Name: "pull"})
	s.fill("pull", 30, 40, "")
	r := s.must(Order{Deed: Restore, Name: parked.Shelf, Rate: 100})
	s.equal("restored", s.numbers("queue:pull"), slices.Concat(upTo(40)[30:], upTo(30)))
	if r.Jobs != 30 || r.Took < 250*time.Millisecond {
		t.Errorf("%+v", r)
	}
}

func TestOldJobsStayParked(t *testing.T) {
	s := small(t)
	s.fill("mailers", 0, 600, "") // 600 s to 1 s old
	parked := s.must(Order{Deed: Park, Name: "mailers"})
	s.fill("mailers", 600, 610, "")
	r := s.must(Order{Deed: Restore, Name: parked.Shelf, Newer: 100*time.Minute + 30*time.Second})
	s.equal("restored", s.numbers("queue:mailers"), upTo(610)[500:])
	s.equal("parked", s.numbers("queue:"+parked.Shelf), upTo(500))
	if r.Jobs != 100 || r.Kept != 500 || r.Shelf != parked.Shelf {
		t.Errorf("%+v", r)
	}
	shelf, err := s.Jobs.Shelf(t.Context(), parked.Shelf[:9])
	if err != nil || shelf.Restoring || !shelf.Cut.IsZero() {
		t.Errorf("%+v %v", shelf, err)
	}
	s.must(Order{Deed: Restore, Name: parked.Shelf})
	s.equal("all", s.numbers("queue:mailers"), upTo(610))
}

func TestAnAgedRestoreThatIsInterruptedGoesOn(t *testing.T) {
	s := small(t)
	s.fill("mailers", 0, 3000, "")
	parked := s.must(Order{Deed: Park, Name: "mailers"})
	o := Order{Deed: Restore, Name: parked.Shelf, Newer: 1000*time.Minute + 30*time.Second}
	var p Plan
	broken := errors.New("broken")
	n := 0
	stop := &breaking{after: func() bool { n++; return n > 4 }, err: broken}
	s.Journal = stop
	p, err := s.Plan(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.tell = func(Progress) { stop.look(s.Door) }
	if _, err = s.Do(t.Context(), o, p); err == nil {
		t.Fatal("it was not interrupted")
	}
	s.Door.SetReadOnly(false)
	s.later()
	all := slices.Concat(s.numbers("queue:"+parked.Shelf), s.numbers("queue:"+parked.Shelf+stayPart), s.numbers("queue:"+parked.Shelf+goPart), s.numbers("queue:mailers"))
	slices.Sort(all)
	s.equal("together", all, upTo(3000))
	s.must(Order{Deed: Restore, Name: parked.Shelf})
	s.equal("restored", s.numbers("queue:mailers"), upTo(3000)[2000:])
	s.equal("parked", s.numbers("queue:"+parked.Shelf), upTo(2000))
}

// breaking is a journal whose act loses its permit in the middle.
type breaking struct {
	book
	after func() bool
	err   error
}

func (b *breaking) look(d *act.Door) {
	if b.after() {
		d.SetReadOnly(true)
	}
}

func TestWhatMustBeTyped(t *testing.T) {
	s := small(t)
	s.fill("default", 0, 10, "")
	p, err := s.Plan(t.Context(), Order{Deed: Park, Name: "default"}, nil)
	if err != nil || p.Confirm != "default" || p.Again != instance || p.Loss.Severity != "critical" {
		t.Fatalf("%+v %v", p, err)
	}
	for _, o := range []Order{{Deed: Park, Name: "default"}, {Deed: Park, Name: "default", Typed: "default"}, {Deed: Park, Name: "default", Typed: "pull", Again: instance}} {
		if _, err := s.Do(t.Context(), o, p); fault.CodeOf(err) != fault.Refused {
			t.Errorf("%+v: %v", o, err)
		}
	}
	s.Door.SetReadOnly(true)
	if _, err := s.Do(t.Context(), Order{Deed: Park, Name: "default", Typed: "default", Again: instance}, p); fault.CodeOf(err) != fault.Refused {
		t.Errorf("read-only: %v", err)
	}
	s.equal("untouched", s.numbers("queue:default"), upTo(10))
	if len(s.book.intended) != 0 {
		t.Errorf("%+v", s.book.intended)
	}
}

// What is asked about twice says why, also where no queue is lost.
func TestWhatIsAskedTwiceSaysWhy(t *testing.T) {
	s := small(t)
	p := Plan{Deed: Quiet, Target: "exec", Again: instance, Caution: []string{"the scheduler runs in no other process", "each hears it"}}
	if _, err := s.Do(t.Context(), Order{Deed: Quiet, Identities: []string{"exec:1:a"}, Typed: "exec"}, p); err == nil || !strings.Contains(err.Error(), "asked about twice: the scheduler runs in no other process (next") {
		t.Error(err)
	}
}

func TestMoveChangesWhereAJobComesBack(t *testing.T) {
	s := small(t)
	s.fill("pull", 0, 900, "")
	r := s.must(Order{Deed: Move, Name: "pull", To: "fasp", Filter: Filter{Hosts: []string{"h3.example"}}})
	if want := 129; int(r.Jobs) != want {
		t.Errorf("%+v", r)
	}
	for _, raw := range s.raw.LRange(t.Context(), "queue:fasp", 0, -1).Val() {
		if p := payloadOf(raw); p.queue != "fasp" || p.host() != "h3.example" || !strings.Contains(raw, "109372843234567890") {
			t.Fatalf("%s", raw)
		}
	}
	all := append(s.numbers("queue:pull"), s.numbers("queue:fasp")...)
	s.equal("together", sorted(all), upTo(900))
}

func TestDeleteWritesABackupThatCanBeReadBack(t *testing.T) {
	s := small(t)
	s.fill("pull", 0, 1234, "")
	s.raw.LPush(t.Context(), "queue:pull", "no JSON\nat all")
	before := s.raw.LRange(t.Context(), "queue:pull", 0, -1).Val()
	parked := s.must(Order{Deed: Park, Name: "pull"})
	r := s.must(Order{Deed: Delete, Name: parked.Shelf})
	if r.Jobs != 1235 || len(r.Backups) != 1 || s.raw.Exists(t.Context(), "queue:"+parked.Shelf, shelvesKey).Val() != 0 {
		t.Fatalf("%+v", r)
	}
	if info, err := os.Stat(r.Backups[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	loaded := s.must(Order{Deed: Load, Name: r.Backups[0]})
	s.must(Order{Deed: Restore, Name: loaded.Shelf})
	if after := s.raw.LRange(t.Context(), "queue:pull", 0, -1).Val(); !slices.Equal(before, after) {
		t.Errorf("%d jobs, and were %d", len(after), len(before))
	}
	text, err := os.ReadFile(r.Backups[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{len(text) - 1, len(text) / 2, 10} {
		if err := os.WriteFile(r.Backups[0], text[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Plan(t.Context(), Order{Deed: Load, Name: r.Backups[0]}, nil); err == nil {
			t.Errorf("a backup of %d bytes of %d was read", cut, len(text))
		}
	}
}

// The backups of this instance are found, the newest first; what only looks like one is not.
func TestBackupsAreFound(t *testing.T) {
	s := small(t)
	if all, err := s.Backups(); err != nil || len(all) != 0 {
		t.Errorf("none was written: %+v %v", all, err)
	}
	s.failed(Dead, 30)
	first := s.must(Order{Deed: Delete, Name: Dead, Filter: Builtin["dead-http"]})
	second := s.must(Order{Deed: Delete, Name: Dead})
	other := *s.Acts
	other.Instance = "other.example"
	b, err := other.newBackup(BackupHead{Queue: "push"})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.add(found{raw: "{}"}), b.end(), os.WriteFile(filepath.Join(s.Dir, "x.jsonl.gz"), []byte("no backup"), 0o600)); err != nil {
		t.Fatal(err)
	}
	all, err := s.Backups()
	if err != nil || len(all) != 2 || all[0].Path != second.Backups[0] || all[1].Path != first.Backups[0] || all[0].Queue != Dead || all[0].Bytes == 0 {
		t.Errorf("%+v %v", all, err)
	}
}

// A queue that the workers have emptied since the plan was made is not parked, and nothing is said to lie anywhere.
func TestAParkThatComesTooLate(t *testing.T) {
	s := small(t)
	s.fill("pull", 0, 10, "")
	o := Order{Deed: Park, Name: "pull", Typed: "pull"}
	p, err := s.Plan(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.raw.Del(t.Context(), "queue:pull")
	if r, err := s.Do(t.Context(), o, p); err != nil || r.Jobs != 0 || r.Shelf != "" {
		t.Errorf("%+v %v", r, err)
	}
}

// A list that Redis drops in the middle of a filter, with jobs on it that were to stay, is never called done.
func TestAFilterWhoseListIsDropped(t *testing.T) {
	s := small(t)
	s.fill("pull", 0, 5000, "")
	o := Order{Deed: Move, Name: "pull", To: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}}
	p, err := s.Plan(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.tell = func(far Progress) {
		if far.Doing == "filtering" && far.Done > 1000 {
			s.raw.Del(t.Context(), s.raw.Keys(t.Context(), "queue:pull-filtered-*").Val()...)
		}
	}
	r, err := s.Do(t.Context(), o, p)
	f := fault.Of(err)
	if fault.CodeOf(err) != fault.Failed || f.What != "jobs are lost" || !strings.Contains(f.Why, fmt.Sprintf("%d of 5000", 5000-r.Jobs-r.Kept)) || r.Jobs == 0 || r.Kept < r.Jobs {
		t.Errorf("%+v %v", r, err)
	}
}
