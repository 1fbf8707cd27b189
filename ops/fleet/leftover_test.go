package fleet

import (
	"strings"
	"testing"
	"time"
)

// What was left behind is named, whoever looks and whenever; what somebody is at work on is not.
func TestLeftoversAreNamed(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	node := Node{Name: "worker-2", LB: LBDraining, Health: fresh(Health{LameDuck: true, Containers: []Container{{Service: "sidekiq", ID: "aaaaaaaaaaaa", State: "running"}}})}
	out := node
	out.LB = LBOut
	held := func(since time.Duration) Observation[[]Hold] {
		return fresh([]Hold{{Worker: "worker-2", By: "kirk", Why: "disk", Since: ago(since), Run: "run-1"}})
	}
	rolled := fresh([]Hold{{Worker: "worker-2", By: "kirk", Why: "disk", Since: ago(time.Minute), Run: "run-1", Within: "roll-1"}})
	lease := func(run string, left time.Duration) Observation[*Lease] {
		return fresh(&Lease{Owner: "kirk", Run: run, Expires: now.Add(left)})
	}
	quiet := func(host string, since time.Duration) Observation[[]Sidekiq] {
		return fresh([]Sidekiq{{Identity: host + ":7:0a", Hostname: host, Quiet: true, QuietSince: ago(since)}, {Identity: "b:8:0b", Hostname: "b"}})
	}
	dead := quiet("aaaaaaaaaaaa", 3*time.Hour)
	dead.Err = ErrRemembered
	for name, x := range map[string]struct {
		s    Snapshot
		says []string // of each leftover
	}{
		"nothing":                       {Snapshot{Nodes: []Node{out}}, nil},
		"in with the flag":              {Snapshot{Nodes: []Node{node}}, []string{"worker-2: in the load balancer with the lame-duck flag set"}},
		"somebody is at work":           {Snapshot{Nodes: []Node{node}, Holds: held(time.Minute), Lease: lease("run-1", time.Minute)}, nil},
		"a roll is at work":             {Snapshot{Nodes: []Node{node}, Holds: rolled, Lease: lease("roll-1", time.Minute)}, nil},
		"another roll is at work":       {Snapshot{Nodes: []Node{node}, Holds: rolled, Lease: lease("roll-2", time.Minute)}, []string{"lame-duck"}},
		"whose lease ran out":           {Snapshot{Nodes: []Node{node}, Holds: held(time.Minute), Lease: lease("run-1", -time.Minute)}, []string{"lame-duck"}},
		"at work on another":            {Snapshot{Nodes: []Node{node}, Holds: held(time.Minute), Lease: lease("run-9", time.Minute)}, []string{"lame-duck"}},
		"at work without a hold":        {Snapshot{Nodes: []Node{node}, Lease: lease("run-1", time.Minute)}, []string{"lame-duck"}},
		"quiet for hours":               {Snapshot{Nodes: []Node{{Name: "worker-2", Health: node.Health}}, Sidekiqs: quiet("aaaaaaaaaaaa", 3*time.Hour)}, []string{"worker-2: its Sidekiq takes no jobs, for 3 hours at the least"}},
		"quiet, who knows since when":   {Snapshot{Nodes: []Node{{Name: "worker-2", Health: node.Health}}, Sidekiqs: quiet("aaaaaaaaaaaa", 0)}, []string{"worker-2: its Sidekiq is quiet"}},
		"quiet on a host of no node":    {Snapshot{Sidekiqs: quiet("holodeck", 5*24*time.Hour)}, []string{"holodeck: its Sidekiq takes no jobs, for 5 days"}},
		"quiet, and nobody could look":  {Snapshot{Sidekiqs: dead}, nil},
		"on hold for an hour":           {Snapshot{Holds: held(time.Hour)}, nil},
		"on hold for days":              {Snapshot{Holds: held(75 * time.Hour)}, []string{"worker-2: on hold for 3 days by kirk: disk"}},
		"on hold for days, and at work": {Snapshot{Holds: held(75 * time.Hour), Lease: lease("run-1", time.Minute)}, []string{"on hold for 3 days"}},
	} {
		got := x.s.Leftovers(now)
		if len(got) != len(x.says) {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		for i, l := range got {
			if !strings.Contains(l.Node+": "+l.What, x.says[i]) || l.Next == "" {
				t.Errorf("%s: %+v, want %q", name, l, x.says[i])
			}
		}
	}
}

// Since when a Sidekiq is quiet is remembered from look to look, and over a restart; one that works again, or is another, begins anew.
func TestQuietIsRememberedSinceItBegan(t *testing.T) {
	first, later := time.Unix(1000, 0), time.Unix(5000, 0)
	a, b := Sidekiq{Identity: "a", Quiet: true}, Sidekiq{Identity: "b"}
	seen := carry(nil, []Sidekiq{a, b}, first)
	seen = carry(seen, []Sidekiq{a, {Identity: "b", Quiet: true}, {Identity: "c", Quiet: true}}, later)
	if !seen[0].QuietSince.Equal(first) || !seen[1].QuietSince.Equal(later) || !seen[2].QuietSince.Equal(later) {
		t.Errorf("%+v", seen)
	}
	seen = carry(seen, []Sidekiq{{Identity: "a"}}, later)
	if !seen[0].QuietSince.IsZero() {
		t.Errorf("%+v", seen)
	}
	w := New(Config{Instance: "x", Cache: t.TempDir() + "/fleet.json"})
	w.state.sidekiqs = fresh([]Sidekiq{{Identity: "a", Quiet: true, QuietSince: first}})
	w.save(nil)
	if again := New(w.cfg).Snapshot().Sidekiqs; !again.Stale() || len(again.Value) != 1 || !again.Value[0].QuietSince.Equal(first) {
		t.Errorf("%+v", again)
	}
}

func fresh[T any](v T) Observation[T] { return Observation[T]{Value: v, Seen: time.Now()} }
