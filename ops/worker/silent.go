package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	cryptossh "golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// factSilent says why the host could not be asked who it is when the operator was asked for the word to its rebuild; empty when it could.
const factSilent = "rebuild-silent"

// readyToRebuild finds out, before the word is typed, what the droplet's identity rests on by now. A host that died on the way, or that a rebuild left
// off or half made, cannot say who it is: then it rests on the provider's word and on this run's own log, and the droplet's id is typed.
func (c *crew) readyToRebuild(ctx context.Context, w *run.Walk) (run.Ready, error) {
	if c.in.Dead && len(w.Intents("")) == 0 {
		return run.Ready{}, nil // the preflight looked, and asked
	}
	why, err := c.silent(ctx, w)
	if err != nil {
		return run.Ready{}, err
	}
	if w.Fact(factSilent) != why {
		if err := w.Remember(ctx, factSilent, why); err != nil {
			return run.Ready{}, err
		}
	}
	told := c.tellRebuilds(ctx, w)
	if why == "" {
		return run.Ready{Details: told}, nil
	}
	d, err := c.onRecord(ctx)
	if err != nil {
		return run.Ready{}, err
	}
	return run.Ready{Confirm: c.id(), Details: append(c.vouchers(d, why), told...)}, c.deadIdentity(ctx, d)
}

// silent finds out why the host cannot be asked who it is, "" when it can. One that answers after a rebuild was sent must be as this run left it.
func (c *crew) silent(ctx context.Context, w *run.Walk) (string, error) {
	dead, err := c.dead(ctx)
	switch {
	case err != nil:
		return c.unfinished(ctx, w, err)
	case dead:
		return "it gives no sign of life, from here and from " + c.Config.Exec().Name, nil
	}
	if len(w.Intents("")) == 0 {
		return "", nil // the steps before have just proved what they left
	}
	return "", c.checkAsleep(ctx)
}

// unfinished tells a new system that nobody trusts yet, left by this run's own rebuild that ended in an error, from a host that refuses us. Only the
// former is accounted for.
func (c *crew) unfinished(ctx context.Context, w *run.Walk, refusal error) (string, error) {
	if !c.errored(ctx, w) || len(c.in.HostKeys) == 0 {
		return "", refusal
	}
	key, err := c.scan(ctx, cryptossh.KeyAlgoED25519)
	if err != nil || key == nil || slices.Contains(c.in.HostKeys, fingerprint(key)) {
		return "", errors.Join(refusal, err)
	}
	return "it shows " + c.Config.Exec().Name + " another host key than before its rebuild, " + fingerprint(key), nil
}

// errored reports that this run's last rebuild is known to have ended in an error.
func (c *crew) errored(ctx context.Context, w *run.Walk) bool {
	if w.Fact(factAction) == "" {
		return false
	}
	a, err := c.action(ctx, w)
	return err == nil && a.Status == digitalocean.Errored
}

// checkAsleep refuses a host that lives and works again: docker starts what it had when a machine is powered on, and a new disk would end its jobs.
func (c *crew) checkAsleep(ctx context.Context) error {
	up, err := c.running(ctx)
	var without verdict // no docker is there
	if errors.As(err, &without) || err == nil && len(up) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return &fault.Error{
		What: "it works again", On: c.node.Name, Why: strings.Join(up, ", ") + " are running, and a new disk would end what they do", Code: fault.Refused,
		Next: "stop here and start " + Reimage + " anew, which drains it first; or power it off in the control panel, then retry",
	}
}

// vouchers are what stands for the identity of a host that cannot be asked.
func (c *crew) vouchers(d digitalocean.Droplet, why string) []string {
	told := []string{
		c.node.Name + " cannot be asked who it is: " + why,
		fmt.Sprintf("the provider says: droplet %d is named %s, at %s and %s, and is %s", d.ID, d.Name, d.PrivateIP, d.PublicIP, d.Status),
	}
	if !c.in.Dead {
		told = append(told, fmt.Sprintf("this run's log says: before anything was touched, the host itself said that it is droplet %d", c.in.Droplet))
	}
	return append(told, "if that is the machine you mean, its id "+c.id()+" is the word")
}

// tellRebuilds says what is known of those that this run has sent already.
func (c *crew) tellRebuilds(ctx context.Context, w *run.Walk) []string {
	switch {
	case c.errored(ctx, w):
		return []string{"the rebuild before, action " + w.Fact(factAction) + ", is known to have ended in an error; this is a new one"}
	case slices.ContainsFunc(w.Intents(""), func(r run.Recorded) bool { return r.State != "done" && r.State != "failed" }):
		return []string{"whether the rebuild before was taken is not known, and the provider lists none; if it appears meanwhile, no other is sent"}
	}
	return nil
}

// word is what has to be typed for the rebuild, as it was asked for.
func (c *crew) word(w *run.Walk) string {
	if w.Fact(factSilent) != "" {
		return c.id()
	}
	return c.confirm()
}

// stillThat proves the droplet's identity at the moment of acting: by the host itself wherever it can be asked.
func (c *crew) stillThat(w *run.Walk) func(context.Context) error {
	if w.Fact(factSilent) == "" {
		return c.identity
	}
	return func(ctx context.Context) error {
		d, err := c.onRecord(ctx)
		if err == nil {
			err = c.deadIdentity(ctx, d)
		}
		if err != nil {
			return err
		}
		if why, err := c.silent(ctx, w); err != nil || why != "" {
			return err
		}
		return c.identity(ctx)
	}
}

// lastOwn is the newest action that this run knows of, 0 before it has sent a rebuild: one that is newer than that is a reason to send no other.
func lastOwn(w *run.Walk) int {
	if len(w.Intents("")) == 0 {
		return 0
	}
	before, _ := strconv.Atoi(w.Fact(factBefore)) // 0 when there is none
	action, _ := strconv.Atoi(w.Fact(factAction))
	return max(before, action)
}
