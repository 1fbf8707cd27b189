package screen

import (
	"context"
	"fmt"
	"testing"

	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestEveryScreenHasItsGoldens(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	drawn := map[string]bool{}
	for _, s := range scenes(env(ctx, stage.New(nil))) {
		drawn[fmt.Sprintf("%T", s)] = true
	}
	all, err := stage.Screens(".")
	if err != nil || len(all) < 8 {
		t.Fatalf("%v were found: %v", all, err)
	}
	for _, name := range all {
		if !drawn[name] {
			t.Errorf("%s is in no scene: it has no golden, and its cells are not counted", name)
		}
	}
}
