package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/ops/sidekiq"
)

// Sidekiq looks at Sidekiq, in two round trips, and gives its state with what earlier looks add: slopes, rates, alarms, what may be lost. When Redis does
// not answer it is the last state, with the error beside it.
func (d *Desk) Sidekiq(ctx context.Context) (sidekiq.View, error) { return d.queues.Look(ctx) }

// Place says what the name of a queue, a set or something parked means just now.
func (d *Desk) Place(ctx context.Context, name string) (sidekiq.Place, error) {
	return d.sidekiq.Jobs.Find(ctx, name)
}

// Sample counts both ends of a place, in one round trip.
func (d *Desk) Sample(ctx context.Context, p sidekiq.Place, f sidekiq.Filter) (sidekiq.Histogram, error) {
	return d.sidekiq.Jobs.Sample(ctx, p, f)
}

// Count counts the whole of a place; read hears how far it is.
func (d *Desk) Count(ctx context.Context, p sidekiq.Place, f sidekiq.Filter, read func(int)) (sidekiq.Histogram, error) {
	return d.sidekiq.Jobs.Count(ctx, p, f, read)
}

// Browse lists up to most jobs that the filter means, after the first skip of them.
func (d *Desk) Browse(ctx context.Context, p sidekiq.Place, f sidekiq.Filter, skip, most int, read func(int)) (sidekiq.Page, error) {
	return d.sidekiq.Jobs.Browse(ctx, p, f, skip, most, read)
}

// JobInFull is one job. What its arguments say of people is folded unless everything is asked for; secrets never show.
func (d *Desk) JobInFull(ctx context.Context, p sidekiq.Place, jid string, everything bool) (sidekiq.Full, error) {
	full, err := d.sidekiq.Jobs.Job(ctx, p, jid, everything)
	for i := range full.Args {
		full.Args[i] = d.secrets.Redact(full.Args[i])
	}
	full.ErrorHas = d.secrets.Redact(full.ErrorHas)
	return full, err
}

// SidekiqsOf are the processes that a name means: an identity or its beginning, or a node.
func (d *Desk) SidekiqsOf(ctx context.Context, name string) ([]sidekiq.Process, error) {
	var host sidekiq.Host
	if n, is := d.cfg.Node(name); is {
		host = d.deps.Host(n.Name)
	}
	return d.sidekiq.Jobs.Named(ctx, name, host)
}

// PlanSidekiq looks at what an order would do. Tell hears of the progress, now and when it is done.
func (d *Desk) PlanSidekiq(ctx context.Context, o sidekiq.Order, tell func(sidekiq.Progress)) (sidekiq.Plan, error) {
	return d.sidekiq.Plan(ctx, o, tell)
}

// AwaitSidekiq waits for a queue that somebody's act has, for as long as its console may have died.
func (d *Desk) AwaitSidekiq(ctx context.Context, b *sidekiq.Busy, tell func(sidekiq.Progress)) error {
	return d.sidekiq.Jobs.Await(ctx, b, tell)
}

// DoSidekiq does what was planned, once it is confirmed. Leaving (ctx) is heard between two portions, and loses nothing.
func (d *Desk) DoSidekiq(ctx context.Context, o sidekiq.Order, p sidekiq.Plan) (sidekiq.Report, error) {
	r, err := d.sidekiq.Do(ctx, o, p)
	if err == nil {
		for _, l := range o.Lost {
			d.queues.Forget(l.JID)
		}
	}
	return r, err
}

// SidekiqBackups are the backups of jobs that may be read back, the newest first.
func (d *Desk) SidekiqBackups(context.Context) ([]sidekiq.BackupFile, error) {
	return d.sidekiq.Backups()
}

// queuesPane is a look at the queues beside a step of a run.
func (d *Desk) queuesPane(ctx context.Context, key string) Pane {
	v, err := d.queues.Look(ctx)
	p := Pane{Title: "queues", Seen: time.Now(), Err: err}
	if err != nil {
		return p
	}
	waiting := int64(0)
	for _, q := range v.Queues {
		waiting += q.Size
		p.Lines = append(p.Lines, fmt.Sprintf("%-10s %7d  %s", q.Name, q.Size, q.Latency.Round(time.Second)))
	}
	for _, s := range v.Shelves {
		p.Lines = append(p.Lines, fmt.Sprintf("%s %d", s.ID, s.Size))
	}
	p.Value, p.Series = fmt.Sprintf("%d waiting", waiting), d.trail(key, float64(waiting))
	return p
}
