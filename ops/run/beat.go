package run

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/awake"
	"github.com/vmtui/vmtui/ops/origin"
)

// rhythm is how a leg gives signs of life where others cannot see its process.
type rhythm struct {
	every time.Duration // between two beats
	limit time.Duration // without a beat that was acknowledged, after which its own process takes the leg for dead
	dead  time.Duration // without a beat, by the database's clock, after which everybody does
}

// usual ends a leg within five seconds of the store's last sign, and ten before anybody else may begin another.
var usual = rhythm{every: time.Second, limit: 4500 * time.Millisecond, dead: 15 * time.Second}

// beats tells by heartbeats in a database which legs are walked. They are counted by the database's clock for the others and by a clock that runs
// through suspend for the walker, so that no two machines need to agree on the time. On this machine a locked file says more, and at once.
type beats struct {
	*tables
	locks  Locks
	dir    string // the state directory, where this machine's name for itself is kept
	life   context.Context
	own    *sync.WaitGroup
	rhythm rhythm
}

// fresh is a beat that is not too old, as SQL.
const fresh = `beat > clock_timestamp() - make_interval(secs => ?)`

// Take implements Liveness: the leg is ours when nobody else's beat is on it.
func (b *beats) Take(ctx context.Context, id string, leg int) (Pulse, error) { //nolint:contextcheck // the beats outlive the caller who took the leg
	unlock, err := b.locks.lock(id, leg)
	if err != nil {
		return Pulse{}, err
	}
	here, err := origin.Of(b.dir)
	if err != nil {
		unlock()
		return Pulse{}, err
	}
	h := &heart{beats: b, id: id, leg: leg, walker: rand.Text(), last: awake.Now(), unlock: unlock}
	err = b.with(ctx, func(ctx context.Context, db *sql.DB) error {

		err := changedOne(ErrTaken)(db.ExecContext(ctx, b.speak.say(`INSERT INTO ~legs AS l (run, leg, walker, place, beat) VALUES (?, ?, ?, ?, clock_timestamp())
ON CONFLICT (run, leg) DO UPDATE SET walker = excluded.walker, place = excluded.place, beat = excluded.beat WHERE l.place = excluded.place OR NOT l.`+fresh),
			id, leg, h.walker, here, b.rhythm.dead.Seconds()))
		if err != nil {
			return err
		}
		// Whoever walked before finds no more heart to beat, should they wake up again.
		_, err = db.ExecContext(ctx, b.speak.say(`DELETE FROM ~legs WHERE run = ? AND leg < ?`), id, leg)
		return err
	})
	if err != nil {
		unlock()
		return Pulse{}, err
	}
	alive, stop := context.WithCancelCause(b.life)
	h.stop = stop
	h.own.Go(func() { h.beat(alive) })
	return Pulse{Release: h.release, Held: h.held, Life: alive}, nil
}

// Alive implements Liveness.
func (b *beats) Alive(ctx context.Context, id string, leg int) (bool, error) {
	var alive bool
	err := b.with(ctx, func(ctx context.Context, db *sql.DB) error {
		walked, err := b.walkers(ctx, db)
		if err == nil {
			alive = walked(id, leg)
		}
		return err
	})
	return alive, err
}

// walkers finds all legs that are walked.
func (b *beats) walkers(ctx context.Context, db *sql.DB) (func(id string, leg int) bool, error) {
	here, err := origin.Of(b.dir)
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, b.speak.say(`SELECT run, leg, place FROM ~legs WHERE `+fresh), b.rhythm.dead.Seconds())
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	type key struct {
		id  string
		leg int
	}
	places := map[key]string{}
	for rows.Next() {
		var k key
		var place string
		if err := rows.Scan(&k.id, &k.leg, &place); err != nil {
			return nil, err
		}
		places[k] = place
	}
	return func(id string, leg int) bool {
		place, beats := places[key{id, leg}]
		return beats && (place != here || b.locks.walked(id, leg))
	}, rows.Err()
}

// heart is the heart of one leg.
type heart struct {
	*beats
	id     string
	leg    int
	walker string
	stop   context.CancelCauseFunc
	own    sync.WaitGroup
	unlock func()

	mu   sync.Mutex
	last awake.Instant // just before the last beat that was acknowledged was sent
	err  error
}

// held implements Pulse.Held. It is asked at the moment of acting, by a process that may just have been woken.
func (h *heart) held() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil && h.last.Until(awake.Now()) >= h.rhythm.limit {
		return h.silent(nil)
	}
	return h.err
}

// beat beats until ctx ends, or until the others may take the leg for dead.
func (h *heart) beat(ctx context.Context) {
	for pause(ctx, h.rhythm.every) == nil {
		sent := awake.Now()
		err := h.once(ctx)
		if ctx.Err() != nil {
			return
		}
		h.mu.Lock()
		switch {
		case err == nil:
			h.last = sent
		case errors.Is(err, ErrTaken):
			h.err = overtaken(h.id)
		case h.last.Until(awake.Now()) >= h.rhythm.limit-h.rhythm.every/2:
			h.err = h.silent(err)
		}
		over := h.err
		h.mu.Unlock()
		if over != nil {
			h.stop(over)
			return
		}
	}
}

// once writes one beat. It waits no longer than until the leg must end.
func (h *heart) once(ctx context.Context) error {
	h.mu.Lock()
	left := h.rhythm.limit - h.last.Until(awake.Now())
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, max(0, min(left, h.rhythm.limit/2)))
	defer cancel()
	return h.with(ctx, func(ctx context.Context, db *sql.DB) error {
		return changedOne(ErrTaken)(db.ExecContext(ctx, h.speak.say(`UPDATE ~legs SET beat = clock_timestamp() WHERE run = ? AND leg = ? AND walker = ?`), h.id, h.leg, h.walker))
	})
}

// silent is why a leg ends whose beats do not arrive.
func (h *heart) silent(err error) error {
	f := &fault.Error{
		What: "the run's store is lost", On: h.id, Err: ErrLost,
		Next: "nothing more is sent; when the store is back, resume the run: vmtui runs resume " + h.id,
	}
	f.Why = "no sign of life could be left in it for " + h.rhythm.limit.String()
	if err != nil {
		f.Why += ": " + err.Error()
	}
	return f
}

// ErrLost says that a store can no longer be reached in the middle of a run.
var ErrLost = errors.New("the store is lost")

// release ends the leg's beats: from then on it is nobody's, unless it was lost, in which case there is nobody to tell.
func (h *heart) release() {
	held := h.held()
	h.stop(nil)
	h.own.Wait()
	if held == nil {
		ctx, cancel := context.WithTimeout(h.life, h.rhythm.limit)
		defer cancel()
		_ = h.with(ctx, func(ctx context.Context, db *sql.DB) error { // else it ages
			_, err := db.ExecContext(ctx, h.speak.say(`DELETE FROM ~legs WHERE run = ? AND leg <= ?`), h.id, h.leg)
			return err
		})
	}
	h.unlock()
}

// changedOne makes none of a statement that changed nothing.
func changedOne(none error) func(sql.Result, error) error {
	return func(res sql.Result, err error) error {
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return none
	}
}
