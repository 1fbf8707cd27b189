package root

import (
	"slices"
	"testing"

	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestWhatWasSaidInAnotherSittingIsSaidAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		fake.Spoken = []string{"logs worker-1 web", "drain worker-1"}
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press(":")
		d.write("runs")
		d.press("enter", ":", "up", "up")
		d.sees(": drain worker-1")
		d.press("ctrl+r")
		d.sees(": logs worker-1 web")
		d.press("esc")
		if said, _ := fake.Past(t.Context()); !slices.Equal(said, []string{"logs worker-1 web", "drain worker-1", "runs"}) {
			t.Errorf("%q are remembered", said)
		}
	})
}
