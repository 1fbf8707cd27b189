package sidekiq

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/redis"
)

// Process is a Sidekiq process as its last heartbeat told it, up to 10 s ago.
type Process struct {
	Identity    string    `json:"identity"` // exactly as in Redis: hostname:pid:nonce
	Hostname    string    `json:"hostname"` // in a container, its short id
	PID         int       `json:"pid"`
	Tag         string    `json:"tag"`
	Busy        int       `json:"busy"` // jobs in hand
	Concurrency int       `json:"concurrency"`
	Quiet       bool      `json:"quiet"`  // takes no new jobs
	Queues      []string  `json:"queues"` // it takes jobs from
	Version     string    `json:"version"`
	Started     time.Time `json:"started"`
	Beat        time.Time `json:"beat"` // of the last heartbeat, by that host's clock
	RSS         int64     `json:"rss"`  // bytes

	Weights map[string]int `json:"weights,omitempty"` // of the queues, as far as it tells them
	Work    []Job          `json:"work"`              // in hand as of the last heartbeat, oldest first

	// Stale: it is registered, but its heartbeat is gone for a minute or more. What it was doing is unknown; Busy says nothing.
	Stale bool `json:"stale"`

	left time.Duration // until Redis forgets it, unless it is heard from again; 0 when that is not known
}

// Processes reads all registered processes, stale ones included, sorted by identity.
func (j *Jobs) Processes(ctx context.Context) ([]Process, error) {
	got, err := j.redis.Read(ctx, redis.Cmd("SMEMBERS", j.key("processes")))
	if err != nil {
		return nil, err
	}
	ids := texts(got[0])
	cmds := make([]redis.Command, 0, len(ids))
	for _, id := range ids {
		cmds = append(cmds, j.askProcess(id))
	}
	if len(cmds) == 0 {
		return nil, nil
	}
	if got, err = j.redis.Read(ctx, cmds...); err != nil {
		return nil, err
	}
	return processesOf(ids, got), nil
}

func (j *Jobs) askProcess(id string) redis.Command {
	return redis.Cmd("HMGET", j.key(id), "info", "busy", "beat", "quiet", "rss", "concurrency")
}

func processesOf(ids []string, replies []redis.Reply) []Process {
	out := make([]Process, 0, len(ids))
	for i, id := range ids {
		out = append(out, processOf(id, replies[i].List()))
	}
	slices.SortFunc(out, func(a, b Process) int { return cmp.Compare(a.Identity, b.Identity) })
	return out
}

// info is what a process tells about itself. Where the numbers stand moved between versions: the hash's field, then here, then the capsules.
type info struct {
	Hostname    string              `json:"hostname"`
	Started     float64             `json:"started_at"`
	PID         int                 `json:"pid"`
	Tag         string              `json:"tag"`
	Concurrency int                 `json:"concurrency"`
	Queues      []string            `json:"queues"`
	Version     string              `json:"version"`
	Weights     []map[string]int    `json:"weights"`
	Capsules    map[string]capsules `json:"capsules"`
}

type capsules struct {
	Concurrency int            `json:"concurrency"`
	Weights     map[string]int `json:"weights"`
}

func processOf(id string, f []redis.Reply) Process {
	host, _, _ := strings.Cut(id, ":")
	p := Process{Identity: id, Hostname: clean.Line(host)}
	var in info
	if len(f) < 6 || f[0].Nil() || json.Unmarshal([]byte(f[0].Text()), &in) != nil {
		p.Stale = true
		return p
	}
	if in.Hostname != "" {
		p.Hostname = clean.Line(in.Hostname)
	}
	p.PID, p.Tag, p.Version, p.Started = in.PID, clean.Line(in.Tag), clean.Line(in.Version), seconds(in.Started)
	p.Busy, p.Quiet, p.RSS = int(f[1].Int()), f[3].Text() == "true", f[4].Int()*1024
	if beat, err := strconv.ParseFloat(f[2].Text(), 64); err == nil {
		p.Beat = seconds(beat)
	}
	p.Concurrency = in.threads(int(f[5].Int()))
	p.Queues, p.Weights = in.listens(), in.weights()
	return p
}

func (in info) threads(field int) int {
	if field > 0 {
		return field
	}
	if in.Concurrency > 0 {
		return in.Concurrency
	}
	sum := 0
	for _, c := range in.Capsules {
		sum += c.Concurrency
	}
	return sum
}

// weights are those of the queues: told by the capsules since Sidekiq 8, by a list before, and by nobody before 7.
func (in info) weights() map[string]int {
	all := map[string]int{}
	for _, each := range in.Weights {
		for q, w := range each {
			all[clean.Line(q)] = max(all[clean.Line(q)], w)
		}
	}
	for _, c := range in.Capsules {
		for q, w := range c.Weights {
			all[clean.Line(q)] = max(all[clean.Line(q)], w)
		}
	}
	return all
}

func (in info) listens() []string {
	names := make([]string, 0, len(in.Queues))
	for _, q := range in.Queues {
		names = append(names, clean.Line(q))
	}
	if len(names) == 0 {
		for _, c := range in.Capsules {
			for q := range c.Weights {
				names = append(names, clean.Line(q))
			}
		}
		slices.Sort(names)
		names = slices.Compact(names)
	}
	return names
}

// seconds turns Redis's float seconds into a time; 0 is the zero time.
func seconds(s float64) time.Time {
	if s <= 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(s * 1e6))
}

func texts(r redis.Reply) []string {
	list := r.List()
	out := make([]string, 0, len(list))
	for _, t := range list {
		out = append(out, t.Text())
	}
	slices.Sort(out)
	return out
}
