package run

import (
	"context"
	"iter"
	"time"
)

// tell wakes this process's tails of a run.
func (s *tables) tell(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch := s.news[id]; ch != nil {
		close(ch)
		delete(s.news, id)
	}
}

// grown is closed at the next append by this process.
func (s *tables) grown(id string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.news[id]
	if ch == nil {
		ch = make(chan struct{})
		s.news[id] = ch
	}
	return ch
}

// Tail implements Store. It ends without an error when ctx ends.
func (s *tables) Tail(ctx context.Context, id string, after uint64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			news := s.grown(id) // before reading, so that nothing falls between
			events, err := s.Events(ctx, id, after)
			if ctx.Err() != nil {
				return
			}
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
			if err := s.await(ctx, id, after, news); err != nil {
				if ctx.Err() == nil {
					yield(Event{}, err)
				}
				return
			}
		}
	}
}

// await returns when the log is longer than after.
func (s *tables) await(ctx context.Context, id string, after uint64, news <-chan struct{}) error {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-news:
			return nil
		case <-tick.C:
			last, err := s.last(ctx, id)
			if err != nil || last > after {
				return err
			}
		}
	}
}

// ended reports that nothing follows. A run that failed or was stopped can be walked back later: then its first result is not its last event.
func ended(events []Event) bool {
	if len(events) == 0 {
		return false
	}
	last := events[len(events)-1]
	return last.Type == Result && !State(last.State).Resumable()
}
