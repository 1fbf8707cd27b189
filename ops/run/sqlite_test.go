package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func openAt(t *testing.T, dir string, redact func(string) string) *SQLite {
	t.Helper()
	s, err := Open(t.Context(), dir, redact)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestStoreIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c%", "state")
	s := openAt(t, dir, nil)
	if err := s.Create(t.Context(), "r1", Header{}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{"": 0o700, "runs.db": 0o600, "runs.db-wal": 0o600} {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil || st.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, st, err)
		}
	}
}

func TestPragmas(t *testing.T) {
	s := openAt(t, t.TempDir(), nil)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "busy_timeout": "10000"} {
		var got string
		if err := s.db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, %v", pragma, got, err)
		}
	}
}

func TestAppendIsRefusedWhenStale(t *testing.T) {
	dir := t.TempDir()
	a, b := openAt(t, dir, nil), openAt(t, dir, nil)
	if err := a.Create(t.Context(), "r1", Header{Title: "t"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Create(t.Context(), "r1", Header{}); !errors.Is(err, ErrExists) {
		t.Errorf("created twice: %v", err)
	}
	if err := a.Append(t.Context(), "r1", 1, Event{Type: Output, Detail: "a"}, Event{Type: Output, Detail: "b"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Append(t.Context(), "r1", 1, Event{Type: Output}); !errors.Is(err, ErrStale) {
		t.Errorf("stale: %v", err)
	}
	if err := b.Append(t.Context(), "r1", 9, Event{Type: Output}); !errors.Is(err, ErrStale) {
		t.Errorf("ahead: %v", err)
	}
	if err := b.Append(t.Context(), "r2", 0, Event{Type: Output}); !errors.Is(err, ErrNoRun) {
		t.Errorf("no run: %v", err)
	}
	evs, err := b.Events(t.Context(), "r1", 1)
	if err != nil || len(evs) != 2 || evs[1].Seq != 3 || evs[1].Detail != "b" || evs[1].Time.IsZero() {
		t.Errorf("%+v, %v", evs, err)
	}
	if evs, err := b.Events(t.Context(), "r1", 3); err != nil || len(evs) != 0 {
		t.Errorf("%+v, %v", evs, err)
	}
	if _, err := b.Events(t.Context(), "r2", 0); !errors.Is(err, ErrNoRun) {
		t.Errorf("no run: %v", err)
	}
}

// TestManyHandles opens a new store many times at once, and appends from every handle: no event is lost and none is written twice.
func TestManyHandles(t *testing.T) {
	dir := t.TempDir()
	const handles, each = 4, 15
	var wg sync.WaitGroup
	for h := range handles {
		wg.Go(func() {
			s, err := Open(t.Context(), dir, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = s.Close() }()
			if err := s.Create(t.Context(), "r", Header{}); err != nil && !errors.Is(err, ErrExists) {
				t.Error(err)
			}
			for n := range each {
				insist(t, s, fmt.Sprint(h, " ", n))
			}
		})
	}
	wg.Wait()
	evs, err := openAt(t, dir, nil).Events(t.Context(), "r", 1)
	seen := map[string]bool{}
	for _, ev := range evs {
		seen[ev.Detail] = true
	}
	if err != nil || len(evs) != handles*each || len(seen) != len(evs) {
		t.Errorf("%d events, %d different, %v", len(evs), len(seen), err)
	}
}

func insist(t *testing.T, s *SQLite, detail string) {
	t.Helper()
	for {
		last, err := s.last(t.Context(), "r")
		if err == nil {
			err = s.Append(t.Context(), "r", last, Event{Type: Output, Detail: detail})
		}
		if err == nil {
			return
		}
		if !errors.Is(err, ErrStale) {
			t.Error(err)
			return
		}
	}
}

func TestTailAcrossHandles(t *testing.T) {
	dir := t.TempDir()
	a, b := openAt(t, dir, nil), openAt(t, dir, nil)
	if err := a.Create(t.Context(), "r", Header{}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	heard := make(chan string, 10)
	wg.Go(func() {
		for ev, err := range b.Tail(t.Context(), "r", 1) {
			if err != nil {
				t.Error(err)
			}
			heard <- ev.Detail
		}
		close(heard)
	})
	for i, d := range []string{"one", "two"} {
		if err := a.Append(t.Context(), "r", uint64(i)+1, Event{Type: Output, Detail: d}); err != nil {
			t.Fatal(err)
		}
		if got := <-heard; got != d {
			t.Errorf("heard %q", got)
		}
	}
	// A waiting result does not end the tail; a final one does.
	_ = a.Append(t.Context(), "r", 3, Event{Type: Result, State: string(AtGate), Detail: "waits"})
	_ = a.Append(t.Context(), "r", 4, Event{Type: Result, State: string(Done), Detail: "done"})
	var rest []string
	for d := range heard {
		rest = append(rest, d)
	}
	wg.Wait()
	if strings.Join(rest, " ") != "waits done" {
		t.Error(rest)
	}
	// A run that was walked back after its end is told to its last event.
	_ = a.Append(t.Context(), "r", 5, Event{Type: LegOpen, Leg: 2}, Event{Type: Result, State: string(Undone)})
	n := 0
	for _, err := range b.Tail(t.Context(), "r", 0) {
		if n++; err != nil {
			t.Error(err)
		}
	}
	if n != 7 {
		t.Errorf("told %d events", n)
	}
	for _, err := range b.Tail(t.Context(), "nothing", 0) {
		if !errors.Is(err, ErrNoRun) {
			t.Error(err)
		}
	}
}

func TestTailEndsWithItsContext(t *testing.T) {
	s := openAt(t, t.TempDir(), nil)
	_ = s.Create(t.Context(), "r", Header{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	n := 0
	for _, err := range s.Tail(ctx, "r", 0) {
		if err != nil {
			t.Error(err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d events", n)
	}
}

// TestTailIsIdle holds ten tails that nothing happens to under 1 % of a core.
func TestTailIsIdle(t *testing.T) {
	s := openAt(t, t.TempDir(), nil)
	_ = s.Create(t.Context(), "r", Header{})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	before, began := cpu(t), time.Now()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for _, err := range s.Tail(ctx, "r", 0) {
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	share := float64(cpu(t)-before) / float64(time.Since(began))
	t.Logf("ten tails use %.2f %% of a core", share*100)
	if share > 0.10 && !raceEnabled() {
		t.Errorf("ten tails use %.1f %% of a core", share*100)
	}
}

func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestRedaction(t *testing.T) {
	s := openAt(t, t.TempDir(), func(text string) string { return strings.ReplaceAll(text, `se"cret`, "***") })
	if err := s.Create(t.Context(), "r", Header{Title: `a se"cret`, Inputs: map[string]string{"k": `se"cret`}}); err != nil {
		t.Fatal(err)
	}
	ev, err := event(Fact, "s", "", `my se"cret`, map[string]any{"a": []string{`x se"cret y`}, "n": 12345678901234567})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), "r", 1, ev); err != nil {
		t.Fatal(err)
	}
	evs, err := s.Events(t.Context(), "r", 0)
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%s %s %s %s", evs[0].Detail, evs[0].Data, evs[1].Detail, evs[1].Data)
	if strings.Contains(all, "cret") || !strings.Contains(all, "x *** y") || !strings.Contains(all, "12345678901234567") {
		t.Error(all)
	}
}

func TestListOfThousands(t *testing.T) {
	s := openAt(t, t.TempDir(), nil)
	tx, err := s.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3000 {
		r := opened(fmt.Sprintf("r%04d", i), Header{Runbook: "b", Target: "w2"})
		r.State, r.Started, r.last = Done, time.Unix(int64(i), 0), 50
		if err := s.insertRun(t.Context(), tx, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	list, err := s.List(t.Context())
	took := time.Since(began)
	t.Logf("3000 runs listed in %s", took)
	if err != nil || len(list) != 3000 || list[0].ID != "r2999" || took > time.Second {
		t.Errorf("%d runs in %s, %v", len(list), took, err)
	}
}

func TestOpenSaysWhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), file, nil); err == nil || !strings.Contains(err.Error(), file) {
		t.Error(err)
	}
}

func TestLocks(t *testing.T) {
	l := Locks{Dir: filepath.Join(t.TempDir(), "locks")}
	if l.walked("r", 1) || l.Walked("r") {
		t.Error("alive before it was taken")
	}
	pulse, err := l.Take(t.Context(), "r", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Take(t.Context(), "r", 1); !errors.Is(err, ErrTaken) {
		t.Error(err)
	}
	if !l.walked("r", 1) || l.walked("r", 2) || !l.Walked("r") || l.Walked("q") {
		t.Error("the wrong leg lives")
	}
	pulse.Release()
	if l.walked("r", 1) || l.Walked("r") {
		t.Error("alive after release")
	}
}
