package lease

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

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
	Store    string        // this process's state directory
	TTL      time.Duration // how long a renewal lasts
	Longest  time.Duration // the longest request that may still be on the wire when a lease ends
	// Alive tells whether a process on this host walks that run; a lease of ours whose run is dead is adopted at once.
	Alive func(run string) bool
	// Waiting is told how long a takeover waits until the former owner can no longer act. Nil: nobody is told.
	Waiting func(time.Duration)
}

// Keeper takes, renews and gives back the lease. It is the act.Guard of this process's door.
type Keeper struct {
	cfg  Config
	door *act.Door

	mu      sync.Mutex
	mine    *record
	renewed awake.Instant // just before the last renewal was sent
	lost    error
}

// NewKeeper makes a keeper that holds nothing. Use gives it the door that its own writes go through.
func NewKeeper(cfg Config) *Keeper {
	if cfg.Dir == "" {
		cfg.Dir = Dir
	}
	return &Keeper{cfg: cfg}
}

// Use sets the door. The door's guard is the keeper itself, so one of them has to come first.
func (k *Keeper) Use(door *act.Door) { k.door = door }

// Held is nil while this process may act. It is counted from before the last renewal left, on a clock that runs through suspend.
func (k *Keeper) Held() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.lost != nil:
		return k.lost
	case k.mine == nil:
		return &fault.Error{What: "no lease", Why: "this process is not the one at work", Next: "resume the run, which takes the lease", Code: fault.Refused}
	case k.renewed.Until(awake.Now()) >= k.cfg.TTL:
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
	for {
		seen, err := k.read(ctx)
		if err != nil {
			return err
		}
		next, err := k.claim(seen, run, force)
		if err != nil {
			return err
		}
		sent := awake.Now()
		swapped, err := k.swap(ctx, seen, next)
		if err != nil {
			return err
		}
		if swapped {
			k.adopt(next, sent)
			return k.waitOut(ctx, next, seen.now)
		}
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
		return next, nil
	}
	next.Token = old.Token + 1
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
	return &record{
		Lease: fleet.Lease{
			Owner: k.cfg.Operator, Host: k.cfg.Host, Run: run, Token: 1,
			Renewed: seen.now, Expires: seen.now.Add(k.cfg.TTL),
		},
		Store: k.cfg.Store,
	}
}

// ours reports a lease of this host and store whose process is gone or is this very one: nobody else can act on it.
func (k *Keeper) ours(old *record, run string) bool {
	if old.Host != k.cfg.Host || old.Store != k.cfg.Store || old.Owner != k.cfg.Operator {
		return false
	}
	return old.Run == run || k.cfg.Alive == nil || !k.cfg.Alive(old.Run)
}

func (k *Keeper) taken(seen reading) error {
	old := seen.rec
	return &fault.Error{
		What: "somebody else is at work", On: old.Owner + "@" + old.Host,
		Why: fmt.Sprintf("run %s holds lease %d, renewed %s ago, expires in %s", old.Run, old.Token,
			seen.now.Sub(old.Renewed), old.Expires.Sub(seen.now)),
		Next: "talk to them; if they are gone, wait for it to expire or `vmtui lease take`",
		Code: fault.Refused,
	}
}

// waitOut lets a former owner's last request land before this process acts.
func (k *Keeper) waitOut(ctx context.Context, rec *record, execNow time.Time) error {
	wait := rec.NotBefore.Sub(execNow)
	if wait <= 0 {
		return nil
	}
	if k.cfg.Waiting != nil {
		k.cfg.Waiting(wait)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	return k.renew(ctx)
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

func (k *Keeper) adopt(rec *record, sent awake.Instant) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mine, k.renewed, k.lost = rec, sent, nil
}

// unrecorded is the journal of lease writes: the record on exec is itself what tells of them.
type unrecorded struct{}

func (unrecorded) Intend(context.Context, act.Act) (func(context.Context, act.Outcome) error, error) {
	return func(context.Context, act.Outcome) error { return nil }, nil
}
