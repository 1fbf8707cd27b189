package root

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestAPageIsAskedForAndPurged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		desk := stage.New(nil)
		d := opened(t, desk, 120, 36)
		defer d.stop()
		d.press("p")
		d.sees("needed, such as /@picard: enter", "Nothing was purged from this console yet")
		d.press("down", "enter")
		d.write("/@picard")
		d.press("enter")
		d.sees("JSON is served as HTML", "kept by cache rule", "POST /zones/vmst.example/purge_cache")
		d.press("g")
		d.sees("mend it first, or it", "Purge it")
		d.press("right", "enter")
		d.rest(time.Second)
		d.sees("1 of 4 purged", "waiting 17s")
		d.press("x", "2", "enter")
		d.sees("▸[1] Purge", "▸url") // who reads the answers changes nothing by enter
		d.press("up")
		for range 4 { // url, prefix, host, tag, everything
			d.press("enter")
		}
		d.sees("everything there is", "every visitor")
		if !slices.Contains(desk.Calls(), `purge url /@picard at origin, edge typed ""`) || !slices.Contains(desk.Calls(), "cancel purge 1") {
			t.Errorf("%q", desk.Calls())
		}
	})
}

func TestEverythingIsTypedFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		desk := stage.New(nil)
		d := opened(t, desk, 80, 24)
		defer d.stop()
		d.press("p")
		for range 4 {
			d.press("enter")
		}
		d.rest(time.Second)
		d.press("g")
		d.rest(time.Second)
		d.sees("type vmst.example to go on")
		d.write("vmst.io")
		d.press("enter", "esc")
		if slices.ContainsFunc(desk.Calls(), func(s string) bool { return strings.Contains(s, "typed") }) {
			t.Errorf("purged: %q", desk.Calls())
		}
	})
}

func TestTheZoneIsSwitchedWithAQuestion(t *testing.T) {
	bubble(t, func(t *testing.T) {
		desk := stage.New(nil)
		d := opened(t, desk, 120, 36)
		defer d.stop()
		d.press("Z")
		d.sees("ON for another 2h", "switch it back", "leads to worker-2 itself", "EXPIRED", "give the token Zone.Cache")
		d.press("d")
		d.rest(time.Second)
		d.sees("The edge keeps nothing.", "the fleet reminds you")
		d.press("right", "enter")
		d.rest(time.Second)
		for _, want := range []string{"switching development_mode false", "switch development_mode from off to on"} {
			if !slices.Contains(desk.Calls(), want) {
				t.Errorf("%s: %q", want, desk.Calls())
			}
		}
	})
}
