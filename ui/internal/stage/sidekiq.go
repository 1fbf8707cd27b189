package stage

import (
	"context"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/sidekiq"
)

// Sidekiq implements ui.Desk.
func (d *Desk) Sidekiq(context.Context) (sidekiq.View, error) {
	d.told("sidekiq")
	return Sidekiq(), d.Fails
}

// Place implements ui.Desk.
func (d *Desk) Place(_ context.Context, name string) (sidekiq.Place, error) {
	d.told("place %s", name)
	p := sidekiq.Place{Name: name, Size: 12840}
	switch name {
	case sidekiq.Retry, sidekiq.Schedule, sidekiq.Dead:
		p.Set = true
	case Shelf().ID:
		shelf := Shelf()
		p.Shelf = &shelf
	}
	return p, nil
}

// Sample implements ui.Desk.
func (d *Desk) Sample(_ context.Context, p sidekiq.Place, _ sidekiq.Filter) (sidekiq.Histogram, error) {
	return Histogram(p.Name), nil
}

// Count implements ui.Desk.
func (d *Desk) Count(_ context.Context, p sidekiq.Place, f sidekiq.Filter, read func(int)) (sidekiq.Histogram, error) {
	d.told("count %s: %s", p.Name, f)
	read(12840)
	h := Histogram(p.Name)
	h.Sample, h.Counted, h.Meant = false, 12840, 12840
	return h, nil
}

// Browse implements ui.Desk.
func (d *Desk) Browse(_ context.Context, p sidekiq.Place, f sidekiq.Filter, skip, most int, _ func(int)) (sidekiq.Page, error) {
	d.told("browse %s: %s, %d from %d", p.Name, f, most, skip)
	return Backlog(), nil
}

// JobInFull implements ui.Desk.
func (d *Desk) JobInFull(_ context.Context, p sidekiq.Place, jid string, everything bool) (sidekiq.Full, error) {
	d.told("job %s in %s, everything %v", jid, p.Name, everything)
	return Payload(everything), nil
}

// PlanSidekiq implements ui.Desk.
func (d *Desk) PlanSidekiq(_ context.Context, o sidekiq.Order, _ func(sidekiq.Progress)) (sidekiq.Plan, error) {
	d.told("plan %s %s: %s", o.Deed, o.Name, o.Filter)
	p := Deed()
	p.Deed = o.Deed
	if o.Deed == sidekiq.Park {
		p.Target, p.Confirm, p.What = o.Name, o.Name, fmt.Sprintf("park the queue %s: %d jobs", o.Name, p.Jobs)
	}
	return p, nil
}

// DoSidekiq implements ui.Desk.
func (d *Desk) DoSidekiq(_ context.Context, o sidekiq.Order, _ sidekiq.Plan) (sidekiq.Report, error) {
	d.told("do %s %s typed %q again %q", o.Deed, o.Name, o.Typed, o.Again)
	return Report(), d.Fails
}

// SidekiqBackups implements ui.Desk.
func (d *Desk) SidekiqBackups(context.Context) ([]sidekiq.BackupFile, error) {
	d.told("backups")
	return []sidekiq.BackupFile{
		{BackupHead: sidekiq.BackupHead{Queue: "pull", Of: "delete 48210 jobs from pull-parked-20260807-093000000 (every job)", At: Noon.Add(-26 * time.Hour)}, Path: "/state/sidekiq/20260807-100000-pull-abcd.jsonl.gz", Bytes: 9 << 20},
		{BackupHead: sidekiq.BackupHead{Queue: sidekiq.Dead, Set: true, Of: "deleted from dead: class ThreadResolveWorker", At: Noon.Add(-50 * time.Hour)}, Path: "/state/sidekiq/20260806-100000-dead-efgh.jsonl.gz", Bytes: 81 << 10},
	}, d.Fails
}

// number is a number that is known.
func number(f float64) *float64 { return &f }

// Shelf is something parked.
func Shelf() sidekiq.Shelf {
	return sidekiq.Shelf{ID: "pull-parked-20260808-093000000", Kind: sidekiq.Parked, Queue: "pull", By: "mike@laptop", At: Noon.Add(-150 * time.Minute), Size: 48210, Oldest: 3 * time.Hour}
}

