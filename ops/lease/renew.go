package lease

import (
	"context"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
)

// keep renews the lease until the returned release is called or ctx ends. Release removes the record and waits for the renewals to end.
func (k *Keeper) keep(ctx context.Context) func(context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { k.renewals(ctx) })
	return func(ctx context.Context) error {
		cancel()
		done.Wait()
		return k.giveBack(ctx)
	}
}

func (k *Keeper) renewals(ctx context.Context) {
	tick := time.NewTicker(k.cfg.TTL / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			// A renewal that fails is tried again at the next tick; Held counts the time by itself.
			_ = k.renew(ctx)
		}
	}
}

// renew swaps our own record for one that lasts longer. When somebody took the lease over, it is lost for good.
func (k *Keeper) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, k.cfg.TTL/2)
	defer cancel()
	began := k.clock()
	seen, err := k.read(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	mine := k.mine
	k.mu.Unlock()
	if mine == nil {
		return nil
	}
	if seen.rec == nil || seen.rec.Token != mine.Token || seen.rec.Holder != k.holder {
		return k.lose(seen)
	}
	next := *mine
	next.Renewed, next.Expires = seen.now, seen.now.Add(k.cfg.TTL)
	swapped, err := k.swap(ctx, seen, &next)
	if err != nil || !swapped {
		return err
	}
	k.adopt(&next, began)
	return nil
}

func (k *Keeper) lose(seen reading) error {
	by := "somebody cleared it"
	if seen.rec != nil {
		by = seen.rec.Owner + "@" + seen.rec.Host + " took it over"
	}
	err := &fault.Error{What: "the lease is lost", Why: by, Next: "talk to them before you resume the run", Code: fault.Refused}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lost, k.mine = err, nil
	return err
}

// giveBack removes the record. From its beginning on nothing is held, so the mark goes too: what cannot be removed may be adopted.
func (k *Keeper) giveBack(ctx context.Context) error {
	k.mu.Lock()
	mine := k.mine
	k.mine, k.lost = nil, nil
	k.mu.Unlock()
	defer k.idle()
	if mine == nil {
		return nil
	}
	seen, err := k.read(ctx)
	if err != nil || seen.rec == nil || seen.rec.Token != mine.Token || seen.rec.Holder != k.holder {
		return err
	}
	_, err = k.swap(ctx, seen, nil)
	return err
}

// Clear removes the lease whoever holds it: for a record left behind by somebody who is gone.
func (k *Keeper) Clear(ctx context.Context) error {
	seen, err := k.read(ctx)
	if err != nil && seen.raw == "" {
		return err
	}
	if seen.raw == "" {
		return nil
	}
	swapped, err := k.swap(ctx, seen, nil)
	if err == nil && !swapped {
		return &fault.Error{What: "the lease changed meanwhile", Next: "look again with `vmtui lease`", Code: fault.Refused}
	}
	return err
}
