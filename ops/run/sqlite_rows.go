package run

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	rows, err := s.db.QueryContext(ctx,
		`SELECT seq, time, leg, type, step, state, detail, data FROM events WHERE run = ? AND seq > ? ORDER BY seq`, id, after)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var events []Event
	for rows.Next() {
		ev, err := scanEvent(rows)
		if err != nil {
			return nil, fmt.Errorf("event of run %s: %w", id, err)
		}
		events = append(events, ev)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(events) == 0 {
		_, err := s.last(ctx, id)
		return nil, err
	}
	return events, nil
}

func scanEvent(row scanner) (Event, error) {
	var (
		ev   Event
		at   int64
		data []byte
	)
	err := row.Scan(&ev.Seq, &at, &ev.Leg, &ev.Type, &ev.Step, &ev.State, &ev.Detail, &data)
	ev.Time = time.Unix(0, at)
	if len(data) > 0 {
		ev.Data = data
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
	rows, err := s.db.QueryContext(ctx, `SELECT `+runColumns+` FROM runs ORDER BY started DESC, id DESC`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []Summary
	for rows.Next() {
		t, err := scanRun(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, t.seen(s.live))
	}
	return list, rows.Err()
}
