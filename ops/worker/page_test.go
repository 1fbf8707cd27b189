package worker

import (
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// sample is a crew for an instance like the one in the guide. It can plan, and has no hands.
func sample(t *testing.T) *crew {
	t.Helper()
	cfg, err := config.Parse("/home/mike/.config/vmtui/config.yaml", []byte(`instance: vmst.io
operator: mike
nodes:
  - {name: exec, role: exec, ssh: exec}
  - {name: worker-1, role: worker, ssh: root@10.0.0.11, droplet: 3164494}
  - {name: worker-2, role: worker, ssh: root@10.0.0.12, droplet: 3164495}
  - {name: worker-3, role: worker, ssh: root@10.0.0.13, droplet: 3164496}
digitalocean: {token: env:DIGITALOCEAN_TOKEN}
load_balancer: {id: 4de7ac8b, min_healthy: 2}
reimage: {image: worker-golden-2026-11, provision: provision-worker.sh}
`))
	if err != nil {
		t.Fatal(err)
	}
	node, _ := cfg.Node("worker-2")
	return &crew{Deps: Deps{Config: cfg, Operator: "mike"}, node: node, in: inputs{
		Droplet: 3164495, Private: "10.0.0.12", Address: "10.0.0.12:22", KnownAs: "10.0.0.12:22", Balancer: "4de7ac8b", Image: 7555620, ImageTag: "worker-golden-2026-11",
		Check: digitalocean.HealthCheck{Protocol: "http", Port: 80, Path: "/lb-health", Interval: 10 * time.Second, Timeout: 5 * time.Second, Unhealthy: 3, Healthy: 5},
		Peers: map[string]string{"worker-1": "10.0.0.11", "worker-3": "10.0.0.13"},
	}}
}

// Every step says why, what exactly, how long at most, and how to go back or why not.
func TestStepsAreComplete(t *testing.T) {
	c := sample(t)
	dead := *c
	dead.in.Dead = true
	for name, steps := range map[string][]run.Step{"drain": drainSteps(c), "reimage": reimageSteps(c), "return": returnSteps(c), "reimage of a dead host": reimageSteps(&dead)} {
		for _, s := range steps {
			lines, err := s.Plan(t.Context())
			if err != nil || len(lines) == 0 || s.Why == "" || s.Title == "" {
				t.Errorf("%s/%s: no plan or no why", name, s.ID)
			}
			if s.Undo == nil && s.NoUndo == "" && s.Kind != run.Read {
				t.Errorf("%s/%s: neither an undo nor a reason", name, s.ID)
			}
			if (s.Undo == nil) != (len(s.UndoPlan) == 0) {
				t.Errorf("%s/%s: its undo is not shown", name, s.ID)
			}
			if (s.Do != nil || s.Verify != nil) && s.Deadline == 0 {
				t.Errorf("%s/%s: no deadline", name, s.ID)
			}
			if s.Verify != nil && s.Usual == "" {
				t.Errorf("%s/%s: it waits, and does not say how long that usually takes", name, s.ID)
			}
			if s.Kind == run.Once && s.Undo == nil && s.Confirm == "" {
				t.Errorf("%s/%s: destroys without a typed name", name, s.ID)
			}
		}
	}
}

func TestDeadHostIsConfirmedByItsID(t *testing.T) {
	c := sample(t)
	if c.confirm() != "worker-2" {
		t.Error(c.confirm())
	}
	c.in.Dead = true
	if c.confirm() != "3164495" {
		t.Error(c.confirm())
	}
}

// A runbook that the engine would refuse is refused here first: an effect that holds until a step must name one of the same runbook.
func TestUntilNamesALaterStep(t *testing.T) {
	c := sample(t)
	for name, steps := range map[string][]run.Step{"drain": drainSteps(c), "reimage": reimageSteps(c), "return": returnSteps(c)} {
		ids := map[string]int{}
		for i, s := range steps {
			ids[s.ID] = i
		}
		for i, s := range steps {
			if at, known := ids[s.Until]; s.Until != "" && (!known || at <= i) {
				t.Errorf("%s/%s holds until %q", name, s.ID, s.Until)
			}
		}
	}
}
