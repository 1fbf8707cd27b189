package upkeep

import (
	"context"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/tootctl"
)

// The modes of registrations, as Mastodon's settings name them.
const (
	modeNone     = "none"
	modeApproved = "approved"
	modeOpen     = "open"
)

// registrationsClose keeps new people out.
func registrationsClose() sheet {
	return sheet{
		id: "registrations-close", title: "Close the registrations", danger: act.Changes,
		summary: "Nobody can sign up any more: during a wave of spam, or before an upgrade. Undo opens them as they were.",
		dangers: []string{"Invitations still work: revoke them in the web interface if they must not."},
		steps: func(c *chore) []run.Step {
			return c.turn(modeNone, "Close them", "A wave of spam ends where it can sign up no more.", c.call("settings", "registrations", "close"))
		},
	}
}

// registrationsOpen lets people in again.
func registrationsOpen() sheet {
	return sheet{
		id: "registrations-open", title: "Open the registrations", danger: act.Changes,
		summary: "People can sign up again: with approval by a moderator, or without. Undo sets them as they were.",
		dangers: []string{"Open without approval, an instance that nobody watches is found by spammers within hours; Mastodon closes it by itself when no moderator comes."},
		asks: []ask{
			{name: "approval", about: "a moderator approves each", kind: "bool", without: "true"},
			{name: "require_reason", about: "people must say why they want to join; only with approval", kind: "bool", without: "false"},
		},
		steps: func(c *chore) []run.Step {
			if !c.yes("approval") {
				return c.turn(modeOpen, "Open them", "Whoever comes is in at once.", c.call("settings", "registrations", "open"))
			}
			words := []string{"settings", "registrations", "approved"}
			if c.yes("require_reason") {
				words = append(words, "--require-reason")
			}
			return c.turn(modeApproved, "Open them, with approval", "Whoever comes waits for a moderator.", c.call(words...))
		},
	}
}

const modeRuby = `puts Setting.registrations_mode.to_json`

func (c *chore) mode(ctx context.Context) (string, error) {
	var mode string
	err := c.see(ctx, "look how people sign up", modeRuby, &mode)
	return mode, err
}

// turn remembers how it was, and sets it.
func (c *chore) turn(want, title, why string, call *tootctl.Call) []run.Step {
	was := c.look("was", "Look how it is", "Undo sets it back to this.", modeRuby, func(ctx context.Context, w *run.Walk) (string, error) {
		mode, err := c.mode(ctx)
		if err != nil {
			return "", err
		}
		return "registrations are: " + mode, w.Remember(ctx, resultFact("was"), mode)
	})
	was.Skip = false
	set := c.step(errand{
		id: "set", title: title, why: why, kind: run.Idempotent, usual: "as long as Rails takes to start", call: call,
		proof: func(ctx context.Context) (bool, string, error) {
			mode, err := c.mode(ctx)
			return mode == want, "registrations are: " + mode, err
		},
	})
	set.UndoPlan = []string{c.Jobs.Node.Name + "$ tootctl settings registrations   as step was found it"}
	set.Undo = func(ctx context.Context, w *run.Walk) error {
		return c.launch(ctx, w, errand{id: "unset", title: "Set it back", kind: run.Idempotent, call: c.call(back(w.Fact(resultFact("was")))...)})
	}
	set.Undone = func(w *run.Walk) run.Check {
		return func(ctx context.Context) (run.Progress, error) {
			mode, err := c.mode(ctx)
			was := w.Fact(resultFact("was"))
			return run.Progress{Done: err == nil && mode == was, Detail: "registrations are: " + mode, For: "registrations to be " + was, Again: pace}, err
		}
	}
	return []run.Step{was, set}
}

// back are the words that set a mode.
func back(mode string) []string {
	switch mode {
	case modeOpen:
		return []string{"settings", "registrations", "open"}
	case modeApproved:
		return []string{"settings", "registrations", "approved"}
	}
	return []string{"settings", "registrations", "close"}
}
