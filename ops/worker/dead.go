package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/ssh"
)

// askedFor bounds the question whether a host lives. The wire gives up by itself long before, unless the operator is asked for a passphrase.
const askedFor = 6 * time.Minute

// dead finds out whether the host is dead. That is believed only when nothing at all came back from it, to here and to exec: a host that refuses us,
// shows another key or is out of our own reach lives, and treating it as dead would cut off its visitors and lose its jobs. What cannot be found out is
// an error.
func (c *crew) dead(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, askedFor)
	defer cancel()
	res := c.host().Look(ctx, ssh.Command{For: "see whether it lives", Script: "true"})
	switch {
	case res.Outcome == ssh.Exited || res.Outcome == ssh.Signalled:
		return false, nil
	case !errors.Is(res.Cause, ssh.ErrSilent):
		return false, res.Err("seeing whether the host lives", c.node.Name)
	}
	h, err := c.probe(ctx, c.in.Private)
	if err != nil {
		return false, err
	}
	if h.up || h.status != 0 {
		return false, &fault.Error{
			What: "ssh does not reach it, but it lives", On: c.node.Name, Code: fault.Refused,
			Why:  fmt.Sprintf("the balancer's probe, repeated from %s, %s; ssh: %s", c.Config.Exec().Name, h.detail, fault.Of(res.Cause).Why),
			Next: "mend the way there first (`" + ssh.ByHand(c.node.SSH) + "`): a host that lives is not treated as dead",
		}
	}
	return true, nil
}

// checkDead makes sure that a host which was dead when the run was made still is.
func (c *crew) checkDead(ctx context.Context) (string, error) {
	dead, err := c.dead(ctx)
	if err == nil && !dead {
		err = &fault.Error{What: "it answers again", On: c.node.Name, Why: "this run was made for a dead host, and would leave out everything that protects its visitors and jobs", Next: "begin a new run: it treats it as the living host that it is", Code: fault.Refused}
	}
	return "no sign of life, from here and from " + c.Config.Exec().Name, err
}

// mourn asks for the droplet's id before anything is done to a dead host. Nobody passes this by saying yes to everything.
func (c *crew) mourn(do func(context.Context, *run.Walk) error) func(context.Context, *run.Walk) error {
	return func(ctx context.Context, w *run.Walk) error {
		if err := do(ctx, w); err != nil || !c.in.Dead || w.Granted("dead") {
			return err
		}
		return run.NeedsGo{
			Key: "dead", Cause: c.node.Name + " gives no sign of life", Confirm: c.confirm(),
			Hint:    "its steps on the host are left out, and jobs it had in hand may be lost; go on only if you know that it is dead",
			Details: []string{c.dropletName(), "the address " + c.in.Address + " does not answer, and the balancer's probe gets nothing from " + c.in.Private},
		}
	}
}
