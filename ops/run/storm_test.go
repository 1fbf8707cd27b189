package run

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/remote"
)

// storms is how many runs are walked among random failures.
var storms = flag.Int("storms", 400, "how many runs are walked while the store, the network, the API and exec fail at random")

// storm is the weather of one run: each wire, and the store, fails by itself for a while, and is well again.
type storm struct {
	*site
	store *memory

	mu    sync.Mutex
	rng   *rand.Rand
	rough map[string]float64 // how often a call on that wire goes wrong just now
	late  sync.WaitGroup     // requests that the wire carries late
	// nested makes the run a step of another: what is asked of the one above, and answered there, must come down to it.
	nested bool
	met    map[string]int
}

const onStore = "store"

// What can become of a call.
const (
	goesWell     = iota
	neverLeaves  // no connection: nothing was sent
	isRefused    // answered, and not carried out
	repliesLost  // carried out, and no answer
	requestLost  // not carried out, and no answer
	arrivesLate  // no answer; carried out when nobody waits any more
	takesLong    // carried out and answered, after a while
	neverAnswers // carried out; the caller waits until it gives up
	fates
)

// mostLate is how late a request can arrive.
const mostLate = 20 * time.Second

func (s *storm) fate(on string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rng.Float64() >= s.rough[on] {
		return goesWell
	}
	f := 1 + s.rng.IntN(fates-1)
	s.met[fmt.Sprint(on, " ", f)]++
	return f
}

func (s *storm) some(d time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Duration(s.rng.Int64N(int64(d)))
}

// weather changes what is rough.
func (s *storm) weather(most float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, on := range []string{onAPI, onHost, onExec, onStore} {
		s.rough[on] = 0
		if s.rng.IntN(2) == 0 {
			s.rough[on] = most * s.rng.Float64()
		}
	}
	s.rough[onStore] /= 8 // a store that is lost ends the leg; it is asked far more often than the others
}

func (s *storm) look(ctx context.Context, on, step, key string) (int, error) {
	switch s.fate(on) {
	case neverLeaves, isRefused, requestLost, repliesLost, arrivesLate:
		return 0, errors.New("no route to " + on)
	case takesLong:
		if err := pause(ctx, s.some(time.Minute)); err != nil {
			return 0, err
		}
	case neverAnswers:
		<-ctx.Done()
		return 0, context.Cause(ctx)
	}
	return s.site.look(ctx, on, step, key)
}

func (s *storm) change(ctx context.Context, c change) error {
	switch s.fate(c.On) {
	case neverLeaves:
		return errors.New("no route to " + c.On)
	case isRefused:
		return errors.New(c.On + " is busy")
	case repliesLost:
		_ = s.site.change(ctx, c)
		return remote.ErrUnknown
	case requestLost:
		return remote.ErrUnknown
	case arrivesLate:
		after := s.some(mostLate)
		s.late.Go(func() {
			time.Sleep(after)
			s.site.mu.Lock()
			defer s.site.mu.Unlock()
			s.apply(c) // its intent was open when it left
		})
		return remote.ErrUnknown
	case takesLong:
		if err := pause(ctx, s.some(time.Minute)); err != nil {
			return errors.Join(err, remote.ErrUnknown)
		}
	case neverAnswers:
		_ = s.site.change(ctx, c)
		<-ctx.Done()
		return errors.Join(context.Cause(ctx), remote.ErrUnknown)
	}
	return s.site.change(ctx, c)
}

func (s *storm) acquire(ctx context.Context, pid string) error {
	if s.fate(onExec) != goesWell {
		return errors.New("exec does not answer")
	}
	return s.site.acquire(ctx, pid)
}

func (s *storm) release(ctx context.Context, pid string) error {
	err := s.site.release(ctx, pid) // or it expires there
	if s.fate(onExec) != goesWell {
		return errors.New("exec does not answer")
	}
	return err
}

