package run

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"
)

// Archive is a store that also tells which of its runs are walked.
type Archive interface {
	Store
	Liveness
	// Has reports whether the run is in the store.
	Has(ctx context.Context, id string) (bool, error)
	// Name is where the store is, without anything secret.
	Name() string
}

// The names of the two stores in lists.
const (
	LocalStore = "local"
	TeamStore  = "team"
)

// Stores are an instance's stores as one: runs begin in the team's, where there is one, and stay where they began. It is itself a Store and a
// Liveness. Its fields are set once, before its first use.
type Stores struct {
	Local    Archive
	Team     Archive       // nil: nobody shares runs
	Patience time.Duration // how long a list waits for the team's store

	mu    sync.Mutex
	where map[string]Archive
}

// of is the store that keeps the run.
func (s *Stores) of(ctx context.Context, id string) (Archive, error) {
	if s.Team == nil {
		return s.Local, nil
	}
	s.mu.Lock()
	at := s.where[id]
	s.mu.Unlock()
	if at != nil {
		return at, nil
	}
	here, err := s.Local.Has(ctx, id)
	if err != nil {
		return nil, err
	}
	if !here {
		return s.Team, nil
	}
	s.found(id, s.Local)
	return s.Local, nil
}

func (s *Stores) found(id string, at Archive) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.where == nil {
		s.where = map[string]Archive{}
	}
	s.where[id] = at
}

// shared reports that the run is in the team's store.
func (s *Stores) shared(ctx context.Context, id string) (bool, error) {
	if s == nil || s.Team == nil {
		return false, nil
	}
	at, err := s.of(ctx, id)
	return at == s.Team, err
}

// Create implements Store.
func (s *Stores) Create(ctx context.Context, id string, h Header) error {
	if s.Team == nil {
		return s.Local.Create(ctx, id, h)
	}
	if here, err := s.Local.Has(ctx, id); err != nil || here {
		return errors.Join(err, ErrExists)
	}
	err := s.Team.Create(ctx, id, h)
	if err == nil {
		s.found(id, s.Team)
	}
	return err
}

// Append implements Store.
func (s *Stores) Append(ctx context.Context, id string, after uint64, events ...Event) error {
	at, err := s.of(ctx, id)
	if err != nil {
		return err
	}
	return at.Append(ctx, id, after, events...)
}

// Events implements Store.
func (s *Stores) Events(ctx context.Context, id string, after uint64) ([]Event, error) {
	at, err := s.of(ctx, id)
	if err != nil {
		return nil, err
	}
	return at.Events(ctx, id, after)
}

// Tail implements Store.
func (s *Stores) Tail(ctx context.Context, id string, after uint64) iter.Seq2[Event, error] {
	at, err := s.of(ctx, id)
	if err != nil {
		return func(yield func(Event, error) bool) { yield(Event{}, err) }
	}
	return at.Tail(ctx, id, after)
}

// Take implements Liveness.
func (s *Stores) Take(ctx context.Context, id string, leg int) (Pulse, error) {
	at, err := s.of(ctx, id)
	if err != nil {
		return Pulse{}, err
	}
	return at.Take(ctx, id, leg)
}

// Alive implements Liveness.
func (s *Stores) Alive(ctx context.Context, id string, leg int) (bool, error) {
	at, err := s.of(ctx, id)
	if err != nil {
		return false, err
	}
	return at.Alive(ctx, id, leg)
}

// List implements Store: what can be had of both stores. An error beside a list says that one of them is missing.
func (s *Stores) List(ctx context.Context) ([]Summary, error) {
	local, err := s.Local.List(ctx)
	if err != nil {
		return nil, err
	}
	named(local, LocalStore)
	if s.Team == nil {
		return local, nil
	}
	wait, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	team, err := s.Team.List(wait)
	named(team, TeamStore)
	all := slices.Concat(local, team)
	slices.SortStableFunc(all, func(a, b Summary) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.ID, a.ID))
	})
	return all, err
}

func named(list []Summary, store string) {
	for i := range list {
		list[i].Store = store
	}
}

// Close implements Store.
func (s *Stores) Close() error {
	if s.Team == nil {
		return s.Local.Close()
	}
	return errors.Join(s.Team.Close(), s.Local.Close())
}
