package run

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
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

// readRun reads a run's row to change it: until the transaction ends, nobody else does.
func (s *tables) readRun(ctx context.Context, tx *sql.Tx, id string) (tally, error) {
	t, err := scanRun(tx.QueryRowContext(ctx, s.speak.say(`SELECT `+runColumns+` FROM ~runs WHERE id = ?`+s.speak.lock), id))
	if errors.Is(err, sql.ErrNoRows) {
		return t, ErrNoRun
	}
	return t, err
}

func (s *tables) insertRun(ctx context.Context, tx *sql.Tx, t tally) error {
	_, err := tx.ExecContext(ctx, s.speak.say(`INSERT INTO ~runs (`+runColumns+`) VALUES `+rows(1, 11)),
		t.ID, t.Runbook, t.Target, t.Operator, string(t.State), t.Step, t.Started.UnixNano(), t.Updated.UnixNano(), t.last, t.leg, t.open)
	if err != nil && s.speak.taken(err) {
		return ErrExists
	}
	return err
}

func (s *tables) updateRun(ctx context.Context, tx *sql.Tx, t tally) error {
	_, err := tx.ExecContext(ctx, s.speak.say(`UPDATE ~runs SET operator=?, state=?, step=?, updated=?, last=?, leg=?, open=? WHERE id=?`),
		t.Operator, string(t.State), t.Step, t.Updated.UnixNano(), t.last, t.leg, t.open, t.ID)
	return err
}

// atOnce is how many events are written with one statement: over a slow line every statement costs a round trip.
const atOnce = 200

func (s *tables) insertEvents(ctx context.Context, tx *sql.Tx, id string, events []Event) error {
	for some := range slices.Chunk(events, atOnce) {
		args := make([]any, 0, 9*len(some))
		for _, ev := range some {
			args = append(args, id, ev.Seq, ev.Time.UnixNano(), ev.Leg, string(ev.Type), ev.Step, ev.State, ev.Detail, []byte(ev.Data))
		}
		statement := `INSERT INTO ~events (run, seq, time, leg, type, step, state, detail, data) VALUES ` + rows(len(some), 9)
		if _, err := tx.ExecContext(ctx, s.speak.say(statement), args...); err != nil {
			return err
		}
	}
	return nil
}

// Events implements Store.
func (s *tables) Events(ctx context.Context, id string, after uint64) ([]Event, error) {
	var events []Event
	err := s.with(ctx, func(ctx context.Context, db *sql.DB) (err error) {
		events, err = s.readEvents(ctx, db, id, after)
		return err
	})
	return events, err
}

func (s *tables) readEvents(ctx context.Context, db *sql.DB, id string, after uint64) ([]Event, error) {
	statement := s.speak.say(`SELECT seq, time, leg, type, step, state, detail, data FROM ~events WHERE run = ? AND seq > ? ORDER BY seq`)
	rows, err := db.QueryContext(ctx, statement, id, after) // #nosec G701 -- a constant, put into the dialect
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
		_, err := s.readLast(ctx, db, id)
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

// Has reports whether the run is in the store.
func (s *tables) Has(ctx context.Context, id string) (bool, error) {
	_, err := s.last(ctx, id)
	if errors.Is(err, ErrNoRun) {
		return false, nil
	}
	return err == nil, err
}

// last is the number of the run's newest event.
func (s *tables) last(ctx context.Context, id string) (uint64, error) {
	var n uint64
	err := s.with(ctx, func(ctx context.Context, db *sql.DB) (err error) {
		n, err = s.readLast(ctx, db, id)
		return err
	})
	return n, err
}

func (s *tables) readLast(ctx context.Context, db *sql.DB, id string) (uint64, error) {
	var n uint64
	err := db.QueryRowContext(ctx, s.speak.say(`SELECT last FROM ~runs WHERE id = ?`), id).Scan(&n) // #nosec G701 -- a constant, put into the dialect
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrNoRun
	}
	return n, err
}

// List implements Store. Runs that are not finished, and whose process is gone, are `interrupted`.
func (s *tables) List(ctx context.Context) ([]Summary, error) {
	var list []Summary
	err := s.with(ctx, func(ctx context.Context, db *sql.DB) error {
		walked, err := s.living(ctx, db)
		if err != nil {
			return err
		}
		rows, err := db.QueryContext(ctx, s.speak.say(`SELECT `+runColumns+` FROM ~runs ORDER BY started DESC, id DESC`))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			t, err := scanRun(rows)
			if err != nil {
				return err
			}
			list = append(list, t.seen(walked))
		}
		return rows.Err()
	})
	return list, err
}
