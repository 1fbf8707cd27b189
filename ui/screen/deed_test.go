package screen

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// Why an act cannot be done is what is so: a look that failed is not under way, and an act that broke off was not done.
func TestADeedThatFailedSaysSo(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	e := env(ctx, stage.New(nil))
	why := func(x *Deed) string {
		bs := x.Bindings()
		return bs[slices.IndexFunc(bs, func(b binding.Binding) bool { return b.ID == "deed-do" })].Why
	}
	x := NewDeed(e, sidekiq.Order{Deed: sidekiq.Park, Name: "push"})
	x.Init()
	if got := why(x); !strings.Contains(got, "still being looked at") {
		t.Errorf("while it looks: %q", got)
	}
	_, _ = x.answered(plannedDeed{err: errors.New("Redis is away")})
	if got := why(x); !strings.Contains(got, "could not be looked at") {
		t.Errorf("after a failed look: %q", got)
	}
	x = deedUnderWay(e)
	_, _ = x.answered(didDeed{err: errors.New("Redis went away")})
	if got := why(x); !strings.Contains(got, "it was begun") {
		t.Errorf("after it broke off: %q", got)
	}
}

// The plan of a change that no other act takes back does not say that it can be taken back.
func TestAPlanSaysHowItIsTakenBack(t *testing.T) {
	x := NewDeed(env(t.Context(), stage.New(nil)), sidekiq.Order{Deed: sidekiq.Quiet, Identities: []string{"exec:1:ffff"}})
	_, _ = x.answered(plannedDeed{plan: sidekiq.Plan{Deed: sidekiq.Quiet, What: "quiet 1 Sidekiq process", Danger: act.Changes, Back: "only a restart takes it back"}})
	drawn := drawnText(x.Draw(80, 12).Lines)
	if !strings.Contains(drawn, "changes; only a restart takes it back") || strings.Contains(drawn, "can be taken back") {
		t.Error(drawn)
	}
}
