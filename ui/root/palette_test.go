package root

import (
	"slices"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestPalette(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 120, 36)
		defer d.stop()
		d.press(":")
		d.write("drain worker-3")
		d.press("enter")
		d.sees("Plan drain worker-3")
		d.press(":")
		d.write("runs")
		d.press("enter")
		d.sees("5 runs")
		d.press(":")
		d.write("frobnicate")
		d.press("enter")
		d.sees("there is nothing called “frobnicate”")
		d.press(":")
		d.write("drain worker-1")
		d.press("enter")
		d.sees("drain is off: worker-1 is the last healthy backend")
	})
}

// The palette leads to a service's log by its words, with completion, and says what was said before.
func TestThePaletteFollowsALog(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.rest(time.Second)
		d.press(":")
		d.write("logs worker-2 w")
		d.sees("logs worker-2 web", "follow what web writes on worker-2")
		d.press("tab", "enter")
		d.rest(time.Second)
		d.sees("Logs worker-2 web", "ActiveRecord::StatementTimeout")
		fake.Lines <- "a line that came later"
		d.rest(time.Second)
		d.sees("a line that came later")
		d.press("esc", ":", "ctrl+r")
		d.sees(": logs worker-2 web")
		d.press("esc", ":")
		d.write("logs worker-9")
		d.press("enter")
		d.sees("there is no node called “worker-9”")
		if calls := fake.Calls(); !slices.Contains(calls, "logs worker-2 web") {
			t.Errorf("%v", calls)
		}
	})
}
