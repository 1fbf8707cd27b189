package fleet

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vmtui/vmtui/remote"
)

// Watch looks at the fleet all the time. Each thing is looked at by its own goroutine with its own deadline, so that what is dead delays nobody.
type Watch struct {
	cfg     Config
	tasks   []*task
	changed chan struct{}

	mu    sync.Mutex
	state state
}

// state is what was seen. Slices in it are replaced, never written into: snapshots share them.
type state struct {
	nodes    []nodeState
	balancer Observation[Balancer]
	services []Observation[string]
	site     Observation[Site]
	holds    Observation[[]Hold]
	lease    Observation[*Lease]
	sidekiqs Observation[[]Sidekiq]
}

type nodeState struct {
	health Observation[Health]
	passes Observation[bool] // the balancer's check, repeated
}

// task is one thing that is looked at again and again.
type task struct {
	every time.Duration
	limit time.Duration
	kick  chan struct{}
	look  func(ctx context.Context) error

	looked atomic.Bool // at least once, with whatever result
}

// New makes a watch that knows what the cache remembers. It looks at nothing until Run.
func New(cfg Config) *Watch {
	if cfg.Every <= 0 {
		cfg.Every = defaultEvery
	}
	if cfg.Limit <= 0 {
		cfg.Limit = defaultLimit
	}
	w := &Watch{cfg: cfg, changed: make(chan struct{}, 1)}
	w.state.nodes = make([]nodeState, len(cfg.Nodes))
	w.state.services = make([]Observation[string], len(cfg.Services))
	w.remember()
	w.plan()
	return w
}

// Run looks until ctx ends, and comes back when every look has ended.
func (w *Watch) Run(ctx context.Context) {
	var all sync.WaitGroup
	began := time.Now()
	for _, t := range w.tasks {
		all.Go(func() { w.run(ctx, t, began) })
	}
	if w.cfg.Cache != "" {
		all.Go(func() { w.keepSaving(ctx) })
	}
	all.Wait()
}

// Refresh asks for a look at everything now, also at what is left alone for a while because it did not answer.
func (w *Watch) Refresh() {
	for _, t := range w.tasks {
		select {
		case t.kick <- struct{}{}:
		default:
		}
	}
}

// Looked reports that everything has been looked at once, and has answered or failed. Changed gives a value when that has come to be so.
func (w *Watch) Looked() bool {
	for _, t := range w.tasks {
		if !t.looked.Load() {
			return false
		}
	}
	return true
}

// Changed gives a value when something was seen since the last one was taken; many changes are one value. It is for one reader.
func (w *Watch) Changed() <-chan struct{} { return w.changed }

// run looks again and again. All looks keep one beat, counted from began: a process that wakes once for everything sleeps longer, and a screen
// changes once instead of a dozen times.
func (w *Watch) run(ctx context.Context, t *task, began time.Time) {
	for failures := 0; ; {
		look, cancel := context.WithTimeout(ctx, t.limit)
		err := t.look(look)
		cancel()
		if !t.looked.Swap(true) {
			w.stir()
		}
		if err != nil {
			failures++
		} else {
			failures = 0
		}
		if !t.wait(ctx, t.pause(time.Since(began), failures)) {
			return
		}
	}
}

// pause is the time to the next beat. It grows while there is no answer, and is jittered then: whatever died took many with it.
func (t *task) pause(since time.Duration, failures int) time.Duration {
	if failures == 0 {
		return t.every - since%t.every
	}
	d := min(t.every<<min(failures-1, 10), max(longestPause, t.every))
	return d + rand.N(d/8+1) // jitter, not a secret
}

func (t *task) wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-t.kick:
		return true
	case <-ctx.Done():
		return false
	}
}

// update changes what is known and tells the reader.
func (w *Watch) update(f func(*state)) {
	w.mu.Lock()
	f(&w.state)
	w.mu.Unlock()
	w.stir()
}

// stir tells the reader that something is not as it was.
func (w *Watch) stir() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// observe makes a task's look: what f sees goes where at points. A look that was broken off by the end of the watch is nobody's fault and is
// not recorded.
func observe[T any](w *Watch, at func(*state) *Observation[T], f func(context.Context) (T, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		v, err := f(remote.Telling(ctx, func(line string) { w.update(func(s *state) { at(s).Wait = line }) }))
		if errors.Is(context.Cause(ctx), context.Canceled) {
			return nil
		}
		w.update(func(s *state) { at(s).record(v, err) })
		return err
	}
}

// record takes a look's value, or keeps the old one with the reason why there is no new one.
func (o *Observation[T]) record(v T, err error) {
	o.Err, o.Wait = err, ""
	if err == nil {
		o.Value, o.Seen = v, time.Now()
	}
}
