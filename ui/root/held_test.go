package root

import (
	"slices"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ui/internal/stage"
)

// Typing fast is not holding a key: a name may have the same letter twice.
func TestLettersMayBeDoubled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 120, 36)
		defer d.stop()
		d.press("down", "down", "r", "g")
		d.write("woorker")
		d.sees("› woorker")
	})
}

// A terminal without the kitty protocol sends a held key as if it were pressed again and again.
func TestAHeldGoAnswersOneGate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(stage.Failing())
		o := options()
		o.Open = "01J9ZQ7K3M"
		d := drive(t, fake, o, 120, 36)
		defer d.stop()
		d.rest(time.Second)
		for range 20 {
			d.press("r") // retry
			d.rest(30 * time.Millisecond)
		}
		answers := slices.DeleteFunc(fake.Calls(), func(s string) bool { return s[:6] != "answer" })
		if len(answers) != 1 {
			t.Errorf("a held key answered %q", answers)
		}
	})
}
