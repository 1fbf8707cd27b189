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
	Stale     []Process `json:"stale"`     // registered, without a heartbeat
	Sets      Sets      `json:"sets"`
	Processed int64     `json:"processed"`       // jobs, since ever
	Failed    int64     `json:"failed"`          // tries, since ever
	Today     int64     `json:"processed_today"` // since midnight, UTC
	TodayBad  int64     `json:"failed_today"`
	Shelves   []Shelf   `json:"parked"`    // what is put aside, newest first
	Ticks     []Tick    `json:"scheduler"` // what the scheduler last did, newest first

	orphans []Process // no longer registered, with what Redis still has of their work
}

// Queue is a queue's backlog.
type Queue struct {
	Name    string        `json:"name"`
	Size    int64         `json:"size"`
	Weight  int           `json:"weight"` // the largest that a process gives it; 0 when no process listens
	Latency time.Duration `json:"-"`      // age of the oldest job, 0 when empty

	Trend
}

// MarshalJSON writes durations in seconds.
func (q Queue) MarshalJSON() ([]byte, error) {
	type plain Queue
	doc := struct {
		plain
		Latency float64  `json:"latency_seconds"`
		ETA     *float64 `json:"eta_seconds"`
	}{plain: plain(q), Latency: q.Latency.Seconds()}
	if q.ETA != nil {
		eta := q.ETA.Round(time.Second).Seconds()
		doc.ETA = &eta
	}
	return json.Marshal(doc)
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
func (j *Jobs) Snapshot(ctx context.Context) (Snapshot, error) { return j.snapshot(ctx, nil) }

// snapshot looks for the work of processes that were known before as well, whether or not they are registered still.
func (j *Jobs) snapshot(ctx context.Context, known []string) (Snapshot, error) {
	day := time.Now().UTC().Format(time.DateOnly)
	first, err := j.redis.Read(ctx,
		redis.Cmd("SMEMBERS", j.key("queues")), redis.Cmd("SMEMBERS", j.key("processes")),
		redis.Cmd("GET", j.key("stat:processed")), redis.Cmd("GET", j.key("stat:failed")),
		redis.Cmd("ZCARD", j.key("retry")), redis.Cmd("ZCARD", j.key("schedule")), redis.Cmd("ZCARD", j.key("dead")),
		redis.Cmd("GET", j.key("stat:processed:"+day)), redis.Cmd("GET", j.key("stat:failed:"+day)),
		redis.Cmd("HGETALL", j.key("sidekiq-scheduler:last_times")), redis.Cmd("HGETALL", j.key(shelvesKey)))
	if err != nil {
		return Snapshot{}, err
	}
	s := Snapshot{
		Time: time.Now(), Processed: first[2].Int(), Failed: first[3].Int(), Today: first[7].Int(), TodayBad: first[8].Int(),
		Sets:  Sets{Retry: first[4].Int(), Schedule: first[5].Int(), Dead: first[6].Int()},
		Ticks: ticksOf(first[9].Map()), Shelves: shelvesOf(first[10].Map()),
	}
	ids := texts(first[1])
	known = slices.DeleteFunc(known, func(id string) bool { return slices.Contains(ids, id) })
	second, err := j.lookCloser(ctx, &s, texts(first[0]), ids, known)
	if err != nil {
		return Snapshot{}, err
	}
	s.share(second)
	return s, nil
}

// closer is what the second round trip brings, by what was asked.
type closer struct {
	queues    []string
	ids       []string
	orphans   []string
	byQueue   []redis.Reply
	byProcess []redis.Reply
	life      []redis.Reply // of the processes and the orphans
	work      []redis.Reply // of the same
	byShelf   []redis.Reply
}

func (j *Jobs) lookCloser(ctx context.Context, s *Snapshot, queues, ids, orphans []string) (closer, error) {
	var cmds []redis.Command
	for _, q := range queues {
		cmds = append(cmds, redis.Cmd("LLEN", j.key("queue:"+q)), redis.Cmd("LINDEX", j.key("queue:"+q), -1))
	}
	for _, id := range ids {
		cmds = append(cmds, j.askProcess(id))
	}
	all := slices.Concat(ids, orphans)
	for _, id := range all {
		cmds = append(cmds, redis.Cmd("PTTL", j.key(id)))
	}
	for _, id := range all {
		cmds = append(cmds, j.askWork(id)...)
	}
	for _, shelf := range s.Shelves {
		cmds = append(cmds, j.askShelf(shelf.ID)...)
	}
	got, err := j.redis.Read(ctx, cmds...)
	if err != nil {
		return closer{}, err
	}
	c := closer{queues: queues, ids: ids, orphans: orphans}
	for _, part := range []struct {
		into *[]redis.Reply
		n    int
	}{{&c.byQueue, 2 * len(queues)}, {&c.byProcess, len(ids)}, {&c.life, len(all)}, {&c.work, len(workKeys) * len(all)}} {
		*part.into, got = got[:part.n], got[part.n:]
	}
	c.byShelf = got
	return c, nil
}

// share puts what came into its places.
func (s *Snapshot) share(c closer) {
	all := processesOf(c.ids, c.byProcess)
	for _, id := range c.orphans {
		all = append(all, Process{Identity: id})
	}
	registered := len(c.ids)
	for i := range all {
		at := i
		if i < registered {
			at = slices.Index(c.ids, all[i].Identity)
		}
		all[i].Work = workOf(c.work[at*len(workKeys) : (at+1)*len(workKeys)])
		all[i].left = time.Duration(max(c.life[at].Int(), 0)) * time.Millisecond
	}
	all, s.orphans = all[:registered], all[registered:]
	s.Processes, s.Stale = []Process{}, []Process{}
	for _, p := range all {
		if p.Stale {
			s.Stale = append(s.Stale, p)
			continue
		}
		s.Processes = append(s.Processes, p)
	}
	s.Queues = queuesOf(c.queues, c.byQueue, s.Processes, s.Time)
	for i := range s.Shelves {
		n := len(parts) + 1
		s.Shelves[i].measure(c.byShelf[i*n:(i+1)*n], s.Time)
	}
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
	for i := range out {
		out[i].Weight = weightOf(out[i].Name, processes)
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

// weightOf is the largest weight that a process gives to a queue. One that listens and tells no weight (Sidekiq 6) gives 1.
func weightOf(queue string, processes []Process) int {
	most := 0
	for _, p := range processes {
		if w, told := p.Weights[queue]; told {
			most = max(most, w)
		} else if slices.Contains(p.Queues, queue) {
			most = max(most, 1)
		}
	}
	return most
}

// latency is the age of a queue's oldest job. Clocks differ, so it may come out below zero: then it is zero.
func latency(oldest redis.Reply, now time.Time) time.Duration {
	if oldest.Nil() {
		return 0
	}
	at := payloadOf(oldest.Text()).at()
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
