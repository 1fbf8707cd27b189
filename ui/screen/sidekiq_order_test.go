package screen

import (
	"context"
	"slices"
	"testing"

	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// A signal is to the selected process, or to all of its node, which is then what its plan and its confirmation name.
func TestSignalsByProcessAndByNode(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	e := env(ctx, stage.New(nil))
	e.World.Fleet = stage.Fleet()
	s := sidekiqOf(e, paneProcs)
	one := slices.IndexFunc(e.World.Fleet.Nodes, func(n fleet.Node) bool { return n.Name == "worker-1" })
	e.World.Fleet.Nodes[one].Health.Value.Containers = append(e.World.Fleet.Nodes[one].Health.Value.Containers, fleet.Container{Service: "sidekiq", ID: "0ddba11c0ffe"})
	s.view.Processes = append(s.view.Processes, sidekiq.Process{Identity: "0ddba11c0ffe:1:00aa", Hostname: "0ddba11c0ffe", Queues: []string{"push"}})
	s.procs.at.id = "4a8a08f09d37:1:77aa01bc23de"

	o, ok := s.order("sidekiq-stop")
	if !ok || o.Deed != sidekiq.Stop || o.Name != "" || !slices.Equal(o.Identities, []string{"4a8a08f09d37:1:77aa01bc23de"}) {
		t.Errorf("the selected one: %v %+v", ok, o)
	}
	if _, cmd := s.press("sidekiq-node"); cmd != nil {
		t.Error("marking asks for something")
	}
	for _, key := range []string{"sidekiq-quiet", "sidekiq-stop", "sidekiq-dump"} {
		if o, ok = s.order(key); !ok || o.Name != "worker-1" || !slices.Equal(o.Identities, []string{"4a8a08f09d37:1:77aa01bc23de", "0ddba11c0ffe:1:00aa"}) {
			t.Errorf("%s of its node: %v %+v", key, ok, o)
		}
	}
	s.procs.picks.turn("exec:2201:0a1b2c3d4e5f")
	if o, _ = s.order("sidekiq-quiet"); o.Name != "" || len(o.Identities) != 3 {
		t.Errorf("of two nodes: %+v", o)
	}
}
