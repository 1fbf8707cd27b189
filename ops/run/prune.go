package run

import (
	"context"
	"database/sql"
	"time"
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
	Runs  int   `json:"runs"`
	Lines int   `json:"lines"`
	Bytes int64 `json:"bytes"`
}

// prunable are the lines of output of runs in which nobody is awaited any more.
const prunable = `FROM events e JOIN runs r ON r.id = e.run
WHERE e.type = 'output' AND e.body IS NULL AND r.open = 0 AND r.updated < ? AND r.state IN ('done', 'failed', 'stopped', 'undone', 'refused')`

// Prunable implements Pruner.
func (s *SQLite) Prunable(ctx context.Context, ended time.Time) (Pruned, error) {
	var p Pruned
	err := s.db.QueryRowContext(ctx, `SELECT count(DISTINCT e.run), count(*), coalesce(sum(length(CAST(e.detail AS BLOB))), 0) `+prunable, ended.UnixNano()).Scan(&p.Runs, &p.Lines, &p.Bytes)
	return p, err
}

// Prune implements Pruner. Each run is a transaction of its own, so that nobody who writes waits long; what the file no longer needs is given back to
// the disk at the end.
func (s *SQLite) Prune(ctx context.Context, ended time.Time) (Pruned, error) {
	var total Pruned
	runs, err := all(ctx, s.db, func(row scanner) (id string, err error) { return id, row.Scan(&id) }, `SELECT DISTINCT e.run `+prunable, ended.UnixNano())
	for _, id := range runs {
		if err != nil {
			return total, err
		}
		err = s.write(ctx, func(tx *sql.Tx) error { return pruneRun(ctx, tx, id, ended, &total) })
	}
	if err == nil && total.Lines > 0 {
		_, err = s.db.ExecContext(ctx, `VACUUM`)
	}
	return total, err
}

func pruneRun(ctx context.Context, tx *sql.Tx, id string, ended time.Time, total *Pruned) error {
	scan := func(row scanner) (ev Event, err error) { return ev, row.Scan(&ev.Seq, &ev.Detail, (*[]byte)(&ev.Data)) }
	lines, err := all(ctx, tx, scan, `SELECT e.seq, e.detail, e.data `+prunable+` AND e.run = ?`, ended.UnixNano(), id)
	if err != nil || len(lines) == 0 {
		return err
	}
	for _, ev := range lines {
		sum := body(ev)
		if _, err := tx.ExecContext(ctx, `UPDATE events SET detail = '', data = NULL, body = ? WHERE run = ? AND seq = ?`, sum[:], id, ev.Seq); err != nil {
			return err
		}
		total.Bytes += int64(len(ev.Detail))
	}
	total.Runs++
	total.Lines += len(lines)
	return nil
}
