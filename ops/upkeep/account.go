package upkeep

import (
	"context"
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/tootctl"
)

// accountSupport helps somebody who cannot log in.
func accountSupport() sheet {
	return sheet{
		id: "account-support", title: "Help somebody to log in", danger: act.Changes,
		summary: "Approves a local account, turns its second factor off, gives it a new password: what of it you say. Each is looked at in the database afterwards.",
		dangers: []string{
			"Whoever has the mailbox or talks you into it gets the account: make sure who asks.",
			"A new password ends every session and every app of theirs. You are handed it once, and it is kept nowhere.",
		},
		asks: []ask{
			{name: "username", about: "the local account", kind: "string", needed: true, shape: usernameShape},
			{name: "approve", about: "let them in", kind: "bool", without: "false"},
			{name: "disable_2fa", about: "turn the second factor off", kind: "bool", without: "false"},
			{name: "reset_password", about: "give them a new password", kind: "bool", without: "false"},
		},
		steps: func(c *chore) []run.Step {
			if !c.yes("approve") && !c.yes("disable_2fa") && !c.yes("reset_password") && c.err == nil {
				c.err = &fault.Error{
					What: "nothing is to be done", On: c.said["username"], Why: "neither approve nor disable_2fa nor reset_password was said", Next: "say one: --set approve=true, --set disable_2fa=true or --set reset_password=true", Code: fault.Usage,
				}
			}
			steps := []run.Step{c.who()}
			if c.yes("approve") {
				steps = append(steps, c.step(errand{
					id: "approve", title: "Approve the account", why: "They signed up, and wait for a moderator.", kind: run.Idempotent, noUndo: "reject or suspend it in the web interface",
					call: c.modify("--approve"), proof: c.proven("approved", func(p person) bool { return p.Approved }),
				}))
			}
			if c.yes("disable_2fa") {
				steps = append(steps, c.step(errand{
					id: "second-factor", title: "Turn the second factor off", why: "They lost what makes their codes. They should set it up again.", kind: run.Idempotent, noUndo: "only they can turn it on",
					call: c.modify("--disable-2fa"), proof: c.proven("without a second factor", func(p person) bool { return !p.Otp }),
				}))
			}
			if c.yes("reset_password") {
				steps = append(steps, c.step(errand{
					id: "password", title: "Give them a new password", why: "It is printed once. Hand it over by another way than the one they asked by.", kind: run.Once, noUndo: "the old password is gone",
					call: c.modify("--reset-password"),
				}), c.changed())
			}
			return steps
		},
	}
}

// person is a local account as the database has it.
type person struct {
	Found    bool
	Approved bool
	Disabled bool
	Otp      bool
	Role     string
	Sessions int
	Mark     string   // changes with the password, and tells nothing of it
	Near     []string // names that there are, where this one is not
}

const personRuby = `u = Account.find_local(ARGV[0])&.user
puts({found: !u.nil?, approved: u&.approved?, disabled: u&.disabled?, otp: u&.otp_required_for_login, role: u&.role&.name.to_s, sessions: u&.session_activations&.count,
mark: u && Digest::SHA256.hexdigest(u.encrypted_password)[0, 8],
near: u || !defined?(DidYouMean) ? [] : DidYouMean::SpellChecker.new(dictionary: Account.local.pluck(:username)).correct(ARGV[0]).first(3)}.to_json)`

func (c *chore) modify(option string) *tootctl.Call {
	return c.call("accounts", "modify", c.said["username"], option)
}

func (c *chore) person(ctx context.Context) (p person, err error) {
	name := c.said["username"]
	if err = c.see(ctx, "look at "+name, personRuby, &p, name); err == nil && !p.Found {
		why := "nobody of that name is at home on " + c.Config.Instance
		if len(p.Near) > 0 {
			why += "; did you mean " + strings.Join(p.Near, ", ") + "?"
		}
		err = &fault.Error{What: "no such account", On: name, Why: why, Next: "look in the web interface how it is written", Code: fault.Refused}
	}
	return p, err
}

func (p person) words() string {
	yes := map[bool]string{true: "yes", false: "no"}
	said := fmt.Sprintf("approved: %s, frozen: %s, second factor: %s, sessions: %d", yes[p.Approved], yes[p.Disabled], yes[p.Otp], p.Sessions)
	if p.Role != "" {
		said += ", role: " + p.Role
	}
	return said
}

// who looks at the account first. One of the team gets more than an account: that is asked.
func (c *chore) who() run.Step {
	s := c.look("who", "Look at the account", "Whether there is one of that name, and what it is.", personRuby, func(ctx context.Context, w *run.Walk) (string, error) {
		p, err := c.person(ctx)
		switch {
		case err != nil:
			return "", err
		case p.Role != "" && !w.Granted("team"):
			return "", run.NeedsGo{Key: "team", Attended: true, Cause: c.said["username"] + " is one of the team: " + p.Role, Hint: "make sure that it is they who ask: whoever gets this account moderates the instance", Details: []string{p.words()}}
		}
		return p.words(), w.Remember(ctx, resultFact("who"), p.Mark)
	})
	s.Skip = false
	return s
}

// proven looks whether the account is as it should be.
func (c *chore) proven(want string, is func(person) bool) func(context.Context) (bool, string, error) {
	return func(ctx context.Context) (bool, string, error) {
		p, err := c.person(ctx)
		if err != nil {
			return false, "", err
		}
		if is(p) {
			return true, c.said["username"] + " is " + want, nil
		}
		return false, c.said["username"] + " is not " + want, nil
	}
}

// changed proves that the password is another one, and that whoever was logged in is out.
func (c *chore) changed() run.Step {
	return c.look("changed", "Look whether it is another one", "The password in the database must differ from the one before, and no session may be left.", personRuby, func(ctx context.Context, w *run.Walk) (string, error) {
		p, err := c.person(ctx)
		switch {
		case err != nil:
			return "", err
		case p.Mark == w.Fact(resultFact("who")):
			return "", &fault.Error{What: "the password is the same", On: c.said["username"], Why: "the database has not changed", Next: "run it again", Code: fault.Failed}
		case p.Sessions > 0:
			return fmt.Sprintf("another password; %s since", spelling.Count(p.Sessions, "session", "sessions")), nil
		}
		return "another password, and no session", nil
	})
}
