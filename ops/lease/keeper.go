package lease

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/awake"
	"github.com/vmtui/vmtui/ops/fleet"
)

// Config is who keeps the lease, and where.
type Config struct {
	Exec     Exec
	Dir      string // of the records on exec; Dir when empty
	ExecName string
	Operator string
	Host     string
	Store    string         // this process's store: see Origin
	TTL      time.Duration  // how long a renewal lasts
	Longest  time.Duration  // the longest request that may still be on the wire when a lease ends
	Secrets  *keys.Redactor // kept out of the records; may be nil
	// Living tells processes of this store that live from dead ones, whose lease is adopted at once. Nil: all but this one are dead.
	Living Living
	// Waiting is told how long a takeover waits until the former owner can no longer act. Nil: nobody is told.
	Waiting func(time.Duration)
}

// Living is how processes that share a state directory know of each other.
type Living interface {
	// Mark says that holder lives, until release is called or the process ends, in whatever way.
	Mark(holder string) (release func(), err error)
	// Lives reports whether the process that marked itself as holder still lives.
	Lives(holder string) bool
}

// Keeper takes, renews and gives back the lease. It is the act.Guard of this process's door.
type Keeper struct {
	cfg    Config
	door   *act.Door
	holder string               // this keeper, among all that share a store
	clock  func() awake.Instant // runs through suspend

	mu      sync.Mutex
	mine    *record
	renewed awake.Instant // just before the record that the last renewal is based on was read
	lost    error
	unmark  func() // ends the mark that this process lives; nil without one
}

// NewKeeper makes a keeper that holds nothing. Use gives it the door that its own writes go through.
func NewKeeper(cfg Config) *Keeper {
	if cfg.Dir == "" {
		cfg.Dir = Dir
	}
	return &Keeper{cfg: cfg, clock: awake.Now, holder: "lease-" + rand.Text()}
}

// Use sets the door. The door's guard is the keeper itself, so one of them has to come first.
func (k *Keeper) Use(door *act.Door) { k.door = door }

// Held is nil while this process may act. It is counted from before the last renewal began, on a clock that runs through suspend: exec counts the
// lease from when it was read, and whatever happened here between reading and writing must not make it last longer here than there.
func (k *Keeper) Held() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.lost != nil:
		return k.lost
	case k.mine == nil:
		return &fault.Error{What: "no lease", Why: "this process is not the one at work", Next: "resume the run, which takes the lease", Code: fault.Refused}
	case k.renewed.Until(k.clock()) >= k.cfg.TTL:
		return &fault.Error{What: "the lease has run out", Why: "it could not be renewed in time (or this machine slept)", Next: "resume the run: it looks at the world first", Code: fault.Refused}
	}
	return nil
}

// Token is the number of the lease held, 0 for none. Records on exec carry it, so that a former owner's write is told apart.
func (k *Keeper) Token() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mine == nil {
		return 0
	}
	return k.mine.Token
}

// Show reads the lease: nil when it is free. now is exec's clock.
func (k *Keeper) Show(ctx context.Context) (lease *fleet.Lease, now time.Time, err error) {
	r, err := k.read(ctx)
	if err != nil || r.rec == nil {
		return nil, r.now, err
	}
	return &r.rec.Lease, r.now, nil
}

// Acquire takes the lease for a run and keeps it renewed until release is called or ctx ends. It refuses, naming owner and age, while
// somebody else is at work.
func (k *Keeper) Acquire(ctx context.Context, run string) (release func(context.Context) error, err error) {
	if err := k.take(ctx, run, false); err != nil {
		return nil, err
	}
	return k.keep(ctx), nil
}

// TakeFrom is Acquire for a run that is taken over: the lease is taken from whoever holds it for that very run, and from nobody else.
func (k *Keeper) TakeFrom(ctx context.Context, run string) (release func(context.Context) error, err error) {
	held, _, err := k.Show(ctx)
	if err != nil {
		return nil, err
	}
	if err := k.take(ctx, run, held != nil && held.Run == run); err != nil {
		return nil, err
	}
	return k.keep(ctx), nil
}

// TakeOver takes the lease from whoever has it and waits until they can no longer act. It is the operator's decision, made with owner and age
// before their eyes.
func (k *Keeper) TakeOver(ctx context.Context, run string) error { return k.take(ctx, run, true) }

func (k *Keeper) take(ctx context.Context, run string, force bool) error {
	if err := k.mark(); err != nil {
		return err
	}
	err := k.get(ctx, run, force)
	if err != nil {
		k.idle()
	}
	return err
}

