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
		summary: "Nobody can sign up any more: during a wave of spam, or before an upgrade.",
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
		summary: "People can sign up again: with approval by a moderator, or without.",
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

// turn looks how it is, and sets it.
func (c *chore) turn(want, title, why string, call *tootctl.Call) []run.Step {
	was := c.look("was", "Look how it is", "So that the history knows what it was before.", modeRuby, func(ctx context.Context, _ *run.Walk) (string, error) {
		mode, err := c.mode(ctx)
		return "registrations are: " + mode, err
	})
	set := c.step(errand{
		id: "set", title: title, why: why, kind: run.Idempotent, usual: "as long as Rails takes to start", call: call, noUndo: "registrations-open and registrations-close are each other's way back",
		proof: func(ctx context.Context) (bool, string, error) {
			mode, err := c.mode(ctx)
			return mode == want, "registrations are: " + mode, err
		},
	})
	return []run.Step{was, set}
}
