package screen

import (
	"context"
	"fmt"
	"testing"

	"github.com/vmtui/vmtui/ui/binding"
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

// TestEveryScreenHasSomethingToTakeAlong: wherever the key is that copies, there is something to copy, in at least one of the screen's scenes.
func TestEveryScreenHasSomethingToTakeAlong(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	gives := map[string]bool{}
	for name, s := range scenes(env(ctx, stage.New(nil))) {
		kind := fmt.Sprintf("%T", s)
		if _, ok := binding.Named(s.Bindings(), "copy"); !ok {
			continue
		}
		s.Draw(120, 34)
		c, ok := s.(Copier)
		if !ok {
			t.Errorf("%s has the key that copies, and nothing to copy", name)
			continue
		}
		all := Filled(c)
		gives[kind] = gives[kind] || len(all) > 0
		for _, x := range all {
			if x.Name == "" || len(x.Text) < 3 {
				t.Errorf("%s: %+v", name, x)
			}
		}
	}
	if len(gives) < 15 {
		t.Errorf("only %d screens were asked", len(gives))
	}
	for kind, does := range gives {
		if !does {
			t.Errorf("%s has nothing to take along in any scene", kind)
		}
	}
}
