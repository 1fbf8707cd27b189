package sidekiq

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/redis"
)

// Snapshot is the whole of Sidekiq at a glance. As JSON it is what `vmtui sidekiq status` prints.
type Snapshot struct {
	Time      time.Time `json:"time"`
	Queues    []Queue   `json:"queues"`
	Processes []Process `json:"processes"` // those that live
	Sets      Sets      `json:"sets"`
	Processed int64     `json:"processed"` // jobs, since ever
	Failed    int64     `json:"failed"`    // tries, since ever
}

// Queue is a queue's backlog.
type Queue struct {
	Name    string        `json:"name"`
	Size    int64         `json:"size"`
	Latency time.Duration `json:"-"` // age of the oldest job, 0 when empty
}

// MarshalJSON writes the latency in seconds.
func (q Queue) MarshalJSON() ([]byte, error) {
	type plain Queue
	return json.Marshal(struct {
		plain
		Latency float64 `json:"latency_seconds"`
	}{plain(q), q.Latency.Seconds()})
}

// Sets are the sizes of the sorted sets.
type Sets struct {
	Retry    int64 `json:"retry"`
	Schedule int64 `json:"schedule"`
	Dead     int64 `json:"dead"`
}

// usual are Mastodon's queues in the order of their importance. A queue that was never used, or was cleared, is not in Redis: it is shown empty.
var usual = []string{"default", "push", "ingress", "mailers", "pull", "scheduler"}

// Snapshot reads it all in two round trips.
func (j *Jobs) Snapshot(ctx context.Context) (Snapshot, error) {
	first, err := j.redis.Read(ctx,
		redis.Cmd("SMEMBERS", j.key("queues")), redis.Cmd("SMEMBERS", j.key("processes")),
		redis.Cmd("GET", j.key("stat:processed")), redis.Cmd("GET", j.key("stat:failed")),
		redis.Cmd("ZCARD", j.key("retry")), redis.Cmd("ZCARD", j.key("schedule")), redis.Cmd("ZCARD", j.key("dead")))
	if err != nil {
		return Snapshot{}, err
	}
	s := Snapshot{
		Time: time.Now(), Processed: first[2].Int(), Failed: first[3].Int(),
		Sets: Sets{Retry: first[4].Int(), Schedule: first[5].Int(), Dead: first[6].Int()},
	}
	names, ids := texts(first[0]), texts(first[1])
	var cmds []redis.Command
	for _, q := range names {
		cmds = append(cmds, redis.Cmd("LLEN", j.key("queue:"+q)), redis.Cmd("LINDEX", j.key("queue:"+q), -1))
	}
	for _, id := range ids {
		cmds = append(cmds, j.askProcess(id))
	}
	second, err := j.redis.Read(ctx, cmds...)
	if err != nil {
		return Snapshot{}, err
	}
	all := processesOf(ids, second[2*len(names):])
	s.Processes = slices.DeleteFunc(all, func(p Process) bool { return p.Stale })
	s.Queues = queuesOf(names, second, s.Processes, s.Time)
	return s, nil
}

func queuesOf(names []string, replies []redis.Reply, processes []Process, now time.Time) []Queue {
	out := make([]Queue, 0, len(names)+len(usual))
	seen := map[string]bool{}
	for i, name := range names {
		q := Queue{Name: clean.Line(name), Size: replies[2*i].Int(), Latency: latency(replies[2*i+1], now)}
		out, seen[q.Name] = append(out, q), true
	}
	empty := slices.Clone(usual)
	for _, p := range processes {
		empty = append(empty, p.Queues...)
	}
	for _, name := range empty {
		if !seen[name] {
			out, seen[name] = append(out, Queue{Name: name}), true
		}
	}
	rank := func(q Queue) int {
		if i := slices.Index(usual, q.Name); i >= 0 {
			return i
		}
		return len(usual)
	}
	slices.SortFunc(out, func(a, b Queue) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Name, b.Name)) })
	return out
}

// latency is the age of a queue's oldest job. Clocks differ, so it may come out below zero: then it is zero.
func latency(oldest redis.Reply, now time.Time) time.Duration {
	if oldest.Nil() {
		return 0
	}
	p := payloadOf([]byte(oldest.Text()))
	at := stamp(cmp.Or(p.Enqueued, p.Created))
	if at.IsZero() {
		return 0
	}
	return max(now.Sub(at), 0)
}

// stamp reads a job's time: seconds in Sidekiq 6 and 7, milliseconds in 8, both side by side after an upgrade. No count of seconds is that large.
func stamp(n json.Number) time.Time {
	v, err := n.Float64()
	if err != nil {
		return time.Time{}
	}
	if v > 1e11 {
		v /= 1000
	}
	return seconds(v)
}
