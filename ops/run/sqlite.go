package run

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // registers the driver

	"github.com/vmtui/vmtui/keys/fault"
)

// SQLite is the store in the instance's state directory.
type SQLite struct {
	db     *sql.DB
	redact func(string) string
	live   Liveness

	mu   sync.Mutex
	news map[string]chan struct{} // closed when the run's log grows by this process
}

// Open opens, and creates when needed, the store runs.db in dir, for this user alone. Every text passes redact before it is written; nil
// writes it as it is.
func Open(ctx context.Context, dir string, redact func(string) string) (*SQLite, error) {
	path, err := place(dir)
	if err != nil {
		return nil, unopened(dir, err)
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, unopened(path, err)
	}
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	s := &SQLite{db: db, redact: redact, live: Locks{Dir: LockDir(dir)}, news: map[string]chan struct{}{}}
	if err := s.prepare(ctx); err != nil {
		_ = db.Close()
		return nil, unopened(path, err)
	}
	return s, nil
}

// place makes the directory and the file with their modes; SQLite gives its side files the mode of the database.
func place(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil { // #nosec G703 -- the configured state directory
		return "", err
	}
	path, err := filepath.Abs(filepath.Join(dir, "runs.db"))
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 G703 -- the configured state directory
	if err != nil {
		return "", err
	}
	return path, f.Close()
}

// dsn sets the pragmas of every connection. The wait for other writers comes first, because setting the journal's mode can have to wait too.
func dsn(path string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)",
	}}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}

// Close lets go of the store. Tails end with an error.
func (s *SQLite) Close() error { return s.db.Close() }

// Create implements Store.
func (s *SQLite) Create(ctx context.Context, id string, h Header) error {
	first, err := event(Started, "", "", h.Title, h)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		t := opened(id, h)
		events := number(0, s.clean([]Event{first}))
		t.apply(events[0])
		if err := insertRun(ctx, tx, t); err != nil {
			return err
		}
		return s.insert(ctx, tx, id, events)
	})
}

// Append implements Store.
func (s *SQLite) Append(ctx context.Context, id string, after uint64, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	events = number(after, s.clean(events))
	err := s.write(ctx, func(tx *sql.Tx) error {
		t, err := readRun(ctx, tx, id)
		if err != nil {
			return err
		}
		if t.last != after {
			return ErrStale
		}
		for _, ev := range events {
			t.apply(ev)
		}
		if err := s.insert(ctx, tx, id, events); err != nil {
			return err
		}
		return updateRun(ctx, tx, t)
	})
	if err == nil {
		s.tell(id)
	}
	return err
}

// insert adds events and the link that covers them.
func (s *SQLite) insert(ctx context.Context, tx *sql.Tx, id string, events []Event) error {
	if err := insertEvents(ctx, tx, id, events); err != nil {
		return err
	}
	return link(ctx, tx, id, chain(events))
}

// write runs f in one transaction that has the write lock from its beginning.
func (s *SQLite) write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // f's error says more
		return err
	}
	return tx.Commit()
}

// number gives events their numbers, and their time when they have none.
func number(after uint64, events []Event) []Event {
	now := time.Now()
	out := make([]Event, len(events))
	for i, ev := range events {
		ev.Seq = after + uint64(i) + 1
		if ev.Time.IsZero() {
			ev.Time = now
		}
		out[i] = ev
	}
	return out
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func unopened(path string, err error) error {
	return (&fault.Error{What: "the run store cannot be opened", On: path, Next: "make the directory writable for you, or name another with state_dir in the config", Code: fault.Usage}).Because(err)
}
