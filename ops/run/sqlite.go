package run

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite" // also registers the driver
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/vmtui/vmtui/keys/fault"
)

// SQLite is the store in the instance's state directory.
type SQLite struct {
	tables
	Locks // tell which of its runs some process on this machine walks
	db    *sql.DB
	path  string
}

// pollEvery is how often a tail asks whether another process appended. One look is one indexed read of one row.
const pollEvery = 200 * time.Millisecond

var sqliteDialect = &dialect{
	schema: "main",
	taken: func(err error) bool {
		var e *sqlite.Error
		return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
	},
	// Each run has one row that lists can be made of, and its events. The first version was made without saying so in a version.
	steps: [][]string{{`
CREATE TABLE IF NOT EXISTS runs (
  id TEXT PRIMARY KEY, runbook TEXT NOT NULL, target TEXT NOT NULL, operator TEXT NOT NULL, state TEXT NOT NULL, step TEXT NOT NULL,
  started INTEGER NOT NULL, updated INTEGER NOT NULL, last INTEGER NOT NULL, leg INTEGER NOT NULL, open INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
  run TEXT NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL, leg INTEGER NOT NULL, type TEXT NOT NULL, step TEXT NOT NULL,
  state TEXT NOT NULL, detail TEXT NOT NULL, data BLOB, PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS runs_started ON runs (started);
`}, {`
CREATE TABLE chain (id TEXT NOT NULL, n INTEGER NOT NULL, digest BLOB NOT NULL);
CREATE TABLE links (n INTEGER PRIMARY KEY, run TEXT NOT NULL, upto INTEGER NOT NULL, digest BLOB NOT NULL);
ALTER TABLE events ADD COLUMN body BLOB; -- the digest of what was pruned
`}, {`
ALTER TABLE runs ADD COLUMN parent TEXT NOT NULL DEFAULT ''; -- the run that it is a step of
`}},
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
	s := &SQLite{db: db, path: path, Locks: Locks{Dir: LockDir(dir)}, tables: tables{
		speak: sqliteDialect, redact: redact, every: pollEvery, news: map[string]chan struct{}{},
		reach: func(ctx context.Context) (*sql.DB, context.Context, context.CancelFunc, error) {
			return db, ctx, func() {}, nil
		},
	}}
	s.living = func(context.Context, *sql.DB) (func(string, int) bool, error) { return s.walked, nil }
	if err := s.prepare(ctx, path); err != nil {
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
// A transaction has the write lock from its beginning.
func dsn(path string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)",
	}}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}

// prepare creates the tables. Several processes may do so in the same instant; turning a new file to WAL is then refused at once, not waited for.
func (s *SQLite) prepare(ctx context.Context, path string) error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		err := s.migrate(ctx, s.db, path)
		if err == nil || !busy(err) || time.Now().After(deadline) {
			return err
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

func busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}

// Name is the store's file.
func (s *SQLite) Name() string { return s.path }

// Close lets go of the store. Tails end with an error.
func (s *SQLite) Close() error { return s.db.Close() }

func unopened(path string, err error) error {
	if errors.Is(err, ErrTooNew) {
		return err
	}
	return (&fault.Error{What: "the run store cannot be opened", On: path, Next: "see that its disk has room and that you may write there, or name another place with state_dir in the config", Code: fault.Usage}).Because(err)
}
