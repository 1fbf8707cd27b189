package screen

import (
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// What is remembered and cannot be read any more is named once, and again when somebody wants it; what can be read says nothing.
func TestLinesThatCannotBeReadAreNamedOnce(t *testing.T) {
	e := env(t.Context(), stage.New(nil))
	toot := tootOf(e, "", "")
	past := gotLines{lines: desk.Lines{Past: []string{"tootctl media usage", "tootctl media vanish", "tootctl 'half"}}}
	toot.named = false
	act, _ := toot.answered(past)
	said, ok := act.(Say)
	if !ok || !said.Bad || !strings.HasPrefix(said.Text, "2 lines of the history cannot be read: tootctl media vanish: ") {
		t.Errorf("%+v", act)
	}
	if act, _ = toot.answered(past); act != nil {
		t.Errorf("named twice: %+v", act)
	}
	toot.panes.on, toot.line.id = panePast, "tootctl media vanish"
	if act, _ = toot.open(); act == nil {
		t.Error("nothing is said about the line that was wanted")
	}
	if line, c, err := toot.meant(); line != "tootctl media vanish" || c != nil || err == nil {
		t.Errorf("%s would be %v: %v", line, c, err)
	}
	if said := toot.Excerpts(); len(said) != 1 || said[0].Text != "tootctl media vanish" || toot.Draw(120, 34).H != 34 {
		t.Errorf("%+v", said)
	}
	for _, b := range toot.Bindings() {
		if b.ID == "toot-run" && b.Why == "" {
			t.Error("it can be run")
		}
	}
	toot.line.id = "tootctl media usage"
	if act, _ = toot.open(); act != nil || toot.command().Name() != "media usage" {
		t.Errorf("%+v, %s", act, toot.command().Name())
	}
}

// What the version does not have is shown as such in the list, in the explanation and in the form, and is not run.
func TestWhatAVersionLacksIsShown(t *testing.T) {
	toot := tootOf(env(t.Context(), stage.New(nil)), "", "")
	v, _ := tootctl.ReadVersion("4.3.1")
	toot.where.Version = v
	toot.at.id = "feeds vacuum"
	toot.search = "feeds"
	var seen strings.Builder
	for _, l := range toot.Draw(120, 34).Lines {
		seen.WriteString(l.String() + "\n")
	}
	for _, want := range []string{"– feeds vacuum", "▲ feeds clear", "not here: it came with Mastodon 4.4", "this is 4.3.1", "choose another command"} {
		if !strings.Contains(seen.String(), want) {
			t.Errorf("%q is not on the screen:\n%s", want, seen.String())
		}
	}
	for _, b := range toot.Bindings() {
		if b.ID == "toot-run" && !strings.Contains(b.Why, "it came with Mastodon 4.4") {
			t.Errorf("it can be run: %q", b.Why)
		}
	}
}

// On a small screen, too, the question before what asks shows what is lost and what could not be seen, before anything else.
func TestWhatCouldNotBeSeenIsSaidFirst(t *testing.T) {
	toot := tootOf(env(t.Context(), stage.New(nil)), "self-destruct", "")
	_, toot.call, _ = toot.meant()
	seen := []desk.Condition{{What: "its version is known", State: desk.Holds}, {What: "there is a backup of the database", State: desk.Unknown, Said: "that cannot be seen from here"}}
	var shown strings.Builder
	for _, l := range toot.typed(seen).Draw(80, 22).Lines {
		shown.WriteString(l.String() + "\n")
	}
	at := 0
	for _, want := range []string{"tootctl self-destruct", "Lost: the instance", "there is a backup of the database: unknown", "its version is known: holds", "It asks for the domain", "type vmst.example to go on"} {
		i := strings.Index(shown.String()[at:], want)
		if i < 0 {
			t.Fatalf("%q is not there, or not in its place:\n%s", want, shown.String())
		}
		at += i
	}
}

// While Rails starts for the version, the seconds that it has taken are seen.
func TestTheStartOfRailsIsSeen(t *testing.T) {
	e := env(t.Context(), stage.New(nil))
	toot := NewToot(e, "")
	e.World.Now = e.World.Now.Add(7 * time.Second)
	if _, said := toot.whereWords(76); !strings.HasSuffix(said, "Rails starts, since 7s") {
		t.Errorf("%q", said)
	}
}
