package run

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/vmtui/vmtui/keys/fault"
)

// editions turn a store into the next edition of its schema, one after another. What stands here has been shipped: add, never change.
var editions = []func(context.Context, *sql.Tx) error{
	statements(`
CREATE TABLE IF NOT EXISTS runs (
  id TEXT PRIMARY KEY, runbook TEXT NOT NULL, target TEXT NOT NULL, operator TEXT NOT NULL, state TEXT NOT NULL, step TEXT NOT NULL,
  started INTEGER NOT NULL, updated INTEGER NOT NULL, last INTEGER NOT NULL, leg INTEGER NOT NULL, open INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
  run TEXT NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL, leg INTEGER NOT NULL, type TEXT NOT NULL, step TEXT NOT NULL,
  state TEXT NOT NULL, detail TEXT NOT NULL, data BLOB, PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS runs_started ON runs (started);
`),
	chainUp,
}

func statements(text string) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, text)
		return err
	}
}

// chainUp gives a store its chain. What was written before it existed becomes its first links, a run each.
func chainUp(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `
CREATE TABLE store (id TEXT NOT NULL);
CREATE TABLE links (n INTEGER PRIMARY KEY, run TEXT NOT NULL, upto INTEGER NOT NULL, digest BLOB NOT NULL);
ALTER TABLE events ADD COLUMN body BLOB; -- the digest of what was pruned
`)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO store (id) VALUES (?)`, rand.Text()); err != nil {
		return err
	}
	runs, err := all(ctx, tx, scanRun, `SELECT `+runColumns+` FROM runs ORDER BY started, id`)
	if err != nil {
		return err
	}
	for _, r := range runs {
		events, err := readEvents(ctx, tx, r.ID, 0, r.last)
		if err != nil {
			return err
		}
		if err := link(ctx, tx, r.ID, events); err != nil {
			return err
		}
	}
	return nil
}

// prepare brings the schema up to date. Several processes may do so in the same instant; turning a new file to WAL is then refused at once, not
// waited for.
func (s *SQLite) prepare(ctx context.Context) error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		err := s.upgrade(ctx)
		if err == nil || !busy(err) || time.Now().After(deadline) {
			return err
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

func (s *SQLite) upgrade(ctx context.Context) error {
	if at, err := edition(s.db.QueryRowContext(ctx, `PRAGMA user_version`)); err != nil || at == len(editions) {
		return err
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		at, err := edition(tx.QueryRowContext(ctx, `PRAGMA user_version`)) // again: another process may have been faster
		if err != nil {
			return err
		}
		for ; at < len(editions); at++ {
			if err := editions[at](ctx, tx); err != nil {
				return fmt.Errorf("edition %d of the store: %w", at+1, err)
			}
		}
		_, err = tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, at))
		return err
	})
}

// edition is which edition a store is of. One that is newer than this program is not touched: what it means is not known here.
func edition(row *sql.Row) (int, error) {
	var at int
	if err := row.Scan(&at); err != nil {
		return 0, err
	}
	if at > len(editions) {
		return 0, &fault.Error{What: "the run store is of a newer vmtui", Why: fmt.Sprintf("it is of edition %d, this vmtui knows %d", at, len(editions)), Next: "use the vmtui that wrote it, or a newer one", Code: fault.Usage}
	}
	return at, nil
}

func busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}
