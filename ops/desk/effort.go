package desk

import (
	"context"
	"slices"
	"strconv"
	"sync"

	"github.com/vmtui/vmtui/ops/run"
)

// effortsKept is how many efforts of one kind a console can still look at.
const effortsKept = 16

// effort is something that is begun here, takes its time, and is looked at as V: a command on nodes, a purge, a file that is copied.
type effort[V any] interface {
	// View is the state as soon as it is newer than that version.
	View(ctx context.Context, after uint64) (V, error)
	// Wait is what came of it.
	Wait() V
	// Over reports that nothing more happens.
	Over() bool
	Cancel()
}

// efforts are those of one kind that were begun from this console, oldest first. Each is found by its number.
type efforts[V any] struct {
	none error // what somebody is told who asks for one that is not there

	mu  sync.Mutex
	all []effort[V] // nil where one gave way
}

// begin begins an effort whose act goes into the journal, and gives its number at once. It goes on until it is over, is cancelled, or the console is
// left: leaving the screen takes nothing back.
func begin[V any](d *Desk, among *efforts[V], start func(ctx context.Context, journal *run.Single) (effort[V], error)) (string, error) {
	journal, record := d.engine.Single(), ""
	journal.Began = func(id string) { record = id }
	e, err := start(d.ctx, journal)
	if err != nil {
		return "", err
	}
	d.mark(record, true)
	over := func() {
		defer d.mark(record, false)
		e.Wait()
	}
	if !d.leg(over) {
		over() // the desk was closed meanwhile, which ends it
	}
	return among.keep(e), nil
}

// keep remembers an effort; the oldest one that is over gives way.
func (s *efforts[V]) keep(e effort[V]) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, e)
	if len(s.all) > effortsKept {
		if old := slices.IndexFunc(s.all, func(e effort[V]) bool { return e != nil && e.Over() }); old >= 0 {
			s.all[old] = nil
		}
	}
	return strconv.Itoa(len(s.all))
}

// find is the effort with a number; "" is the last one.
func (s *efforts[V]) find(number string) (effort[V], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.all)
	if number != "" {
		n, _ = strconv.Atoi(number) // what is no number is none's
	}
	if n < 1 || n > len(s.all) || s.all[n-1] == nil {
		return nil, s.none
	}
	return s.all[n-1], nil
}

// view is how one stands, as soon as there is more of it than in that version.
func (s *efforts[V]) view(ctx context.Context, number string, after uint64) (V, error) {
	e, err := s.find(number)
	if err != nil {
		var nothing V
		return nothing, err
	}
	return e.View(ctx, after)
}

// cancel ends one.
func (s *efforts[V]) cancel(number string) error {
	e, err := s.find(number)
	if err == nil {
		e.Cancel()
	}
	return err
}
