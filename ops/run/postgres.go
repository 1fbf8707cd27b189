package run

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/postgres"
)

const (
	// askLimit bounds every call to a store over the network: one that is lost in the middle of a run is noticed within five seconds.
	askLimit = 4 * time.Second
	// openLimit bounds the first connection, for which somebody may have to touch a token or answer a question.
	openLimit = 45 * time.Second
	// askEvery is how often a tail asks where no notification says that there is news.
	askEvery = time.Second
	// channel is what the store's trigger notifies on.
	channel = "vmtui"
)

// Postgres is the store that a team shares. It connects when it is first asked.
type Postgres struct {
	tables
	beats
	client *postgres.Client
	life   context.Context // of what it does by itself
	end    context.CancelFunc
	own    sync.WaitGroup
	listen sync.Once

	door    sync.Mutex
	ready   bool     // the schema is there
	opening *opening // the attempt under way
}

// opening is one attempt at the first connection, for all who wait for it.
type opening struct {
	done chan struct{}
	err  error
}

var postgresDialect = &dialect{
	schema: "vmtui", numbered: true, moment: sql.LevelRepeatableRead, taken: postgres.Conflict,
	// Whoever vanishes in the middle of a transaction holds its locks until the server believes it: that must be sooner than the others give up.
	// Setting it within the statement that takes the lock saves a round trip.
	lock: ` AND set_config('idle_in_transaction_session_timeout', '3000', true) IS NOT NULL FOR UPDATE`,
	guard: []string{
		`SET LOCAL idle_in_transaction_session_timeout = 3000`,
		`SELECT pg_advisory_xact_lock(8461722530191544)`, // of the transaction, so that it holds behind a transaction pool too
		`CREATE SCHEMA IF NOT EXISTS vmtui`,
	},
	steps: [][]string{{
		`CREATE TABLE ~runs (
  id TEXT PRIMARY KEY, runbook TEXT NOT NULL, target TEXT NOT NULL, operator TEXT NOT NULL, state TEXT NOT NULL, step TEXT NOT NULL,
  started BIGINT NOT NULL, updated BIGINT NOT NULL, last BIGINT NOT NULL, leg BIGINT NOT NULL, open BOOLEAN NOT NULL
)`,
		`CREATE TABLE ~events (
  run TEXT NOT NULL, seq BIGINT NOT NULL, time BIGINT NOT NULL, leg BIGINT NOT NULL, type TEXT NOT NULL, step TEXT NOT NULL,
  state TEXT NOT NULL, detail TEXT NOT NULL, data BYTEA, PRIMARY KEY (run, seq)
)`,
		`CREATE INDEX runs_started ON ~runs (started)`,
		`CREATE TABLE ~legs (
  run TEXT NOT NULL, leg BIGINT NOT NULL, walker TEXT NOT NULL, place TEXT NOT NULL, beat TIMESTAMPTZ NOT NULL, PRIMARY KEY (run, leg)
)`,
		`CREATE FUNCTION ~told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('` + channel + `', NEW.id); RETURN NULL; END $$`,
		`CREATE TRIGGER told AFTER INSERT OR UPDATE ON ~runs FOR EACH ROW EXECUTE FUNCTION ~told()`,
	}, {
		`CREATE TABLE ~chain (id TEXT NOT NULL, n BIGINT NOT NULL, digest BYTEA NOT NULL)`,
		`CREATE TABLE ~links (n BIGINT PRIMARY KEY, run TEXT NOT NULL, upto BIGINT NOT NULL, digest BYTEA NOT NULL)`,
		`ALTER TABLE ~events ADD COLUMN body BYTEA`, // the digest of what was pruned
	}, {
		`ALTER TABLE ~runs ADD COLUMN parent TEXT NOT NULL DEFAULT ''`, // the run that it is a step of
	}},
}

// NewPostgres makes a store that has not been asked anything yet. Dir is this machine's state directory. Every text passes redact before it is
// written; nil writes it as it is.
func NewPostgres(client *postgres.Client, dir string, redact func(string) string) *Postgres {
	life, end := context.WithCancel(context.Background())
	s := &Postgres{client: client, life: life, end: end, tables: tables{
		speak: postgresDialect, redact: redact, every: askEvery, news: map[string]chan struct{}{},
	}}
	s.reach = s.ask
	s.blame = func(err error) error { return client.Fault("the team's run store failed", err) }
	s.beats = beats{tables: &s.tables, locks: Locks{Dir: LockDir(dir)}, dir: dir, life: life, own: &s.own, rhythm: usual}
	s.living = s.walkers
	return s
}

// Name is where the store is.
func (s *Postgres) Name() string { return s.client.Name() }

// ask gives the database for one call.
func (s *Postgres) ask(ctx context.Context) (*sql.DB, context.Context, context.CancelFunc, error) {
	if err := s.open(ctx); err != nil {
		return nil, nil, nil, err
	}
	db, err := s.client.DB(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	ctx, done := context.WithTimeout(ctx, askLimit)
	return db, ctx, done, nil
}

// open waits until the schema is there. The attempt goes on when whoever waits for it has gone, and fails for all who wait.
func (s *Postgres) open(ctx context.Context) error {
	s.door.Lock()
	if s.ready {
		s.door.Unlock()
		return nil
	}
	if err := s.life.Err(); err != nil {
		s.door.Unlock()
		return err
	}
	o := s.opening
	if o == nil {
		o = &opening{done: make(chan struct{})}
		s.opening = o
		s.own.Go(func() { s.attempt(o) }) //nolint:contextcheck // it outlives the caller who asked first
	}
	s.door.Unlock()
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
		return &fault.Error{
			What: "the team's run store is not reached yet", On: s.Name(), Why: "it has not answered so far", Err: context.Cause(ctx),
			Next: "look at whether PostgreSQL runs, and at the way to it",
		}
	}
}

func (s *Postgres) attempt(o *opening) {
	ctx, cancel := context.WithTimeout(s.life, openLimit)
	defer cancel()
	o.err = s.prepare(ctx)
	s.door.Lock()
	s.ready, s.opening = o.err == nil, nil
	s.door.Unlock()
	close(o.done)
}

func (s *Postgres) prepare(ctx context.Context) error {
	db, err := s.client.DB(ctx)
	if err != nil {
		return err
	}
	err = s.migrate(ctx, db, s.Name())
	if errors.Is(err, ErrTooNew) {
		return err
	}
	return s.client.Fault("the team's run store cannot be opened", err)
}

// Tail implements Store.
func (s *Postgres) Tail(ctx context.Context, id string, after uint64) iter.Seq2[Event, error] {
	s.listen.Do(s.hearken)
	return s.tables.Tail(ctx, id, after)
}

// hearken wakes tails by the server's notifications, as long as there are any. Polling is what tails rely on.
func (s *Postgres) hearken() {
	s.door.Lock()
	defer s.door.Unlock()
	if s.life.Err() != nil {
		return
	}
	s.own.Go(func() {
		for {
			_ = s.client.Listen(s.life, channel, s.tell)
			if pause(s.life, 5*time.Second) != nil {
				return
			}
		}
	})
}

// Close ends everything that waits for the store, and lets go of it.
func (s *Postgres) Close() error {
	s.door.Lock()
	s.end() // nothing begins any more
	s.door.Unlock()
	err := s.client.Close()
	s.own.Wait()
	return err
}