// shaken is a store that fails: before it has written, after it, while it is read, and while it is followed.
type shaken struct {
	*memory
	s *storm
}

var errStore = errors.New("the store is away")

func (k *shaken) Append(ctx context.Context, id string, after uint64, events ...Event) error {
	switch k.s.fate(onStore) {
	case goesWell, takesLong:
		return k.memory.Append(ctx, id, after, events...)
	case repliesLost, neverAnswers: // written, and nobody knows
		_ = k.memory.Append(ctx, id, after, events...)
	}
	return errStore
}

func (k *shaken) Events(ctx context.Context, id string, after uint64) ([]Event, error) {
	if k.s.fate(onStore) != goesWell {
		return nil, errStore
	}
	return k.memory.Events(ctx, id, after)
}

func (k *shaken) Tail(ctx context.Context, id string, after uint64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for ev, err := range k.memory.Tail(ctx, id, after) {
			if err == nil && k.s.fate(onStore) == neverLeaves {
				err = errStore
			}
			if !yield(ev, err) || err != nil {
				return
			}
		}
	}
}

// Runs among random failures: each is walked by many legs, attended and not, on and back, and must end well once the weather is fair. What it did
// meanwhile is held against the law of its log and against the site.
func TestStorms(t *testing.T) {
	seed := rand.Uint64() / 2
	only := os.Getenv("VMTUI_SEED")
	if only != "" {
		seed, _ = strconv.ParseUint(only, 10, 64)
		*storms = 1
	}
	t.Logf("seed: VMTUI_SEED=%d walks the first of %d again", seed, *storms)
	ends, met := map[State]int{}, map[string]int{}
	for n := range uint64(*storms) { // #nosec G115 -- a count
		var state State
		synctest.Test(t, func(t *testing.T) {
			s := newStorm(seed + n)
			s.nested = (seed+n)%3 == 2
			state = s.live(t)
			for k, v := range s.met {
				met[k] += v
			}
		})
		ends[state]++
		if t.Failed() {
			t.Fatalf("again with VMTUI_SEED=%d", seed+n)
		}
	}
	t.Logf("they ended %v; of %d kinds of failure, %d struck", ends, (fates-1)*4, len(met))
	if only == "" && (ends[Done] == 0 || ends[Undone] == 0 || len(met) < (fates-1)*4-6) {
		t.Errorf("too little happened: %v", met)
	}
}

func newStorm(seed uint64) *storm {
	m := newMemory()
	return &storm{site: newSite(m), store: m, rng: rand.New(rand.NewPCG(seed, 3)), rough: map[string]float64{}, met: map[string]int{}} // #nosec G404 -- a test's draws
}

// live walks one run to its end.
func (s *storm) live(t *testing.T) State {
	e := memEngine()
	e.Store, e.Live, e.Lease = &shaken{s.store, s}, s.store.live, leaser{s}
	rb := everyKind(s)
	if s.nested {
		rb = nest(s)
	}
	calm := *e
	calm.Store = s.store
	s.id = start(t, &calm, rb)
	sends, state := map[string]int{"charge": 1, "ticket": 1, "rebuild": 1}, Interrupted
	for leg := range 12 {
		if !state.Resumable() {
			break
		}
		s.weather([]float64{0.1, 0.3, 0.6}[s.draw(3)])
		if leg > 8 {
			s.weather(0)
		}
		if err := pause(t.Context(), mostLate); err != nil { // nobody is faster than that
			t.Fatal(err)
		}
		state = s.walk(t, e, &calm, rb, sends, leg > 8)
	}
	s.late.Wait()
	evs := events(t, &calm, s.id)
	var broken []string
	for i, id := range s.below(t, &calm) {
		broken = append(broken, lawful(events(t, &calm, id))...)
		for step := range sends {
			sends[step] += min(i, 1) // a run that was taken back was begun anew
		}
	}
	wrong := append(append(s.finished(state == Done, sends), lawful(evs)...), broken...)
	if state != Done && state != Undone {
		wrong = append(wrong, "the weather is fair, and it ended "+string(state))
	}
	if len(wrong) > 0 {
		t.Errorf("%s\n%s", strings.Join(wrong, "\n"), told(evs))
	}
	return state
}

