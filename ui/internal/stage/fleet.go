// Package stage is an instance that never changes, for the console's own tests and pictures: what a desk would say, fixed in time.
package stage

import (
	"errors"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/presence"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/verb"
)

// Noon is when the stage is set, give or take some seconds.
var Noon = time.Date(2026, 11, 23, 12, 4, 31, 0, time.UTC)

// About is who looks.
func About() desk.About {
	return desk.About{Instance: "vmst.example", Color: "teal", Operator: "mike@laptop", Store: "local", Version: "dev"}
}

// seen is a value looked at so many seconds before Noon.
func seen[T any](v T, ago int) fleet.Observation[T] {
	return fleet.Observation[T]{Value: v, Seen: Noon.Add(-time.Duration(ago) * time.Second)}
}

// containers are a worker's, with the id and the state of its Sidekiq's.
func containers(id, cpu, mem string, sidekiq, health string) []fleet.Container {
	const image = "ghcr.io/mastodon/mastodon:v4.6.5"
	return []fleet.Container{
		{Service: "web", Name: "mastodon-web-1", State: "running", Health: "healthy", Image: image, Status: "Up 2 days (healthy)", CPU: cpu, Mem: mem},
		{Service: "streaming", Name: "mastodon-streaming-1", State: "running", Health: "healthy", Image: image, Status: "Up 2 days (healthy)", CPU: "4%", Mem: "180MiB"},
		{Service: "sidekiq", ID: id, Name: "mastodon-sidekiq-1", State: sidekiq, Health: health, Image: image, Status: "Up 2 days (healthy)", CPU: "11%", Mem: "512MiB"},
	}
}

// Fleet is exec and three workers: one well, one draining, one that does not answer.
func Fleet() fleet.Snapshot {
	hold := fleet.Hold{Worker: "worker-2", By: "mike@laptop", Why: "reimage to worker-golden-2026-11", Since: Noon.Add(-94 * time.Second), Run: "01J9ZQ7K3M"}
	dead := seen(fleet.Health{CPU: 38, CPUs: []float64{40, 38, 41, 37, 38}, Mem: 57, Disk: 22, Load1: 1.1, Web: 14, Streaming: 61, Nginx: true,
		Containers: containers("b1946ac92492", "36%", "1.2GiB", "running", "healthy")}, 48)
	dead.Err = &desk.Fault{What: "no answer", On: "worker-3", Why: "ssh: handshake: i/o timeout after 10s", Next: "look at its console in the provider's panel"}
	lease := &fleet.Lease{Owner: "mike", Host: "laptop", Run: hold.Run, Token: 7, Expires: Noon.AddDate(50, 0, 0)}
	return fleet.Snapshot{
		Instance: "vmst.example",
		Nodes: []fleet.Node{
			{Name: "exec", Role: "exec", Dest: "root@10.0.0.5:22", LB: "none", Link: "up", Health: seen(fleet.Health{
				CPU: 34, CPUs: []float64{20, 31, 44, 52, 38, 30, 34, 36, 33, 34}, Mem: 61, Disk: 48, Load1: 0.71, RoundTrip: 9 * time.Millisecond,
				Consoles: []presence.Console{{Who: "mike@laptop", Open: 1 * time.Hour}, {Who: "anna@desk", PID: 1, ReadOnly: true, Open: 12 * time.Minute}}}, 1)},
			{Name: "worker-1", Role: "worker", Dest: "root@10.0.0.11:22", Droplet: 3164494, LB: "in", Link: "up", Health: seen(fleet.Health{
				CPU: 41, CPUs: []float64{30, 33, 38, 44, 48, 45, 43, 40, 42, 41}, Mem: 58, Disk: 22, Load1: 1.24, Web: 17, Streaming: 64, Nginx: true, RoundTrip: 12 * time.Millisecond,
				Containers: containers("4a8a08f09d37", "37%", "1.2GiB", "running", "healthy"), LogLines: accessLog(`10.0.0.2 - - [23/Nov/2026:12:04:30 +0000] "GET /api/v1/timelines/home HTTP/1.1" 200 18231`)}, 1)},
			{Name: "worker-2", Role: "worker", Dest: "root@10.0.0.12:22", Droplet: 3164502, LB: "draining", Link: "up", Hold: &hold, Health: seen(fleet.Health{
				CPU: 6, CPUs: []float64{44, 41, 39, 22, 12, 9, 7, 6, 6, 6}, Mem: 40, Disk: 21, Load1: 0.22, Web: 2, Streaming: 18, Nginx: true, LameDuck: true, RoundTrip: 11 * time.Millisecond,
				Containers: containers("9c0df00d3c1a", "6%", "1.1GiB", "running", "starting"), LogLines: accessLog(`10.0.0.2 - - [23/Nov/2026:12:04:29 +0000] "GET /lb-health HTTP/1.1" 503 0`)}, 1)},
			{Name: "worker-3", Role: "worker", Dest: "root@10.0.0.13:22", Droplet: 3164517, LB: "in", Link: "down", Health: dead},
		},
		Balancer: seen(fleet.Balancer{ID: "4de7ac8b", Name: "vmst-lb", Status: "active", Members: []string{"worker-1", "worker-2", "worker-3"}}, 3),
		Services: []fleet.Service{
			{Name: "load balancer", State: seen("active", 3), OK: true},
			{Name: "redis", State: seen("PONG", 2), OK: true},
			{Name: "sidekiq", State: seen("5 processes", 2), OK: true},
			{Name: "nfs", State: seen("mounted", 1), OK: true},
		},
		Site:  seen(fleet.Site{URL: "https://vmst.example", Status: 200, Took: 84 * time.Millisecond}, 4),
		Holds: seen([]fleet.Hold{hold}, 2),
		Lease: seen(lease, 2),
	}
}