// Sidekiq is one that is behind with its pushes.
func Sidekiq() sidekiq.View {
	eta := 7 * time.Minute
	grows := []float64{40, 60, 80, 160, 420, 900, 1800, 3600, 7200, 9800, 12100, 12840}
	v := sidekiq.View{
		ProcessedRate: number(212.4), FailedRate: number(1.8),
		Alarms: []sidekiq.Alarm{
			{Level: sidekiq.Critical, On: "push", Why: "its oldest job has waited 12m10s; over 2m0s for 10m10s or more", Next: "look at what is in it (vmtui sidekiq jobs push)"},
			{Level: sidekiq.Warn, On: "b1946ac92492:1:d2e8f0a1c3b5", Why: "it is registered and has no heartbeat", Next: "look at its log"},
		},
		Lost: []sidekiq.Lost{{Job: sidekiq.Job{Class: "ActivityPub::DeliveryWorker", JID: "f00d3c1a9b7e4f5d6a8b9c0d", Queue: "push"}, Process: "b1946ac92492:1:d2e8f0a1c3b5", Seen: Noon.Add(-4 * time.Minute)}},
	}
	v.Snapshot = sidekiq.Snapshot{
		Time: Noon, Sets: sidekiq.Sets{Retry: 3120, Schedule: 418, Dead: 9907}, Processed: 812_004_112, Failed: 1_204_118, Today: 4_120_881, TodayBad: 31_204,
		Queues: []sidekiq.Queue{
			{Name: "default", Size: 12, Weight: 8, Latency: 400 * time.Millisecond, Trend: sidekiq.Trend{Slope: number(0), Trail: []float64{8, 12, 9, 14, 10, 12}}},
			{Name: "push", Size: 12840, Weight: 6, Latency: 12*time.Minute + 10*time.Second, Trend: sidekiq.Trend{Slope: number(41.5), Trail: grows}},
			{Name: "ingress", Size: 310, Weight: 4, Latency: 41 * time.Second, Trend: sidekiq.Trend{Slope: number(-0.7), ETA: &eta, Trail: []float64{900, 800, 640, 500, 420, 310}}},
			{Name: "mailers", Size: 2, Weight: 2, Latency: 1200 * time.Millisecond, Trend: sidekiq.Trend{Slope: number(0), Trail: []float64{1, 2, 2}}},
			{Name: "pull", Weight: 1},
			{Name: "scheduler"},
		},
		Processes: []sidekiq.Process{
			{Identity: "exec:2201:0a1b2c3d4e5f", Hostname: "exec", Busy: 1, Concurrency: 5, Queues: []string{"scheduler"}, Weights: map[string]int{"scheduler": 1}, Version: "7.3.9", Beat: Noon.Add(-3 * time.Second), Started: Noon.Add(-50 * time.Hour), RSS: 610 << 20},
			{
				Identity: "4a8a08f09d37:1:77aa01bc23de", Hostname: "4a8a08f09d37", Busy: 25, Concurrency: 25, Queues: []string{"default", "push", "ingress", "mailers", "pull"},
				Version: "8.0.7", Beat: Noon.Add(-6 * time.Second), Started: Noon.Add(-26 * time.Hour), RSS: 812 << 20,
				Work: []sidekiq.Job{{Class: "ActivityPub::DeliveryWorker", JID: "9b7e4f5d6a8b9c0df00d3c1a", Queue: "push", Since: Noon.Add(-9 * time.Second)}},
			},
			{Identity: "9c0df00d3c1a:1:aa77de23bc01", Hostname: "9c0df00d3c1a", Busy: 4, Concurrency: 25, Quiet: true, Queues: []string{"default", "push", "ingress", "mailers", "pull"}, Version: "8.0.7", Beat: Noon.Add(-41 * time.Second), RSS: 790 << 20},
		},
		Stale:   []sidekiq.Process{{Identity: "b1946ac92492:1:d2e8f0a1c3b5", Hostname: "b1946ac92492", Stale: true}},
		Shelves: []sidekiq.Shelf{Shelf()},
		Ticks:   []sidekiq.Tick{{Name: "scheduled_statuses_scheduler", At: Noon.Add(-32 * time.Second)}},
	}
	return v
}

// Histogram is what is in a place.
func Histogram(place string) sidekiq.Histogram {
	return sidekiq.Histogram{
		Place: place, Size: 12840, Counted: 400, Meant: 400, Sample: true, Locked: 12, Oldest: Noon.Add(-12 * time.Minute), Newest: Noon,
		Classes: []sidekiq.Share{{Name: "ActivityPub::DeliveryWorker", Count: 371}, {Name: "ActivityPub::LowPriorityDeliveryWorker", Count: 24}, {Name: "Web::PushNotificationWorker", Count: 5}},
		Hosts:   []sidekiq.Share{{Name: "slow.example", Count: 288}, {Name: "mastodon.example", Count: 40}, {Name: "xn--mller-kva.example", Count: 12}},
		Errors:  []sidekiq.Share{{Name: "HTTP::TimeoutError", Count: 61}},
	}
}

// Backlog is a page of jobs.
func Backlog() sidekiq.Page {
	p := sidekiq.Page{Read: 4, Size: 12840, More: true}
	for i, host := range []string{"slow.example", "mastodon.example", "xn--mller-kva.example", "small.example"} {
		p.Entries = append(p.Entries, sidekiq.Entry{
			JID: fmt.Sprintf("%024x", 0xf00d3c1a+i), Class: "ActivityPub::DeliveryWorker", Queue: "push", Host: host, At: Noon.Add(-time.Duration(i+1) * 71 * time.Second), Size: 4100,
		})
	}
	p.Entries[0].Error, p.Entries[0].ErrorHas, p.Entries[0].Due, p.Entries[0].Retries = "HTTP::TimeoutError", "failed to connect", Noon.Add(17*time.Minute), 4
	return p
}

// Payload is one job in full.
func Payload(everything bool) sidekiq.Full {
	f := sidekiq.Full{Entry: Backlog().Entries[0], Failed: Noon.Add(-3 * time.Hour), Retry: "16", Args: []string{"{…} 3,912 characters, folded", "109302939", "\"https://slow.example/inbox\""}, Folded: !everything}
	if everything {
		f.Args[0] = `{"@context":"https://www.w3.org/ns/activitystreams","type":"Create","object":{"content":"<p>hello</p>"}}`
	}
	return f
}

// Deed is what parking a queue would do.
func Deed() sidekiq.Plan {
	return sidekiq.Plan{
		Deed: sidekiq.Park, Target: "push", What: "park the queue push: 12840 jobs", Danger: act.Destroys, Confirm: "push", Jobs: 12840, Size: 12840, In: Histogram("push"), Loss: sidekiq.LossOf("push"),
		Lines:   []string{"RENAME queue:push queue:push-parked-TIME; HSET vmtui:shelves   as one script"},
		Caution: []string{"until it is restored, what lies there is not done", "Redis does not say its eviction policy; it must be noeviction, or a parked list may be dropped"},
	}
}

// Report is what parking it did.
func Report() sidekiq.Report {
	return sidekiq.Report{Deed: sidekiq.Park, Name: "push", Jobs: 12840, Shelf: "push-parked-20260808-120000000", Took: 12 * time.Millisecond}
}
