package run

import (
	"context"
	"errors"
)

// reading is a run's log as far as it was read.
type reading struct {
	view *View
	hist *history
	raw  []Event // the events themselves, without gaps
	keep bool    // go on keeping them, because their store may be lost
}

func (r *reading) apply(events []Event) {
	r.fold(events)
	if r.keep {
		r.raw = append(r.raw, events...)
	}
}

func (r *reading) fold(events []Event) {
	for _, ev := range events {
		r.view.Apply(ev)
		r.hist.apply(ev)
	}
}

// read reads and folds a whole log.
func read(ctx context.Context, s Store, id string) (*reading, error) {
	events, err := s.Events(ctx, id, 0)
	if errors.Is(err, ErrNoRun) {
		return nil, noRun(id, err)
	}
	if err != nil {
		return nil, unreadable(id, err)
	}
	r := &reading{view: NewView(id), hist: newHistory(), raw: events}
	r.fold(events)
	return r, nil
}
