package screen

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC
	goleak.VerifyTestMain(m)
}

// env is the stage at noon.
func env(ctx context.Context, d *stage.Desk) Env {
	verbs := map[string][]desk.VerbState{"": stage.Verbs("")}
	for _, n := range d.Snapshot.Nodes {
		verbs[n.Name] = stage.Verbs(n.Name)
	}
	return Env{Ctx: ctx, Desk: d, World: &World{
		About: stage.About(), Fleet: d.Snapshot, Runs: d.List, RunsSeen: stage.Noon, Verbs: verbs, Keys: binding.Default(), Now: stage.Noon,
	}}
}

// sizes are those every screen is looked at in.
var sizes = []struct {
	name string
	w, h int
}{{"80x22", 80, 22}, {"120x34", 120, 34}, {"200x58", 200, 58}, {"270x64", 270, 64}}
