package root

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestAFileIsShownBeforeItIsCopied(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press("f")
		d.sees("Copy a file", ":/var/log/syslog .")
		d.write("provision.sh worker-2:/root/")
		d.press("enter")
		d.sees("to    worker-2:/root/provision-worker.sh", "nothing was copied yet")
		d.press("x")
		d.sees("cancel is off: nothing is being copied")
		d.press("g")
		d.sees("25%", "3.1 MB of 12.6 MB")
		d.rest(time.Second)
		d.press("e")
		d.sees("other file is off: one at a time")
		d.press("x")
		d.sees("calling it off")
		d.press("esc")
		d.sees("Nodes")
		want := []string{"errand provision.sh worker-2:/root/", "carry /home/mike/golden/provision-worker.sh to worker-2:/root/provision-worker.sh", "recall 1"}
		if !slices.Equal(fake.Calls(), want) {
			t.Errorf("the desk was told %q, want %q", fake.Calls(), want)
		}
	})
}

func TestACopySaysHowItEnded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		fake.Trip.Over, fake.Trip.Err = true, errors.New("the disk is full")
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press(":")
		d.write("copy a worker-2:/root/") // as the command line says it
		d.press("enter")
		d.sees("nothing was copied yet")
		d.press("g")
		d.sees("the disk is full")
		d.press("e")
		d.sees("Copy a file")
		d.press("esc")
		d.sees("the disk is full")
	})
}

func TestReadOnlyCopiesNothingToANode(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		o := options()
		o.About.ReadOnly = true
		d := drive(t, fake, o, 120, 36)
		defer d.stop()
		d.press(":")
		d.write("file a worker-2:/root/")
		d.press("enter")
		d.sees("a file may take the place of another")
		d.press("g")
		d.sees("copy it is off: this console is read-only")
	})
}
