package desk

import (
	"errors"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/verb"
)

const sample = `instance: vmst.io
nodes:
  - {name: exec, role: exec, ssh: exec}
  - {name: worker-1, role: worker, ssh: root@10.0.0.11, droplet: 3164494}
  - {name: worker-2, role: worker, ssh: root@10.0.0.12, droplet: 3164495}
digitalocean: {token: env:DIGITALOCEAN_TOKEN}
load_balancer: {id: 4de7ac8b, min_healthy: 1}
`

// A worker that another run holds is off in its place. What was seen too long ago, and one's own hold of a run that is over, keep nothing off.
func TestWhatAnotherRunHoldsIsOff(t *testing.T) {
	cfg, err := config.Parse("/home/mike/.config/vmtui/config.yaml", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	seen := func(age time.Duration, l *fleet.Lease) fleet.Observation[*fleet.Lease] {
		return fleet.Observation[*fleet.Lease]{Value: l, Seen: time.Now().Add(-age)}
	}
	lease := func(owner, run string) *fleet.Lease {
		return &fleet.Lease{Owner: owner, Host: "laptop", Run: run, Left: 30 * time.Second}
	}
	for name, c := range map[string]struct {
		hold  *fleet.Hold
		lease fleet.Observation[*fleet.Lease]
		why   string
	}{
		"nobody":                      {nil, seen(0, nil), ""},
		"hold of another":             {&fleet.Hold{By: "anna", Why: "a new kernel"}, seen(0, nil), "worker-1 is on hold by anna: a new kernel"},
		"own hold":                    {&fleet.Hold{By: "mike", Run: "r1"}, seen(0, nil), ""},
		"own hold, walked elsewhere":  {&fleet.Hold{By: "mike", Run: "r1"}, seen(0, lease("mike", "r1")), "run r1 of mike holds worker-1"},
		"own hold, rolled elsewhere":  {&fleet.Hold{By: "mike", Run: "r1", Within: "roll"}, seen(0, lease("mike", "roll")), "run r1 of mike holds worker-1"},
		"own hold, walked here":       {&fleet.Hold{By: "mike", Run: "here"}, seen(0, nil), "run here of mike holds worker-1"},
		"lease of another":            {nil, seen(0, lease("anna", "r2")), "anna@laptop is at work: run r2 holds the lease"},
		"lease of another, expired":   {nil, seen(31*time.Second, lease("anna", "r2")), ""},
		"lease of one's own":          {nil, seen(0, lease("mike", "r2")), ""},
		"exec does not answer":        {nil, fleet.Observation[*fleet.Lease]{Value: lease("anna", "r2"), Seen: time.Now(), Err: errors.New("no answer")}, ""},
		"nothing was seen at all yet": {nil, fleet.Observation[*fleet.Lease]{}, ""},
	} {
		snap := fleet.Snapshot{
			Nodes: []fleet.Node{{Name: "worker-1", LB: "in", Hold: c.hold}}, Lease: c.lease, Holds: fleet.Observation[[]fleet.Hold]{Seen: time.Now()},
		}
		d := &Desk{cfg: cfg, engine: &run.Engine{Door: act.NewDoor(false, nil), Operator: "mike", Host: "laptop"}, walking: map[string]bool{"here": true}}
		for _, id := range []string{"drain", "reimage"} {
			v, _ := verb.Find(id)
			if why := d.off(v, "worker-1", snap); why != c.why {
				t.Errorf("%s, %s: %q, want %q", name, id, why, c.why)
			}
		}
		v, _ := verb.Find("logs")
		if why := d.off(v, "worker-1", snap); why != "" {
			t.Errorf("%s: looking is off: %q", name, why)
		}
	}
}

// A verb says why it is off. In a read-only console a plan can be looked at all the same: that shows what would be possible, and does nothing.
func TestWhyAVerbIsOff(t *testing.T) {
	cfg, err := config.Parse("/home/mike/.config/vmtui/config.yaml", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	snap := fleet.Snapshot{Nodes: []fleet.Node{
		{Name: "worker-1", LB: "in"}, {Name: "worker-2", LB: "out", Hold: &fleet.Hold{Worker: "worker-2", By: "anna"}},
	}}
	for _, c := range []struct {
		verb, target string
		readOnly     bool
		why          string
	}{
		{"drain", "worker-1", false, ""},
		{"drain", "worker-1", true, ""},
		{"drain", "worker-2", false, "worker-2 is out already, on hold by anna"},
		{"return", "worker-1", true, "worker-1 is in service already"},
		{"reimage", "exec", false, "exec is the exec node, which is never drained"},
		{"reimage", "", false, "no worker is chosen"},
		{"logs", "exec", true, ""},
		{"logs", "worker-9", false, "no node is chosen"},
		{"refresh", "", true, ""},
	} {
		d := &Desk{cfg: cfg, engine: &run.Engine{Door: act.NewDoor(c.readOnly, nil)}}
		v, ok := verb.Find(c.verb)
		if !ok {
			t.Fatal(c.verb)
		}
		if why := d.off(v, c.target, snap); why != c.why {
			t.Errorf("%s %s, read-only %v: %q, want %q", c.verb, c.target, c.readOnly, why, c.why)
		}
	}
	d := &Desk{cfg: cfg, engine: &run.Engine{Door: act.NewDoor(true, nil)}}
	if why := d.off(verb.Verb{ID: "purge", Danger: act.Changes}, "", snap); why != "this console is read-only" {
		t.Errorf("a verb that acts at once is on: %q", why)
	}
}
