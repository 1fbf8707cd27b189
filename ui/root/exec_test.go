package root

import (
	"slices"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/fanout"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestACommandOnNodesIsShownBeforeItIsRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press(":")
		d.write("exec worker-[1-3],exec --sudo --  nginx -t | tail  -1")
		d.press("enter")
		d.sees("on exec,worker-[1-3] (4)", "› sudo -- /bin/sh -c 'nginx -t | tail  -1'", "nothing was sent yet")
		d.press("S")
		d.sees("› /bin/sh -c 'nginx -t | tail  -1'")
		d.press("x")
		d.sees("cancel is off: nothing is running")
		d.press("g")
		d.sees("6 of 7 have answered", "worker-[1-2]", "killed by KILL", "not reached", "worker-6", "awaited")
		d.rest(time.Second) // a key that is held down means it once
		d.press("g")
		d.sees("run is off: it was run")
		d.press("down")
		d.sees("exec", "stderr: sh: 1: nginx: not found")
		d.press("x")
		d.sees("ending it on worker-6")
		want := []string{
			"order worker-[1-3],exec: nginx -t | tail  -1, sudo true", "order worker-[1-3],exec: nginx -t | tail  -1, sudo false",
			"exec exec,worker-[1-3]: /bin/sh -c 'nginx -t | tail  -1'", "cancel 1",
		}
		if !slices.Equal(fake.Calls(), want) {
			t.Errorf("the desk was told %q, want %q", fake.Calls(), want)
		}
	})
}

func TestACommandOnMarkedNodesIsAskedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press("space", "space", "x")
		d.sees("Run on worker-1,worker-2")
		d.press("esc")
		d.sees("Nodes")
		d.press("x")
		d.write("uptime")
		d.press("enter")
		d.sees("Exec worker-1,worker-2", "› /bin/sh -c uptime")
		if want := []string{"order worker-1,worker-2: uptime, sudo false"}; !slices.Equal(fake.Calls(), want) {
			t.Errorf("the desk was told %q, want %q", fake.Calls(), want)
		}
	})
}

func TestTheLastCommandCanBeSeenAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press(":")
		d.write("exec")
		d.press("enter")
		d.sees("6 of 7 have answered after 12s")
	})
}

func TestReadOnlyRunsNoCommand(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		o := options()
		o.About.ReadOnly = true
		d := drive(t, fake, o, 120, 36)
		defer d.stop()
		d.press(":")
		d.write("exec worker-1 -- uptime")
		d.press("enter")
		d.rest(100 * time.Millisecond)
		d.press("g")
		d.sees("run is off: this console is read-only")
		if slices.ContainsFunc(fake.Calls(), func(c string) bool { return c[:4] == "exec" }) {
			t.Errorf("the desk was told %q", fake.Calls())
		}
	})
}

func TestANodeThatIsNotKnownIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		fake.Said = fanout.View{}
		fake.Fails = stage.ErrStage
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press(":")
		d.write("exec wroker-1 -- uptime")
		d.press("enter")
		d.sees(stage.ErrStage.Error())
		d.press("g")
		d.sees("run is off: there is nothing to run yet")
	})
}
