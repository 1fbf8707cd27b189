package root

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/verb"
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
		d.sees("there is nothing called “frobnicate”; : lists what there is")
		d.press(":")
		d.write("drian worker-1")
		d.press("enter")
		d.sees("the nearest is drain, and : lists what there is")
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
		d.press(":")
		d.write("logs wroker-2")
		d.press("enter")
		d.sees("there is no node called “wroker-2”; the nearest is worker-2")
		if calls := fake.Calls(); !slices.Contains(calls, "logs worker-2 web") {
			t.Errorf("%v", calls)
		}
	})
}

// withSupport is a stage on whose shelf a runbook takes inputs.
func withSupport() *stage.Desk {
	fake := stage.New(nil)
	fake.Own = []desk.VerbState{{
		Verb: verb.Verb{ID: "account-support", Title: "Help somebody to log in", Danger: act.Changes, Runbook: "account-support"},
		Inputs: []run.Input{
			{Name: "username", Type: "string", About: "the local account", Needed: true},
			{Name: "approve", Type: "bool", About: "let them in", Default: "false", Values: []string{"true", "false"}},
			{Name: "like", Type: "node", About: "the node that it is looked up on"},
		},
	}}
	return fake
}

// A runbook is said in the palette with its inputs, as the command line takes them: completed by their names and by what they can be, quoted as in a shell.
func TestARunbookIsSaidWithItsInputs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := withSupport()
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.rest(time.Second)
		d.press(":")
		d.write("account-support ")
		d.sees("username= ", "the local account; needed", "approve= ", "true or false; false by default")
		d.write("us")
		d.press("enter")
		d.sees(": account-support username=")
		d.write("'wes ley' ap")
		d.press("tab")
		d.sees("approve=true", "approve=false")
		d.write("tr")
		d.press("tab")
		d.write("like=")
		d.sees("like=worker-2", "like=exec")
		d.write("worker-2")
		d.sees("look at its plan")
		d.press("enter")
		d.rest(time.Second)
		d.sees("Plan account-support")
		d.press("esc", ":")
		d.write("worker-rei")
		d.press("enter", "down", "down", "tab")
		d.write("why=old\\ disk --set why='old disk'")
		d.press("enter")
		d.rest(time.Second)
		d.sees("Plan reimage worker-3")
		want := []string{`plan account-support  approve="true" like="worker-2" username="wes ley"`, `plan worker-reimage worker-3 why="old disk"`}
		if got := slices.DeleteFunc(fake.Calls(), func(s string) bool { return !strings.HasPrefix(s, "plan ") }); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

// What cannot be meant is refused, with the nearest, while it is typed and when it is said; what is missing is asked for.
func TestWhatIsSaidWronglyToARunbook(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := withSupport()
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.rest(time.Second)
		for said, want := range map[string]string{
			"account-support usrname=wesley":       "that input is not known on usrname: the nearest is username",
			"account-support username='wesley":     "reached EOF without closing quote",
			"drain worker-3 worker-2":              "it is done to worker-3 already",
			"drain worker-3 --yes":                 "that does not belong here on --yes",
			"drain marked why=disk":                "what is marked is told nothing more",
			"account-support username=a username=": `once it is "a" and once ""`,
		} {
			d.press(":")
			d.write(said)
			if !strings.Contains(said, "marked") {
				d.sees("off ", want)
			}
			d.press("enter")
			d.sees(want)
		}
		d.press(":")
		d.write("account-support approve=true")
		d.sees("say the rest, username before all")
		d.press("enter")
		d.sees("What it is to be done with", "▸ username", "true  ← → true false")
		d.write("wesley")
		d.press("tab", "tab", "enter")
		d.rest(time.Second)
		if calls := fake.Calls(); !slices.Equal(slices.DeleteFunc(calls, func(s string) bool { return !strings.HasPrefix(s, "plan ") }), []string{`plan account-support  approve="true" username="wesley"`}) {
			t.Errorf("%q", calls)
		}
		d.press("ctrl+r") // another one
		d.sees("▸ username  wesley")
	})
}
