package screen

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

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
