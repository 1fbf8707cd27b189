package run

import (
	"context"
	"errors"
)

// reading is a run's log as far as it was read.
type reading struct {
	view *View
	hist *history
	keep bool    // the events themselves are kept too, because their store may be lost
	raw  []Event // what was kept, without gaps
}

func newReading(id string) *reading { return &reading{view: NewView(id), hist: newHistory()} }

func (r *reading) apply(events []Event) {
	for _, ev := range events {
		r.view.Apply(ev)
		r.hist.apply(ev)
	}
	if r.keep {
		r.raw = append(r.raw, events...)
	}
}

// read reads and folds a whole log.
func read(ctx context.Context, s Store, id string, keep bool) (*reading, error) {
	events, err := s.Events(ctx, id, 0)
	if errors.Is(err, ErrNoRun) {
		return nil, noRun(id, err)
	}
	if err != nil {
		return nil, unreadable(id, err)
	}
	r := newReading(id)
	r.keep = keep
	r.apply(events)
	return r, nil
}
