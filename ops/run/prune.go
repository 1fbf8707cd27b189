package run

import (
	"context"
	"database/sql"
	"time"
	"unicode/utf8"
)

// Pruner is a store from which output can be taken out. Who did what when, and how it ended, stays for good.
type Pruner interface {
	// Prunable counts the output of runs that had ended by then and stands in the store still.
	Prunable(ctx context.Context, ended time.Time) (Pruned, error)
	// Prune takes it out. A run that is taken up again meanwhile keeps its own.
	Prune(ctx context.Context, ended time.Time) (Pruned, error)
}

// Pruned is an amount of output.
type Pruned struct {
	Runs  int `json:"runs"`
	Lines int `json:"lines"`
	Size  int `json:"size"` // characters
}

// Plus is both amounts together.
func (p Pruned) Plus(q Pruned) Pruned {
	return Pruned{Runs: p.Runs + q.Runs, Lines: p.Lines + q.Lines, Size: p.Size + q.Size}
}

// prunable are the lines of output of runs in which nobody is awaited any more.
const prunable = `FROM ~events e JOIN ~runs r ON r.id = e.run
WHERE e.type = 'output' AND e.body IS NULL AND NOT r.open AND r.updated < ? AND r.state IN ('done', 'failed', 'stopped', 'undone', 'refused')`

// Prunable implements Pruner.
func (s *tables) Prunable(ctx context.Context, ended time.Time) (Pruned, error) {
	var p Pruned
	err := s.with(ctx, func(ctx context.Context, db *sql.DB) error {
		counted := s.speak.say(`SELECT count(DISTINCT e.run), count(*), coalesce(sum(length(e.detail)), 0) ` + prunable)
		return db.QueryRowContext(ctx, counted, ended.UnixNano()).Scan(&p.Runs, &p.Lines, &p.Size)
	})
	return p, err
}

// Prune implements Pruner. Each run is a transaction of its own, so that nobody who writes waits long.
func (s *tables) Prune(ctx context.Context, ended time.Time) (Pruned, error) {
	var total Pruned
	var runs []string
	err := s.with(ctx, func(ctx context.Context, db *sql.DB) (err error) {
		runs, err = all(ctx, db, func(row scanner) (id string, err error) { return id, row.Scan(&id) }, s.speak.say(`SELECT DISTINCT e.run `+prunable), ended.UnixNano())
		return err
	})
	for _, id := range runs {
		if err != nil {
			return total, err
		}
		err = s.change(ctx, func(ctx context.Context, tx *sql.Tx) error { return s.pruneRun(ctx, tx, id, ended, &total) })
	}
	return total, err
}

func (s *tables) pruneRun(ctx context.Context, tx *sql.Tx, id string, ended time.Time, total *Pruned) error {
	scan := func(row scanner) (ev Event, err error) { return ev, row.Scan(&ev.Seq, &ev.Detail, (*[]byte)(&ev.Data)) }
	lines, err := all(ctx, tx, scan, s.speak.say(`SELECT e.seq, e.detail, e.data `+prunable+` AND e.run = ?`), ended.UnixNano(), id)
	if err != nil || len(lines) == 0 {
		return err
	}
	size := 0
	for _, ev := range lines {
		sum := body(ev)
		if _, err := tx.ExecContext(ctx, s.speak.say(`UPDATE ~events SET detail = '', data = NULL, body = ? WHERE run = ? AND seq = ?`), sum[:], id, ev.Seq); err != nil {
			return err
		}
		size += utf8.RuneCountInString(ev.Detail)
	}
	total.Runs++
	total.Lines += len(lines)
	total.Size += size
	return nil
}

// Prune implements Pruner. What the file no longer needs is given back to the disk at the end.
func (s *SQLite) Prune(ctx context.Context, ended time.Time) (Pruned, error) {
	total, err := s.tables.Prune(ctx, ended)
	if err == nil && total.Lines > 0 {
		_, err = s.db.ExecContext(ctx, `VACUUM`)
	}
	return total, err
}
