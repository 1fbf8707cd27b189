package desk

import (
	"context"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ops/run"
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

// noPurge is said of a purge that is not there.
var noPurge = &fault.Error{What: "no such purge", Why: "nothing was purged from this console, or it is long over", Next: "name what to purge; `vmtui purge list` has the earlier ones", Code: fault.Usage}

// Purge carries a plan out.
func (d *Desk) Purge(_ context.Context, p cache.Plan, typed string) (string, error) {
	return begin(d, &d.purges, func(ctx context.Context, journal *run.Single) (effort[cache.View], error) {
		return d.caches.PurgeBy(ctx, journal, p, typed)
	})
}

// PurgeView is how a purge stands ("" is the last one), as soon as there is more of it than in that version.
func (d *Desk) PurgeView(ctx context.Context, id string, after uint64) (cache.View, error) {
	return d.purges.view(ctx, id, after)
}

// CancelPurge calls off what was not sent yet.
func (d *Desk) CancelPurge(_ context.Context, id string) error { return d.purges.cancel(id) }

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
