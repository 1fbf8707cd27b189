package run

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/vmtui/vmtui/keys/fault"
)

// migrate brings the schema to the newest version this program knows, whatever other consoles do meanwhile, and refuses a newer one.
func (s *tables) migrate(ctx context.Context, db *sql.DB, name string) error {
	if at, err := s.version(ctx, db); err == nil && at == len(s.speak.steps) {
		return nil
	}
	return write(ctx, db, func(tx *sql.Tx) error {
		for _, statement := range append(slices.Clone(s.speak.guard), `CREATE TABLE IF NOT EXISTS ~version (version BIGINT NOT NULL)`) {
			if _, err := tx.ExecContext(ctx, s.speak.say(statement)); err != nil {
				return err
			}
		}
		at, err := s.version(ctx, tx)
		if err != nil || at == len(s.speak.steps) {
			return err
		}
		if at > len(s.speak.steps) {
			return tooNew(name, at, len(s.speak.steps))
		}
		if err := s.step(ctx, tx, at); err != nil || at >= chained {
			return err
		}
		return s.forge(ctx, tx)
	})
}

// chained is the version in which appends began to be chained.
const chained = 2

// asked is a database, or a transaction in one.
type asked interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// version is the schema's; 0 for none.
func (s *tables) version(ctx context.Context, in asked) (int, error) {
	var at int
	err := in.QueryRowContext(ctx, s.speak.say(`SELECT version FROM ~version`)).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return at, err
}

// step runs what is missing since version at, and records the new one.
func (s *tables) step(ctx context.Context, tx *sql.Tx, at int) error {
	for _, statement := range slices.Concat(s.speak.steps[at:]...) {
		if _, err := tx.ExecContext(ctx, s.speak.say(statement)); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, s.speak.say(`DELETE FROM ~version`)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, s.speak.say(`INSERT INTO ~version (version) VALUES (?)`), len(s.speak.steps))
	return err
}

// ErrTooNew says that a newer vmtui made the store.
var ErrTooNew = errors.New("the store's schema is newer than this program")

func tooNew(name string, at, known int) error {
	return &fault.Error{
		What: "the run store is of a newer vmtui", On: name, Why: fmt.Sprintf("its schema has version %d, this program knows %d", at, known),
		Next: "upgrade vmtui on this machine: an older one would write what the newer ones cannot rely on", Code: fault.Usage, Err: ErrTooNew,
	}
}
