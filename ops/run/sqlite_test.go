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
	before := cpu(t) // the time of the clock is others' as well
	list, err := s.List(t.Context())
	took := cpu(t) - before
	t.Logf("3000 runs listed in %s of a core", took)
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
	if l.walked("r", 1) {
		t.Error("alive before it was taken")
	}
	pulse, err := l.Take(t.Context(), "r", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Take(t.Context(), "r", 1); !errors.Is(err, ErrTaken) {
		t.Error(err)
	}
	if !l.walked("r", 1) || l.walked("r", 2) {
		t.Error("the wrong leg lives")
	}
	pulse.Release()
	if l.walked("r", 1) {
		t.Error("alive after release")
	}
}

// A store of SQLite of a newer vmtui is refused too.
func TestNewerSQLiteIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, dir, nil)
	if _, err := s.db.ExecContext(t.Context(), `UPDATE version SET version = 99`); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, nil); !errors.Is(err, ErrTooNew) || !strings.Contains(err.Error(), filepath.Join(dir, "runs.db")) {
		t.Error(err)
	}
}
