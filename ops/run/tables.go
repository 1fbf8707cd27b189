package run

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"time"
)

// tables are a store in an SQL database, whichever. What is said in one kind of SQL only is in its dialect; how the database is reached, and how long
// is waited for it, is the store's own.
type tables struct {
	speak  *dialect
	redact func(string) string
	every  time.Duration // how often a tail asks whether another process appended
	// reach gives the database, or why it cannot be had, and the context that bounds one call.
	reach func(context.Context) (*sql.DB, context.Context, context.CancelFunc, error)
	// blame makes of a failed call what an operator can read. Nil leaves it as it is.
	blame func(error) error
	// living tells, for all runs at once, which legs some process walks.
	living func(context.Context, *sql.DB) (func(id string, leg int) bool, error)

	mu   sync.Mutex
	news map[string]chan struct{} // closed when the run's log grows, as far as this process hears of it
}

// with makes one call to the database.
func (s *tables) with(ctx context.Context, call func(context.Context, *sql.DB) error) error {
	db, ctx, done, err := s.reach(ctx)
	if err != nil {
		return err
	}
	defer done()
	err = call(ctx, db)
	if err == nil || s.blame == nil || errors.Is(err, ErrStale) || errors.Is(err, ErrNoRun) || errors.Is(err, ErrExists) || errors.Is(err, ErrTaken) {
		return err
	}
	return s.blame(err)
}

// change makes one call that writes, in a transaction.
func (s *tables) change(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	return s.with(ctx, func(ctx context.Context, db *sql.DB) error {
		return write(ctx, db, func(tx *sql.Tx) error { return f(ctx, tx) })
	})
}

// write runs f in one transaction.
func write(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // f's error says more
		return err
	}
	return tx.Commit()
}

// Create implements Store.
func (s *tables) Create(ctx context.Context, id string, h Header) error {
	first, err := event(Started, "", "", h.Title, h)
	if err != nil {
		return err
	}
	t := opened(id, h)
	events := number(0, s.clean([]Event{first}))
	t.apply(events[0])
	return s.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.insertRun(ctx, tx, t); err != nil {
			return err
		}
		return s.insertEvents(ctx, tx, id, events)
	})
}

// Append implements Store.
func (s *tables) Append(ctx context.Context, id string, after uint64, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	events = number(after, s.clean(events))
	err := s.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		t, err := s.readRun(ctx, tx, id)
		if err != nil {
			return err
		}
		if t.last != after {
			return ErrStale
		}
		for _, ev := range events {
			t.apply(ev)
		}
		if err := s.insertEvents(ctx, tx, id, events); err != nil {
			return err
		}
		return s.updateRun(ctx, tx, t)
	})
	if err == nil {
		s.tell(id)
	}
	return err
}

// clean passes every text of the events through the store's redaction, and takes out what no database keeps in a text.
func (s *tables) clean(events []Event) []Event {
	out := make([]Event, len(events))
	for i, ev := range events {
		ev.Detail = strings.ReplaceAll(strings.ToValidUTF8(ev.Detail, "\uFFFD"), "\x00", "")
		if s.redact != nil {
			ev.Detail = s.redact(ev.Detail)
			ev.Data = redactJSON(ev.Data, s.redact)
		}
		out[i] = ev
	}
	return out
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
