package run

import (
	"context"
	"database/sql"
	"errors"
)

// link adds the next link to the chain.
func link(ctx context.Context, tx *sql.Tx, id string, events []chained) error {
	if len(events) == 0 {
		return nil
	}
	last, err := lastLink(ctx, tx)
	if err != nil {
		return err
	}
	upto, digest := events[len(events)-1].Seq, last.Digest.follow(id, events)
	_, err = tx.ExecContext(ctx, `INSERT INTO links (n, run, upto, digest) VALUES (?,?,?,?)`, last.N+1, id, upto, digest[:])
	return err
}

func lastLink(ctx context.Context, db asker) (Link, error) {
	l, err := scanLink(db.QueryRowContext(ctx, `SELECT n, run, upto, digest FROM links ORDER BY n DESC LIMIT 1`))
	if errors.Is(err, sql.ErrNoRows) {
		return Link{}, nil
	}
	return l, err
}

func scanLink(row scanner) (Link, error) {
	var (
		l   Link
		sum []byte
	)
	err := row.Scan(&l.N, &l.Run, &l.Upto, &sum)
	copy(l.Digest[:], sum)
	return l, err
}

// Head implements Chain.
func (s *SQLite) Head(ctx context.Context) (Head, error) {
	var h Head
	if err := s.db.QueryRowContext(ctx, `SELECT id FROM store`).Scan(&h.Store); err != nil {
		return h, err
	}
	l, err := lastLink(ctx, s.db)
	h.N, h.Sum = l.N, l.Digest.String()
	return h, err
}

// Prove implements Chain.
func (s *SQLite) Prove(ctx context.Context, anchors []Anchor) (Proof, error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one moment: appends go on meanwhile
	if err != nil {
		return Proof{}, err
	}
	defer func() { _ = tx.Rollback() }()
	return prove(ctx, sqliteChain{tx}, anchors)
}

// sqliteChain is the store's chain in one transaction.
type sqliteChain struct{ tx *sql.Tx }

func (c sqliteChain) id(ctx context.Context) (string, error) {
	var id string
	return id, c.tx.QueryRowContext(ctx, `SELECT id FROM store`).Scan(&id)
}

func (c sqliteChain) links(ctx context.Context) ([]Link, error) {
	return all(ctx, c.tx, scanLink, `SELECT n, run, upto, digest FROM links ORDER BY n`)
}

func (c sqliteChain) span(ctx context.Context, run string, after, upto uint64) ([]chained, error) {
	return readEvents(ctx, c.tx, run, after, upto)
}

func (c sqliteChain) lasts(ctx context.Context) (events, runs map[string]uint64, err error) {
	if events, err = c.numbers(ctx, `SELECT run, max(seq) FROM events GROUP BY run`); err == nil {
		runs, err = c.numbers(ctx, `SELECT id, last FROM runs`)
	}
	return events, runs, err
}

func (c sqliteChain) numbers(ctx context.Context, query string) (map[string]uint64, error) {
	type number struct {
		id string
		n  uint64
	}
	list, err := all(ctx, c.tx, func(row scanner) (x number, err error) { return x, row.Scan(&x.id, &x.n) }, query)
	out := map[string]uint64{}
	for _, x := range list {
		out[x.id] = x.n
	}
	return out, err
}