// summary is a run's summary that many minutes old.
func summary(id, book, target string, state run.State, step string, began, moved int) run.Summary {
	return run.Summary{ID: id, Runbook: book, Target: target, Operator: "mike@laptop", State: state, Step: step,
		Store: "local", Started: Noon.Add(-time.Duration(began) * time.Second), Updated: Noon.Add(-time.Duration(moved) * time.Second)}
}

// Runs are one under way, one that was interrupted, and some that have ended.
func Runs() []desk.Run {
	return []desk.Run{
		{Summary: summary("01J9ZQ7K3M", "worker-reimage", "worker-2", run.Running, "idle", 94, 1), Title: "Reimage a worker", Here: true, Alive: true, At: 4, Of: 19},
		{Summary: summary("01J9XB12QD", "worker-drain", "worker-3", run.Interrupted, "sidekiq-quiet", 7400, 7100), Title: "Drain a worker", At: 6, Of: 10},
		{Summary: summary("01J9T0A8EE", "worker-reimage", "worker-1", run.Done, "release", 90000, 89200), Title: "Reimage a worker"},
		{Summary: summary("01J9SX77PA", "worker-return", "worker-1", run.Failed, "parity", 181000, 180100), Title: "Return a worker"},
		{Summary: summary("01J9SV00GH", "worker-drain", "worker-1", run.Undone, "remove", 182000, 181700), Title: "Drain a worker"},
		{Summary: summary("01J9XB0ACT", "hold/set", "worker-3", run.Done, "set", 190000, 190000), Title: "hold/set", Act: true},
	}
}

// Verbs are what can be done to a target.
func Verbs(target string) []desk.VerbState {
	var out []desk.VerbState
	for _, v := range verb.Table {
		s := desk.VerbState{Verb: v}
		if v.ID == "drain" || v.ID == "reimage" {
			s.Inputs = []run.Input{{Name: "why", Type: "string", About: "why, for the hold record"}}
		}
		switch {
		case v.Targets == "" || v.Targets == "node" && target != "":
		case target == "" || target == "exec":
			s.Why = orNone(target) + " is no worker"
		case target == "worker-2" && v.ID != "return":
			s.Why = "run 01J9ZQ7K3M holds worker-2"
		case target == "worker-1" && v.ID == "return":
			s.Why = "worker-1 is in service already"
		case target == "worker-1" && v.ID == "drain":
			s.Why = "worker-1 is the last healthy backend"
		}
		out = append(out, s)
	}
	return out
}

func orNone(target string) string {
	if target == "" {
		return "nothing"
	}
	return target
}

// ErrStage is what a stage's desk answers where a test wants a failure.
var ErrStage = errors.New("the stage says no")

// accessLog is what nginx wrote lately; the newest line comes last.
func accessLog(newest string) []string {
	var out []string
	for i, path := range []string{"/@picard", "/api/v1/instance", "/inbox", "/about", "/@data"} {
		out = append(out, fmt.Sprintf(`10.0.0.2 - - [23/Nov/2026:12:04:%d +0000] "GET %s HTTP/1.1" 200 1823`, 20+i, path))
	}
	return append(out, newest)
}
