package worker

import (
	"slices"
	"strings"
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

// shelved are the steps of every built-in runbook on a worker, in each way that they may be made up.
func shelved(c *crew) map[string][]run.Step {
	passed, dead, silent := *c, *c, *c
	passed.in.Keeps, dead.in.Dead, silent.in.Redirect = true, true, 301
	return map[string][]run.Step{
		Drain + ", where connections are passed on": drainSteps(&passed), Reimage + ", dead": reimageSteps(&dead), Drain + ", without a lame duck": drainSteps(&silent),
		Drain: drainSteps(c), Reimage: reimageSteps(c), Return: returnSteps(c), Restart: c.cycle(), Reboot: rebootSteps(c), Retire: retireSteps(c), Add: addSteps(made(c)),
		Recreate: c.cycle(c.recreate()), ExecReboot: execRebootSteps(c),
		SidekiqRestart: sidekiqSteps(c), StreamingRestart: streamingSteps(c, false), StreamingRestart + ", drained": streamingSteps(c, true),
	}
}

// made is a worker like that one which is only being made.
func made(c *crew) *crew {
	in := c.in
	in.New = &proposal{Model: "worker-1", ModelID: 3164494, Region: "tor1", Size: "s-2vcpu-4gb", SSH: "root@{private}:22", Data: asModel}
	in.Droplet, in.Private, in.KnownAs = 0, unknown, unknown
	return expect(c.Deps, "worker-4", in)
}

// lacks is what a step of a built-in runbook must have and this one has not: it says why, what exactly, how long at most, by which live pane it is
// watched, and how to go back or why not.
func lacks(t *testing.T, s run.Step) (out []string) {
	t.Helper()
	lacking := func(what string, so bool) {
		if so {
			out = append(out, what)
		}
	}
	lines, err := s.Plan(t.Context())
	lacking("a plan", err != nil || len(lines) == 0)
	lacking("a why", s.Why == "")
	lacking("a title", s.Title == "")
	lacking("a deadline", (s.Do != nil || s.Verify != nil) && s.Deadline == 0)
	lacking("a live pane", len(s.Panes) == 0)
	for _, pane := range s.Panes {
		lacking("a pane that is called "+pane, !slices.Contains([]string{"balancer", "connections", "sidekiq", "containers", "log", "host", "records"}, pane))
	}
	lacking("an undo or the reason why not", s.Undo == nil && s.NoUndo == "")
	lacking("its undo's plan", (s.Undo == nil) != (len(s.UndoPlan) == 0))
	lacking("how long it usually waits", s.Verify != nil && s.Usual == "")
	lacking("a typed name, or that it is asked for", s.Kind == run.Once && s.Undo == nil && s.Confirm == "" && !s.Gate)
	return out
}

func TestStepsAreComplete(t *testing.T) {
	c := sample(t)
	shelves := map[string]map[string][]run.Step{"a living host": shelved(c)}
	for name, change := range map[string]func(*crew){
		"a dead host": func(c *crew) { c.in.Dead = true }, "a check by TCP": func(c *crew) { c.in.Check.Protocol = "tcp" },
		"a tag": func(c *crew) { c.in.Tag = "web" }, "no provisioning": func(c *crew) {
			cfg := *c.Config
			cfg.Reimage.Provision = ""
			c.Config = &cfg
		},
	} {
		other := *c
		change(&other)
		shelves[name] = shelved(&other)
	}
	for _, book := range Books(Deps{}) {
		if len(shelves["a living host"][book.ID]) == 0 {
			t.Errorf("%s is not looked at", book.ID)
		}
	}
	for of, books := range shelves {
		for name, steps := range books {
			if name == ExecReboot && of == "a dead host" { // it is not built for one: see enlist
				continue
			}
			for _, s := range steps {
				for _, what := range lacks(t, s) {
					t.Errorf("%s of %s: %s lacks %s", name, of, s.ID, what)
				}
			}
		}
	}
	if got := lacks(t, run.Step{Verify: c.verifyIdle, Plan: plan()}); len(got) != 7 {
		t.Errorf("a step with nothing lacks only %q", got)
	}
}

// The panes that the steps name can be looked at.
func TestEveryPaneIsKnown(t *testing.T) {
	c := sample(t)
	c.Host = func(string) Host { return saying{} }
	c.Cloud, c.Jobs, c.Records = nobodyHome{}, &beats{looks: []look{{}}}, noRecords{}
	for _, pane := range []string{"balancer", "connections", "sidekiq", "containers", "log", "host", "records"} {
		if _, err := Look(t.Context(), c.Deps, pane, "worker-2", c.in.encode(), nil); err != nil && strings.Contains(err.Error(), "no pane") {
			t.Error(err)
		}
	}
	if _, err := Look(t.Context(), c.Deps, "weather", "worker-2", c.in.encode(), nil); err == nil {
		t.Error("there is a pane of the weather")
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
