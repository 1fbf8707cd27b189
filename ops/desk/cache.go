package desk

import (
	"context"
	"strconv"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/cache"
)

// UseCaches says where the caches are, before anybody sits at the desk.
func (d *Desk) UseCaches(r *cache.Room) { d.caches = r }

// Probe asks every layer for a page.
func (d *Desk) Probe(ctx context.Context, url string) (cache.Probe, error) {
	return d.caches.Probe(ctx, url)
}

// PlanPurge says what a purge would do; nothing is changed.
func (d *Desk) PlanPurge(ctx context.Context, o cache.Order) (cache.Plan, error) {
	return d.caches.Plan(ctx, o)
}

// RepeatPurge plans what an earlier purge left, "last" for the newest that left something.
func (d *Desk) RepeatPurge(ctx context.Context, id string) (cache.Plan, error) {
	return d.caches.Repeat(ctx, id)
}

// Purge carries a plan out and gives an id of this console's at once. It goes on until it is over, is called off, or the console is left.
func (d *Desk) Purge(_ context.Context, p cache.Plan, typed string) (string, error) {
	journal, record := d.engine.Single(), ""
	journal.Began = func(id string) { record = id }
	w, err := d.caches.PurgeBy(d.ctx, journal, p, typed) //nolint:contextcheck // leaving the screen takes nothing back
	if err != nil {
		return "", err
	}
	d.mark(record, true)
	d.legs.Go(func() {
		defer d.mark(record, false)
		w.Wait()
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.purges = append(d.purges, w)
	return strconv.Itoa(len(d.purges)), nil
}

// PurgeView is how a purge stands ("" is the last one), as soon as there is more of it than in that version.
func (d *Desk) PurgeView(ctx context.Context, id string, after uint64) (cache.View, error) {
	w, err := d.purge(id)
	if err != nil {
		return cache.View{}, err
	}
	return w.View(ctx, after)
}

// CancelPurge calls off what was not sent yet.
func (d *Desk) CancelPurge(_ context.Context, id string) error {
	w, err := d.purge(id)
	if err == nil {
		w.Cancel()
	}
	return err
}

func (d *Desk) purge(id string) (*cache.Work, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.purges)
	if id != "" {
		var err error
		if n, err = strconv.Atoi(id); err != nil {
			n = 0
		}
	}
	if n < 1 || n > len(d.purges) {
		return nil, &fault.Error{What: "no such purge", Why: "nothing was purged from this console yet", Next: "name what to purge; `vmtui purge list` has the earlier ones", Code: fault.Usage}
	}
	return d.purges[n-1], nil
}

// Purges are those that this machine remembers, newest first.
func (d *Desk) Purges(context.Context) ([]cache.Record, error) { return d.caches.Records() }

// Zone is the zone at a glance.
func (d *Desk) Zone(ctx context.Context) (cache.Glance, error) { return d.caches.Glance(ctx) }

// Switching says what switching a setting of the zone means; nothing is changed.
func (d *Desk) Switching(ctx context.Context, setting string, on bool) (cache.Switch, error) {
	return d.caches.Switching(ctx, setting, on)
}

// Switch switches it.
func (d *Desk) Switch(ctx context.Context, s cache.Switch) error { return d.caches.Switch(ctx, s) }

// ProveToken proves that the token may purge.
func (d *Desk) ProveToken(ctx context.Context) error { return d.caches.ProveToken(ctx) }