// nest is a runbook whose one step that changes anything is a run of every kind of step.
func nest(w wire) Runbook {
	look := Step{StepInfo: StepInfo{ID: "first", Title: "first", Kind: Read}, Deadline: time.Minute}
	whole := Step{StepInfo: StepInfo{ID: "whole", Title: "whole", Kind: Idempotent}, Deadline: time.Minute, Child: func(context.Context, *Walk, *Header) (Runbook, error) {
		return everyKind(w), nil
	}, Verify: proved(w, onAPI, "whole", theOut, isNot)}
	return Runbook{ID: "nest", Version: 1, Title: "a nest", Target: "all", Steps: []Step{look, whole}}
}

// below are the runs that are steps of the storm's, oldest first.
func (s *storm) below(t *testing.T, e *Engine) []string {
	list, err := e.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(list, func(a, b Summary) int { return a.Started.Compare(b.Started) })
	var ids []string
	for _, r := range list {
		if r.Parent == s.id {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func (s *storm) draw(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rng.IntN(n)
}

// walk is one leg, by a process that may be told to go, with an operator or without.
func (s *storm) walk(t *testing.T, e, calm *Engine, rb Runbook, sends map[string]int, fair bool) State {
	mode := Mode{Unattended: s.draw(2) == 0, Yes: true, Confirm: "w2", Undo: s.draw(10) == 0}
	if fair {
		mode = Mode{}
	}
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	if !fair && s.draw(3) == 0 {
		timer := time.AfterFunc(s.some(2*time.Minute), leave) // ^C
		defer timer.Stop()
	}
	hear, deaf := context.WithCancel(t.Context())
	var operator sync.WaitGroup
	last := uint64(len(events(t, calm, s.id)))
	operator.Go(func() { s.operate(hear, calm, last, sends, fair) })
	state, err := e.Walk(ctx, s.id, rb, mode)
	deaf()
	operator.Wait()
	if err == nil {
		return state
	}
	v, err := calm.View(t.Context(), s.id) // refused to go back, or the store was away
	if err != nil {
		t.Error(err)
	}
	return v.State
}

// operate answers gates as a person who reads them: what is unknown is looked at after a while, sent again only if the site does not show it by
// then, and skipped where nobody can look.
func (s *storm) operate(ctx context.Context, calm *Engine, after uint64, sends map[string]int, fair bool) {
	for ev, err := range calm.Store.Tail(ctx, s.id, after) {
		var g Gate
		if err != nil || ev.Type != Gated || !NewView(s.id).read(ev, &g) {
			continue
		}
		if pause(ctx, time.Minute+s.some(time.Minute)) != nil {
			return
		}
		a := Answer{Gate: ev.Seq, Choice: g.Choices[0], Typed: g.Confirm, Reason: "looked"}
		switch can := func(c Choice) bool { return slices.Contains(g.Choices, c) }; {
		case g.Unknown && can(Skip):
			a.Choice = Skip
		case !fair && can(Undo) && s.draw(8) == 0:
			a.Choice = Undo
		case !fair && s.draw(6) == 0:
			a.Choice = Stop
		}
		if a.Choice == Retry && g.Failure {
			sends[s.asking(ctx, calm, ev, g)]++
		}
		_ = calm.Answer(ctx, s.id, a) // the leg may have ended meanwhile
	}
}

// asking is the step that a gate is of: in the run below, when that is whose gate it is.
func (s *storm) asking(ctx context.Context, calm *Engine, ev Event, g Gate) string {
	if g.Run == "" {
		return ev.Step
	}
	v, err := calm.View(ctx, g.Run)
	if err != nil {
		return ev.Step
	}
	return v.step()
}
