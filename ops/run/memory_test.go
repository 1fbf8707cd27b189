package run

import (
	"context"
	"fmt"
	"iter"
	"sync"
)

// memory is a Store without I/O, so that synctest can tell when everything waits.
type memory struct {
	mu    sync.Mutex
	runs  map[string][]Event
	tally map[string]*tally
	grown chan struct{}
	live  Liveness
	fail  func(Event) error // asked for every event; an error is the store's
}

func newMemory() *memory {
	return &memory{runs: map[string][]Event{}, tally: map[string]*tally{}, grown: make(chan struct{}), live: &memLive{held: map[string]bool{}}}
}

func (m *memory) Close() error { return nil }

func (m *memory) Create(_ context.Context, id string, h Header) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.runs[id] != nil {
		return ErrExists
	}
	ev, err := event(Started, "", "", h.Title, h)
	t := opened(id, h)
	m.tally[id] = &t
	m.put(id, number(0, []Event{ev}))
	return err
}

func (m *memory) put(id string, events []Event) {
	for _, ev := range events {
		m.tally[id].apply(ev)
	}
	m.runs[id] = append(m.runs[id], events...)
	close(m.grown)
	m.grown = make(chan struct{})
}

func (m *memory) Append(_ context.Context, id string, after uint64, events ...Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.runs[id] == nil {
		return ErrNoRun
	}
	for _, ev := range events {
		if m.fail != nil {
			if err := m.fail(ev); err != nil {
				return err
			}
		}
	}
	if len(events) > 0 && uint64(len(m.runs[id])) != after {
		return ErrStale
	}
	if len(events) > 0 {
		m.put(id, number(after, events))
	}
	return nil
}

func (m *memory) Events(_ context.Context, id string, after uint64) ([]Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.runs[id] == nil {
		return nil, ErrNoRun
	}
	return append([]Event(nil), m.runs[id][min(after, uint64(len(m.runs[id]))):]...), nil
}

func (m *memory) Tail(ctx context.Context, id string, after uint64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			m.mu.Lock()
			grown := m.grown
			m.mu.Unlock()
			events, err := m.Events(ctx, id, after)
			if err != nil {
				yield(Event{}, err)
				return
			}
			for _, ev := range events {
				if after = ev.Seq; !yield(ev, nil) {
					return
				}
			}
			if ended(events) {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-grown:
			}
		}
	}
}

func (m *memory) List(context.Context) ([]Summary, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []Summary
	for _, t := range m.tally {
		list = append(list, t.seen(func(id string, leg int) bool { is, _ := m.live.Alive(context.Background(), id, leg); return is }))
	}
	return list, nil
}

type memLive struct {
	mu   sync.Mutex
	held map[string]bool
}

func (l *memLive) Take(_ context.Context, id string, leg int) (Pulse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := fmt.Sprint(id, leg)
	if l.held[key] {
		return Pulse{}, ErrTaken
	}
	l.held[key] = true
	return Pulse{Release: func() { l.mu.Lock(); defer l.mu.Unlock(); delete(l.held, key) }}, nil
}

func (l *memLive) Alive(_ context.Context, id string, leg int) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held[fmt.Sprint(id, leg)], nil
}
