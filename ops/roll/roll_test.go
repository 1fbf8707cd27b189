package roll

import (
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/worker"
)

// sample is a roll over an instance like the one in the guide. It can plan, and has no hands.
func sample(t *testing.T) *roll {
	t.Helper()
	cfg, err := config.Parse("/home/mike/.config/vmtui/config.yaml", []byte(`instance: vmst.io
operator: mike
nodes:
  - {name: exec, role: exec, ssh: exec, mastodon: {kind: native, user: mastodon, dir: /home/mastodon/live}}
  - {name: worker-1, role: worker, ssh: root@10.0.0.11, droplet: 3164494}
  - {name: worker-2, role: worker, ssh: root@10.0.0.12, droplet: 3164495}
digitalocean: {token: env:DIGITALOCEAN_TOKEN}
load_balancer: {id: 4de7ac8b, min_healthy: 1}
`))
	if err != nil {
		t.Fatal(err)
	}
	return &roll{
		Deps: Deps{Deps: worker.Deps{Config: cfg, Operator: "mike"}, Jobs: &job.Room{Node: cfg.Exec()}}, book: run.Book{ID: worker.Reimage, Title: "Reimage a worker", Danger: act.Destroys},
		workers: []string{"worker-1", "worker-2"}, parts: map[string]worker.Part{}, given: map[string]string{},
	}
}

// Every step of a roll, and of an upgrade before and after it, says why and shows its plan; it has a deadline, unless it only asks; it is watched by a
// pane of somebody's; and it can be taken back, as a run of its own can be, or says why not.
func TestStepsOfRollsAreComplete(t *testing.T) {
	r := sample(t)
	u := &upgrade{roll: r, version: "v4.7.0", from: "v4.6.6"}
	r.ahead, r.behind = append(u.before(), r.compare(), r.onDisk()), u.after()
	steps := r.steps()
	if len(steps) < 15 {
		t.Fatalf("only %d steps", len(steps))
	}
	for _, s := range steps {
		lines, err := s.Plan(t.Context())
		for what, lacking := range map[string]bool{
			"a why": s.Why == "", "a title": s.Title == "", "a plan": err != nil || len(lines) == 0, "a deadline": (s.Do != nil || s.Verify != nil) && s.Deadline == 0,
			"a live pane": len(s.Panes) == 0, "an undo or the reason why not": s.Child == nil && s.Undo == nil && s.NoUndo == "",
		} {
			if lacking {
				t.Errorf("%s lacks %s", s.ID, what)
			}
		}
		for _, pane := range s.Panes {
			_, of, _ := strings.Cut(pane, "@")
			if _, known := r.Config.Node(of); !known {
				t.Errorf("%s is watched by %q, which is nobody's", s.ID, pane)
			}
		}
	}
}
