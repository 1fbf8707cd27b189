package screen

import (
	"errors"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ui/internal/stage"
)

// A paused zone shields nobody, and one that could not be seen has no plan: both are said.
func TestAZoneThatIsPausedOrUnseenSaysSo(t *testing.T) {
	z := zoneOf(env(t.Context(), stage.New(nil)))
	if said := drawnText(z.zoneLines(100)); strings.Contains(said, "paused") || !strings.Contains(said, "Pro Website, active") {
		t.Error(said)
	}
	z.glance.Zone.Value.Paused = true
	if said := drawnText(z.zoneLines(100)); !strings.Contains(said, "it is paused: nothing is cached") {
		t.Error(said)
	}
	z.glance.Zone.Value.Plan, z.glance.Zone.Value.Status, z.glance.Zone.Err = "", "", errors.New("the API answered 403")
	if said := drawnText(z.zoneLines(100)); !strings.Contains(said, "plan       unknown") {
		t.Error(said)
	}
}