func (k *Keeper) get(ctx context.Context, run string, force bool) error {
	for {
		began := k.clock()
		seen, err := k.read(ctx)
		if err != nil {
			return err
		}
		next, err := k.claim(seen, run, force)
		if err != nil {
			return err
		}
		swapped, err := k.swap(ctx, seen, next)
		if err != nil {
			return err
		}
		if !swapped {
			continue
		}
		wait := next.NotBefore.Sub(seen.now)
		if wait <= 0 {
			k.adopt(next, began)
			return nil
		}
		// The record says that it is ours, and nothing is held until the former owner can act no more.
		if err := k.waitOut(ctx, wait+resolution); err != nil {
			return err
		}
		force = false
	}
}

// resolution is what exec's clock leaves out, which is asked for in whole seconds.
const resolution = time.Second

// mark says that this process lives, for as long as it has or wants the lease.
func (k *Keeper) mark() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cfg.Living == nil || k.unmark != nil {
		return nil
	}
	release, err := k.cfg.Living.Mark(k.holder)
	if err != nil {
		return (&fault.Error{What: "the lease is not asked for", Next: "see that the state directory is writable"}).Because(err)
	}
	k.unmark = release
	return nil
}

// idle takes the mark back from a process that holds nothing.
func (k *Keeper) idle() {
	k.mu.Lock()
	unmark := k.unmark
	if k.mine != nil {
		unmark = nil
	} else {
		k.unmark = nil
	}
	k.mu.Unlock()
	if unmark != nil {
		unmark()
	}
}

// claim is the record to write over what was read, or the refusal.
func (k *Keeper) claim(seen reading, run string, force bool) (*record, error) {
	next := k.record(run, seen)
	old := seen.rec
	switch {
	case old == nil:
		return next, nil
	case k.ours(old, run):
		next.Token, next.NotBefore = old.Token, old.NotBefore
		if next.NotBefore.After(seen.now) {
			next.Expires = next.NotBefore.Add(k.cfg.TTL)
		}
		return next, nil
	}
	free := old.Expires.Add(k.cfg.Longest)
	if seen.now.After(free) {
		return next, nil
	}
	if !force {
		return nil, k.taken(seen)
	}
	next.NotBefore = free
	next.Expires = free.Add(k.cfg.TTL)
	return next, nil
}

func (k *Keeper) record(run string, seen reading) *record {
	last := seen.token
	if seen.rec != nil {
		last = max(last, seen.rec.Token)
	}
	return &record{
		Lease: fleet.Lease{
			Owner: k.cfg.Operator, Host: k.cfg.Host, Run: run, Token: last + 1,
			Renewed: seen.now, Expires: seen.now.Add(k.cfg.TTL),
		},
		Store: k.cfg.Store, Holder: k.holder,
	}
}

// ours reports a lease of this store that nobody else can act on: its process is dead, or is this very one, at the same run or at none.
func (k *Keeper) ours(old *record, run string) bool {
	if old.Host != k.cfg.Host || old.Store != k.cfg.Store || old.Owner != k.cfg.Operator {
		return false
	}
	if old.Holder == k.holder {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.mine == nil || k.mine.Run == run
	}
	return k.cfg.Living == nil || !k.cfg.Living.Lives(old.Holder)
}

func (k *Keeper) taken(seen reading) error {
	old := seen.rec
	return &fault.Error{
		What: "somebody else is at work", On: old.Owner + "@" + old.Host,
		Why:  fmt.Sprintf("run %s holds lease %d, renewed %s ago, %s", old.Run, old.Token, seen.now.Sub(old.Renewed), k.until(seen)),
		Next: "talk to them; if they are gone, wait for that or `vmtui lease take`",
		Code: fault.Refused,
	}
}

// until says when a lease lets go of what it holds.
func (k *Keeper) until(seen reading) string {
	if left := seen.rec.Expires.Sub(seen.now); left > 0 {
		return "expires in " + left.String()
	}
	return fmt.Sprintf("has expired; its last request may still land, for %s at most", seen.rec.Expires.Add(k.cfg.Longest).Sub(seen.now))
}

// waitOut lets a former owner's last request land before this process acts.
func (k *Keeper) waitOut(ctx context.Context, wait time.Duration) error {
	if k.cfg.Waiting != nil {
		k.cfg.Waiting(wait)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (k *Keeper) swap(ctx context.Context, seen reading, next *record) (bool, error) {
	permit, settle, err := k.door.Open(ctx, unrecorded{}, act.Act{
		Verb: "lease", Target: k.cfg.ExecName, What: "write " + Dir + "/lease", Danger: act.Changes, Unleased: true,
	})
	if err != nil {
		return false, err
	}
	swapped, err := k.write(ctx, permit, seen, next)
	return swapped, errors.Join(err, settle(act.Outcome{Err: err}))
}

func (k *Keeper) adopt(rec *record, began awake.Instant) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mine, k.renewed, k.lost = rec, began, nil
}

// unrecorded is the journal of lease writes: the record on exec is itself what tells of them.
type unrecorded struct{}

func (unrecorded) Intend(context.Context, act.Act) (func(context.Context, act.Outcome) error, error) {
	return func(context.Context, act.Outcome) error { return nil }, nil
}
