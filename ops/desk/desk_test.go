package desk

import (
	"testing"

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
