package run

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

const runColumns = `id, runbook, target, operator, state, step, started, updated, last, leg, open, parent`

// scanner is a row, or one of many.
type scanner interface{ Scan(into ...any) error }

func scanRun(row scanner) (tally, error) {
	var (
		t                tally
		started, updated int64
	)
	err := row.Scan(&t.ID, &t.Runbook, &t.Target, &t.Operator, &t.State, &t.Step, &started, &updated, &t.last, &t.leg, &t.open, &t.Parent)
	t.Started, t.Updated = time.Unix(0, started), time.Unix(0, updated)
	return t, err
}

// readRun reads a run's row to change it: until the transaction ends, nobody else does.
func (s *tables) readRun(ctx context.Context, tx *sql.Tx, id string) (tally, error) {
	t, err := scanRun(tx.QueryRowContext(ctx, s.speak.say(`SELECT `+runColumns+` FROM ~runs WHERE id = ?`+s.speak.lock), id)) // #nosec G701 -- a constant, put into the dialect
	if errors.Is(err, sql.ErrNoRows) {
		return t, ErrNoRun
	}
	return t, err
}

func (s *tables) insertRun(ctx context.Context, tx *sql.Tx, t tally) error {
	_, err := tx.ExecContext(ctx, s.speak.say(`INSERT INTO ~runs (`+runColumns+`) VALUES `+rows(1, 12)),
		t.ID, t.Runbook, t.Target, t.Operator, string(t.State), t.Step, t.Started.UnixNano(), t.Updated.UnixNano(), t.last, t.leg, t.open, t.Parent)
	if err != nil && s.speak.taken(err) {
		return ErrExists
	}
	return err
}

func (s *tables) updateRun(ctx context.Context, tx *sql.Tx, t tally) error {
	// #nosec G701 -- a constant, put into the dialect
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
		if _, err := tx.ExecContext(ctx, s.speak.say(statement), args...); err != nil { // #nosec G701 -- placeholders only, put into the dialect
			return err
		}
	}
	return s.link(ctx, tx, id, link(events))
}

// Events implements Store.
func (s *tables) Events(ctx context.Context, id string, after uint64) ([]Event, error) {
	var events []Event
	err := s.with(ctx, func(ctx context.Context, db *sql.DB) error {
		read, err := s.readEvents(ctx, db, id, after, math.MaxInt64)
		if err == nil && len(read) == 0 {
			_, err = s.readLast(ctx, db, id)
		}
		for _, ev := range read {
			events = append(events, ev.Event)
		}
		return err
	})
	return events, err
}

// readEvents gives a run's events with after < number <= upto.
func (s *tables) readEvents(ctx context.Context, in asked, id string, after, upto uint64) ([]linked, error) {
	statement := s.speak.say(`SELECT seq, time, leg, type, step, state, detail, data, body FROM ~events WHERE run = ? AND seq > ? AND seq <= ? ORDER BY seq`)
	events, err := all(ctx, in, scanEvent, statement, id, after, upto)
	if err != nil {
		return nil, fmt.Errorf("events of run %s: %w", id, err)
	}
	return events, nil
}

// all reads every row.
func all[T any](ctx context.Context, in asked, scan func(scanner) (T, error), statement string, args ...any) (out []T, err error) {
	rows, err := in.QueryContext(ctx, statement, args...)
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
func scanEvent(row scanner) (linked, error) {
	var (
		ev           linked
		at           int64
		data, pruned []byte
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
	err := db.QueryRowContext(ctx, s.speak.say(`SELECT last FROM ~runs WHERE id = ?`), id).Scan(&n)
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
		runs, err := all(ctx, db, scanRun, s.speak.say(`SELECT `+runColumns+` FROM ~runs ORDER BY started DESC, id DESC`))
		for i := range runs {
			list = append(list, runs[i].seen(walked))
		}
		return err
	})
	return list, err
}
