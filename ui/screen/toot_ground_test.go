package screen

import (
	"testing"

	"github.com/vmtui/vmtui/ui/internal/stage"
)

// Exec is asked for what ran only where there is room to show it, and not at every tick.
func TestWhatRanIsAskedForWhereItIsShown(t *testing.T) {
	toot := NewToot(env(t.Context(), stage.New(nil)), "media remove")
	defer toot.Close()
	toot.Draw(80, 22)
	if _, cmd := toot.Update(Tick{}); cmd != nil {
		t.Error("asked, and there is no room for the answer")
	}
	toot.Draw(200, 58)
	_, cmd := toot.Update(Tick{})
	if cmd == nil {
		t.Fatal("not asked")
	}
	a, ok := cmd().(Answer)
	if !ok {
		t.Fatal("no answer")
	}
	toot.Update(a)
	if toot.jobsSeen.IsZero() || toot.jobsErr != nil {
		t.Errorf("seen %v, %v", toot.jobsSeen, toot.jobsErr)
	}
	if _, cmd := toot.Update(Tick{}); cmd != nil {
		t.Error("asked again at once")
	}
}
