package root

import (
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// Whoever reads what quitting would stop is not kept by runs that have ended meanwhile.
func TestQuittingIsNotAskedWhenNothingIsAtWorkAnyMore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(stage.Waiting()), 120, 36)
		defer d.stop()
		d.root.world.Runs[0].Here, d.root.world.Runs[0].State = true, run.Running
		d.press("q")
		d.sees("Stop there and quit")
		for i := range d.root.world.Runs {
			d.root.world.Runs[i].Here = false
		}
		d.rest(time.Second)
		d.lacks("Stop there and quit")
		d.sees("nothing is at work here any more")
	})
}
