package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/doom"
	"github.com/vmtui/vmtui/ops/run"
)

// struck are the faults that strike a storm's walk at random; each is healed after a moment.
var struck = []string{
	"slow:worker-2=1s", "slow:exec=500ms", "drop-ssh:worker-2=1", "drop-ssh:exec=1", "busy-lb:2s", "rate-limit:1s", "drop-api:2", "api-502:1",
	"apply-then-die:1", "apply-then-502:1", "slow-api:1s", "dead:exec",
}

// shaky is a store that fails now and then: before it has written, after it, and while it is read.
type shaky struct {
	run.Store

	mu  sync.Mutex
	rng *rand.Rand
}

var errAway = errors.New("the store is away")

// draws reports whether something of one in n happens.
func (s *shaky) draws(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rng.IntN(n) == 0
}

func (s *shaky) Append(ctx context.Context, id string, after uint64, events ...run.Event) error {
	if s.draws(120) {
		return errAway
	}
	err := s.Store.Append(ctx, id, after, events...)
	if s.draws(120) {
		err = errors.Join(err, errAway)
	}
	return err
}

func (s *shaky) Events(ctx context.Context, id string, after uint64) ([]run.Event, error) {
	if s.draws(40) {
		return nil, errAway
	}
	return s.Store.Events(ctx, id, after)
}

// Reimages among random failures of the store, the network, the API and exec, whose process is killed now and then: whatever came, they end done,
// and nothing is lost on the way. The bulk of such runs is ops/run's; these have the real runbook, and real wires.
func TestStormsInTheBox(t *testing.T) {
	mingle(t)
	seed, runs := rand.Uint64()/2, uint64(3)
	if *whole {
		runs = 24
	}
	if given := os.Getenv("VMTUI_SEED"); given != "" {
		seed, _ = strconv.ParseUint(given, 10, 64)
		runs = 1
	}
	for n := range runs {
		t.Run(fmt.Sprintf("VMTUI_SEED=%d", seed+n), func(t *testing.T) {
			t.Parallel()
			walkInAStorm(t, seed+n)
		})
	}
}

// fairAfter is how many legs the weather is bad for.
const fairAfter = 5

func walkInAStorm(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 5)) // #nosec G404 -- a test's draws
	o := newOrdeal(t, doom.Crash{})
	ctx, calm := context.WithCancel(t.Context())
	defer calm()
	var weather sync.WaitGroup
	weather.Go(func() { o.weather(ctx, rand.New(rand.NewPCG(seed, 6))) }) // #nosec G404 -- a test's draws
	code, rough := -1, false
	for leg := range 12 {
		if leg == fairAfter {
			calm()
			weather.Wait()
		}
		rough = leg < fairAfter
		if code = o.leg(rng, rough); code == 0 || o.over() {
			code = 0
			break
		}
		if id, _ := o.log(); code == 4 && leg >= fairAfter {
			o.decide(id)
			code = 0
			break
		}
	}
	calm()
	weather.Wait()
	if id, _ := o.log(); code != 0 {
		t.Errorf("the weather is fair, and it exits with %d\n%s", code, transcript(t, o.b, id))
	}
	o.judge()
	intact(t, o.b)
	if rough { // it may have been killed, or cut off, between its end and the giving back of its lease
		manned(t, o.b)
		o.leaseExpires()
		return
	}
	serving(t, o.b)
}

// leg walks the run once, or begins one where none can go on.
func (o *ordeal) leg(rng *rand.Rand, rough bool) int {
	d := doomed{Confirm: "worker-2"}
	id, events := o.log()
	if id != "" && len(events) > 0 && events[len(events)-1].State != string(run.Refused) {
		d.ID = id
	}
	if rough {
		d.Shaken = rng.Uint64() | 1
		if rng.IntN(2) == 0 {
			d.Killed = time.Duration(500+rng.IntN(9000)) * time.Millisecond
		}
	}
	_, code := o.walk(d)
	return code
}

// over reports that the run is done, however its last leg fared on the way out: what is done is not resumed.
func (o *ordeal) over() bool {
	_, events := o.log()
	return slices.ContainsFunc(events, func(ev run.Event) bool { return ev.Type == run.Result && ev.State == string(run.Done) })
}

// weather strikes and heals until ctx ends.
func (o *ordeal) weather(ctx context.Context, rng *rand.Rand) {
	for ctx.Err() == nil {
		rest(ctx, time.Duration(200+rng.IntN(2500))*time.Millisecond)
		fault := struck[rng.IntN(len(struck))]
		if err := o.b.Fault(fault); err != nil {
			o.t.Error(err)
			return
		}
		rest(ctx, time.Duration(200+rng.IntN(2000))*time.Millisecond)
		heal(o.t, o.b, fault)
	}
}

func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
