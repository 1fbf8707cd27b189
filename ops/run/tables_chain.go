package run

import (
	"context"
	"crypto/rand"
	"database/sql"
)

// forge makes the chain of a store that has none: what was written before becomes its first links, a run each.
func (s *tables) forge(ctx context.Context, tx *sql.Tx) error {
	var none Digest
	if _, err := tx.ExecContext(ctx, s.speak.say(`INSERT INTO ~chain (id, n, digest) VALUES (?, 0, ?)`), rand.Text(), none[:]); err != nil {
		return err
	}
	runs, err := all(ctx, tx, scanRun, s.speak.say(`SELECT `+runColumns+` FROM ~runs ORDER BY started, id`))
	if err != nil {
		return err
	}
	for _, r := range runs {
		events, err := s.readEvents(ctx, tx, r.ID, 0, r.last)
		if err == nil {
			err = s.link(ctx, tx, r.ID, events)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// link adds the next link to the chain. Until the transaction ends, nobody else does.
func (s *tables) link(ctx context.Context, tx *sql.Tx, id string, events []linked) error {
	if len(events) == 0 {
		return nil
	}
	var (
		n    uint64
		last []byte
	)
	err := tx.QueryRowContext(ctx, s.speak.say(`SELECT n, digest FROM ~chain WHERE n >= 0`+s.speak.lock)).Scan(&n, &last)
	if err != nil {
		return err
	}
	digest := digestOf(last).follow(id, events)
	if _, err := tx.ExecContext(ctx, s.speak.say(`INSERT INTO ~links (n, run, upto, digest) VALUES `+rows(1, 4)), n+1, id, events[len(events)-1].Seq, digest[:]); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, s.speak.say(`UPDATE ~chain SET n = ?, digest = ?`), n+1, digest[:])
	return err
}

// digestOf is a digest as it was stored; one that was cut or made longer is none.
func digestOf(stored []byte) (d Digest) {
	if len(stored) == len(d) {
		copy(d[:], stored)
	}
	return d
}

// Head implements Chain.
func (s *tables) Head(ctx context.Context) (Head, error) {
	var (
		h   Head
		sum []byte
	)
	err := s.with(ctx, func(ctx context.Context, db *sql.DB) error {
		return db.QueryRowContext(ctx, s.speak.say(`SELECT id, n, digest FROM ~chain`)).Scan(&h.Store, &h.N, &sum)
	})
	h.Sum = digestOf(sum).String()
	return h, err
}

// Prove implements Chain.
func (s *tables) Prove(ctx context.Context, anchors []Anchor) (p Proof, err error) {
	err = s.with(ctx, func(ctx context.Context, db *sql.DB) error {
		// One moment: appends go on meanwhile.
		tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.speak.moment})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		p, err = prove(ctx, tableChain{s, tx}, anchors)
		return err
	})
	return p, err
}

// tableChain is the store's chain in one transaction.
type tableChain struct {
	*tables
	tx *sql.Tx
}

func (c tableChain) id(ctx context.Context) (string, error) {
	var id string
	return id, c.tx.QueryRowContext(ctx, c.speak.say(`SELECT id FROM ~chain`)).Scan(&id)
}

func (c tableChain) links(ctx context.Context) ([]Link, error) {
	return all(ctx, c.tx, scanLink, c.speak.say(`SELECT n, run, upto, digest FROM ~links ORDER BY n`))
}

func scanLink(row scanner) (Link, error) {
	var (
		l   Link
		sum []byte
	)
	err := row.Scan(&l.N, &l.Run, &l.Upto, &sum)
	l.Digest = digestOf(sum)
	return l, err
}

func (c tableChain) span(ctx context.Context, run string, after, upto uint64) ([]linked, error) {
	return c.readEvents(ctx, c.tx, run, after, upto)
}

func (c tableChain) lasts(ctx context.Context) (events, runs map[string]uint64, err error) {
	if events, err = c.numbers(ctx, `SELECT run, max(seq) FROM ~events GROUP BY run`); err == nil {
		runs, err = c.numbers(ctx, `SELECT id, last FROM ~runs`)
	}
	return events, runs, err
}

func (c tableChain) numbers(ctx context.Context, query string) (map[string]uint64, error) {
	type number struct {
		id string
		n  uint64
	}
	list, err := all(ctx, c.tx, func(row scanner) (x number, err error) { return x, row.Scan(&x.id, &x.n) }, c.speak.say(query))
	out := map[string]uint64{}
	for _, x := range list {
		out[x.id] = x.n
	}
	return out, err
}
