package root

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ui/internal/stage"
	"github.com/vmtui/vmtui/ui/screen"
)

func TestTootctlIsFoundFilledInAndRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		desk := stage.New(nil)
		d := opened(t, desk, 120, 36)
		defer d.stop()
		d.press("t")
		d.sees("48 of 48", "Mastodon 4.5.3", "What would run")
		d.press("/")
		d.write("orphan")
		d.sees("media remove-orphans", "Walk the whole bucket")
		d.press("enter", "enter", "down", "enter")
		d.write("cache/it's")
		d.press("enter")
		d.sees(`tootctl media remove-orphans '--prefix=cache/it'"'"'s'`, "it can be run")
		d.press("g")
		d.sees("Lost: every file in the storage", "▸ Rehearse it first", "Go on without", "tootctl itself asks nothing")
		d.press("enter")
		d.rest(time.Second)
		d.sees("20 of 40", "Error processing 20: boom")
		d.press("esc", "g")
		d.rest(time.Second) // a key that is held confirms nothing
		d.press("g")
		d.sees("type vmst.example to go on")
		d.write("vmst.example")
		d.press("enter")
		d.rest(time.Second)
		d.sees("Its dry run", "success", "(DRY RUN)", "50%")
		d.press("x")
		d.sees("What it has done stays done")
		d.press("right", "enter")
		want := []string{
			`tootctl media remove-orphans '--prefix=cache/it'"'"'s' --dry-run typed ""`, `tootctl media remove-orphans '--prefix=cache/it'"'"'s' typed "vmst.example"`, "cancel 20260808-120000-abcdef",
		}
		for _, w := range want {
			if !slices.Contains(desk.Calls(), w) {
				t.Errorf("%q was not asked for: %q", w, desk.Calls())
			}
		}
	})
}

func TestTootctlIsTyped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		desk := stage.New(nil)
		d := opened(t, desk, 120, 36)
		defer d.stop()
		d.press("t", "e", "ctrl+u")
		d.write("cache rec")
		d.press("tab")
		d.write("st")
		d.sees("statuses", "statuses?", "it takes accounts")
		d.press("tab", "enter")
		d.sees("tootctl cache recount statuses", "it can be run")
		d.press("f", "g")
		d.sees("Run it")
		d.press("esc")
		d.sees("tootctl cache recount statuses")
		if !slices.Contains(desk.Calls(), "favour tootctl cache recount statuses") || slices.ContainsFunc(desk.Calls(), func(c string) bool { return c == `tootctl cache recount statuses typed ""` }) {
			t.Errorf("%q", desk.Calls())
		}
	})
}

func TestJobsAreListedAndOpened(t *testing.T) {
	bubble(t, func(t *testing.T) {
		desk := stage.New(nil)
		d := opened(t, desk, 120, 36)
		defer d.stop()
		d.press("J")
		d.sees("Jobs on exec", "running", "the node was rest")
		d.press("down", "x")
		d.sees("only a job that runs can be cancelled")
		d.press("up", "x")
		d.sees("Let it run")
		d.press("right", "enter", "enter")
		d.sees("Job 20260808-115700-aaaaaa")
		if !slices.Contains(desk.Calls(), "cancel 20260808-115700-aaaaaa") {
			t.Errorf("%q", desk.Calls())
		}
	})
}

// What asks is looked at before it is begun, and is not begun where something does not hold.
func TestWhatAsksIsLookedAtFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		desk := stage.New(nil)
		d := opened(t, desk, 120, 36)
		defer d.stop()
		d.press("t", "/")
		d.write("maintenance")
		d.press("enter", "g")
		d.rest(time.Second)
		d.sees("Sidekiq is stopped everywhere does not hold: 1 registered")
		if slices.ContainsFunc(desk.Calls(), func(c string) bool { return strings.Contains(c, "typed") }) {
			t.Errorf("%q", desk.Calls())
		}
	})
}

// The job that was asked about is cancelled, wherever the selection has gone meanwhile.
func TestTheJobThatWasMeantIsCancelled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		desk := stage.New(nil)
		d := opened(t, desk, 120, 36)
		defer d.stop()
		d.press("J")
		d.sees("running", "success")
		d.press("x")
		d.sees("Cancel the job")
		d.root.top().Update(screen.Clicked{ID: "job:20260808-110000-bbbbbb"}) // as a row that vanished would
		d.press("tab", "enter")
		if calls := desk.Calls(); !slices.ContainsFunc(calls, func(c string) bool { return strings.HasPrefix(c, "cancel") }) || slices.ContainsFunc(calls, func(c string) bool { return strings.Contains(c, "bbbbbb") }) {
			t.Errorf("%q", calls)
		}
	})
}

// A name with a line end in it stays one, and is seen to have it wherever it stands.
func TestALineEndWithinANameIsSeen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		desk := stage.New(nil)
		d := opened(t, desk, 120, 36)
		defer d.stop()
		d.press("t", "/")
		d.write("media lookup")
		d.press("enter", "enter")
		d.sees("Full media URL")
		d.press("enter")
		d.send(tea.PasteMsg{Content: "https://x.example/a\r\nb\n"})
		d.sees("https://x.example/a⏎b")
		d.rest(time.Second)
		d.press("enter")
		d.sees(`tootctl media lookup $'https://x.example/a\nb'`, "URL  https://x.example/a⏎b ", "it can be run")
		d.press("g")
		d.rest(time.Second)
		if want := `tootctl media lookup $'https://x.example/a\nb' typed ""`; !slices.Contains(desk.Calls(), want) {
			t.Errorf("%q was not asked for: %q", want, desk.Calls())
		}
	})
}

// What was run before is used again, kept as a favourite, and forgotten.
func TestThePastIsUsedAndForgotten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		desk := stage.New(nil)
		d := opened(t, desk, 120, 36)
		defer d.stop()
		d.press("t", "X")
		d.sees("forget is off: no line of the history is selected")
		d.press("3", "down", "down")
		d.sees("tootctl accounts modify spammer --disable", "accounts modify USERNAME", "spammer ") // what would run is what is selected
		d.press("g")
		d.sees("accounts modify on exec", "Run it")
		d.press("esc", "up", "f", "down", "down", "X")
		d.rest(time.Second)
		for _, want := range []string{"favour tootctl media remove --days=14", "unremember tootctl accounts modify spammer --disable"} {
			if !slices.Contains(desk.Calls(), want) {
				t.Errorf("%q was not asked for: %q", want, desk.Calls())
			}
		}
		if strings.Contains(d.screen(), "spammer --disable") {
			t.Errorf("it is still there:\n%s", d.screen())
		}
		d.press("enter")
		d.sees("tootctl media", "it can be run")
	})
}

// A favourite is a line that can be run.
func TestHalfALineIsNoFavourite(t *testing.T) {
	bubble(t, func(t *testing.T) {
		desk := stage.New(nil)
		d := opened(t, desk, 120, 36)
		defer d.stop()
		d.press("t", "/")
		d.write("media lookup")
		d.press("enter", "f")
		d.sees("favourite is off", "URL is missing")
		d.press("enter", "down", "enter")
		d.sees("It takes a text", "it can be taken")
	})
}
