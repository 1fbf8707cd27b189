package run

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const runColumns = `id, runbook, target, operator, state, step, started, updated, last, leg, open`

// scanner is a row, or one of many.
type scanner interface{ Scan(into ...any) error }

func scanRun(row scanner) (tally, error) {
	var (
		t                tally
		started, updated int64
	)
	err := row.Scan(&t.ID, &t.Runbook, &t.Target, &t.Operator, &t.State, &t.Step, &started, &updated, &t.last, &t.leg, &t.open)
	t.Started, t.Updated = time.Unix(0, started), time.Unix(0, updated)
	return t, err
}

func readRun(ctx context.Context, tx *sql.Tx, id string) (tally, error) {
	t, err := scanRun(tx.QueryRowContext(ctx, `SELECT `+runColumns+` FROM runs WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return t, ErrNoRun
	}
	return t, err
}

func insertRun(ctx context.Context, tx *sql.Tx, t tally) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO runs (`+runColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?)`,
		t.ID, t.Runbook, t.Target, t.Operator, string(t.State), t.Step, t.Started.UnixNano(), t.Updated.UnixNano(), t.last, t.leg, t.open)
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_CONSTRAINT {
		return ErrExists
	}
	return err
}

func updateRun(ctx context.Context, tx *sql.Tx, t tally) error {
	_, err := tx.ExecContext(ctx, `UPDATE runs SET operator=?, state=?, step=?, updated=?, last=?, leg=?, open=? WHERE id=?`,
		t.Operator, string(t.State), t.Step, t.Updated.UnixNano(), t.last, t.leg, t.open, t.ID)
	return err
}

func insertEvents(ctx context.Context, tx *sql.Tx, id string, events []Event) error {
	for _, ev := range events {
		_, err := tx.ExecContext(ctx, `INSERT INTO events (run, seq, time, leg, type, step, state, detail, data) VALUES (?,?,?,?,?,?,?,?,?)`,
			id, ev.Seq, ev.Time.UnixNano(), ev.Leg, string(ev.Type), ev.Step, ev.State, ev.Detail, []byte(ev.Data))
		if err != nil {
			return err
		}
	}
	return nil
}

// Events implements Store.
func (s *SQLite) Events(ctx context.Context, id string, after uint64) ([]Event, error) {
	read, err := readEvents(ctx, s.db, id, after, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	if len(read) == 0 {
		_, err := s.last(ctx, id)
		return nil, err
	}
	events := make([]Event, len(read))
	for i := range read {
		events[i] = read[i].Event
	}
	return events, nil
}

// asker is a database, or a transaction on it.
type asker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// readEvents gives a run's events with after < number <= upto.
func readEvents(ctx context.Context, db asker, id string, after, upto uint64) ([]chained, error) {
	events, err := all(ctx, db, scanEvent,
		`SELECT seq, time, leg, type, step, state, detail, data, body FROM events WHERE run = ? AND seq > ? AND seq <= ? ORDER BY seq`, id, after, upto)
	if err != nil {
		return nil, fmt.Errorf("events of run %s: %w", id, err)
	}
	return events, nil
}

// all reads every row.
func all[T any](ctx context.Context, db asker, scan func(scanner) (T, error), query string, args ...any) (out []T, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// scanEvent reads an event; a pruned one has the digest of the body it had.
func scanEvent(row scanner) (chained, error) {
	var (
		ev     chained
		at     int64
		data   []byte
		pruned []byte
	)
	err := row.Scan(&ev.Seq, &at, &ev.Leg, &ev.Type, &ev.Step, &ev.State, &ev.Detail, &data, &pruned)
	ev.Time = time.Unix(0, at)
	if len(data) > 0 {
		ev.Data = data
	}
	ev.body = body(ev.Event)
	if ev.Pruned = len(pruned) == len(ev.body) && ev.Type == Output && ev.Detail == "" && ev.Data == nil; ev.Pruned {
		ev.body = Digest(pruned)
	}
	return ev, err
}

// last is the number of the run's newest event.
func (s *SQLite) last(ctx context.Context, id string) (uint64, error) {
	var n uint64
	err := s.db.QueryRowContext(ctx, `SELECT last FROM runs WHERE id = ?`, id).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrNoRun
	}
	return n, err
}

// List implements Store. Runs that are not finished, and whose process is gone, are `interrupted`.
func (s *SQLite) List(ctx context.Context) ([]Summary, error) {
	runs, err := all(ctx, s.db, scanRun, `SELECT `+runColumns+` FROM runs ORDER BY started DESC, id DESC`)
	if err != nil {
		return nil, err
	}
	list := make([]Summary, len(runs))
	for i := range runs {
		list[i] = runs[i].seen(s.live)
	}
	return list, nil
}
