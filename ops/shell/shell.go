// Package shell opens interactive shells on nodes: through the door, on the record, and with nothing of what is typed or shown kept.
package shell

import (
	"context"
	"errors"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Host is where a shell can be opened.
type Host interface {
	Shell(ctx context.Context, permit remote.Permit, t ssh.Terminal) ssh.Result
	Look(ctx context.Context, c ssh.Command) ssh.Result
	ForwardsAgent() bool
}

// Room is where an operator sits down at a node.
type Room struct {
	Door    *act.Door
	Journal act.Journal
}

// Knock reaches the node, with all questions that come up on the way: once a shell has the terminal nobody can be asked.
func (r Room) Knock(ctx context.Context, node string, h Host) error {
	return h.Look(ctx, ssh.Command{For: "see whether a shell can be opened", Script: "exit 0"}).Err("opening a shell", node)
}

// Enter opens the shell and gives its exit status. What it ended with says nothing about what was done in it, so any answer is done, and so is
// hanging up; a connection that was lost is unknown. It needs no lease: whoever looks into an incident must be able to, whoever is at work.
func (r Room) Enter(ctx context.Context, node string, h Host, t ssh.Terminal) (status int, err error) {
	permit, settle, err := r.Door.Open(ctx, r.Journal, act.Act{
		Verb: "shell/open", Target: node, What: "an interactive shell", Danger: act.Changes, Unleased: true,
	})
	if err != nil {
		return 0, err
	}
	t.Agent = t.Agent || h.ForwardsAgent()
	res := h.Shell(ctx, permit, t)
	if res.Outcome != ssh.Exited && res.Outcome != ssh.Signalled && !errors.Is(res.Cause, ssh.ErrHungUp) {
		err = res.Err("the shell", node)
	}
	return res.Code, errors.Join(err, settle(act.Outcome{Err: err}))
}
