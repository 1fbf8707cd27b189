package sidekiq

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/redis"
)

// A claim says who is at work on a queue: acts of two consoles on one queue would undo each other's order. It lies in Redis under the queue's name, and every
// script of an act begins by taking or keeping it, so that none is carried out once another act has it. One whose console died is free a moment later.
// What cannot be fenced by it is told apart by the steps' numbers and by the records of the shelves.

const (
	claimKey  = "vmtui:at-work:"
	claimLife = 20 * time.Second
	claimKept = claimLife / 4 // while no script is sent, the claim is kept that often

	releaseMost = 2 * time.Second
)

// claimedMark begins the error of a script that was not carried out because of somebody else's claim; their name follows.
const claimedMark = "VMTUI-CLAIMED "

// claimed is the queue that an act must have for itself, "" for none: jobs of a set are taken one by one, and signals touch no queue.
func (p Plan) claimed() string {
	switch p.Deed {
	case Park, Restore, Load, Delete, Kill, Move:
		if !p.place.Set {
			return p.queue()
		}
	default:
	}
	return ""
}

// claim takes the queue for this act.
func (g *grip) claim(ctx context.Context, by, queue string) error {
	if queue == "" {
		return nil
	}
	g.queue, g.token = queue, strings.ReplaceAll(by, " ", "_")+" "+rand.Text()
	_, err := g.steady(ctx, claimScript, nil)
	return err
}

// keep keeps the claim while an act only reads, which may take longer than a claim lives.
func (g *grip) keep(ctx context.Context) error {
	if g.token == "" || time.Since(g.kept) < claimKept {
		return nil
	}
	_, err := g.steady(ctx, claimScript, nil)
	return err
}

// release gives the queue back. Where that fails the claim ends by itself.
func (g *grip) release(ctx context.Context) {
	if g.token == "" {
		return
	}
	ctx, end := context.WithTimeout(ctx, releaseMost)
	defer end()
	_, _ = g.once(ctx, releaseScript, nil)
}

// atWork is who has a claim on a queue, "" for nobody.
func (j *Jobs) atWork(ctx context.Context, queue string) (string, error) {
	got, err := j.redis.Read(ctx, redis.Cmd("GET", j.key(claimKey+queue)))
	if err != nil || got[0].Nil() {
		return "", err
	}
	return claimant(got[0].Text()), nil
}

// claimant is who wrote a claim.
func claimant(token string) string {
	by, _, _ := strings.Cut(token, " ")
	return clean.Line(by)
}

// busyWith is the refusal of an act on a queue that somebody else is at work on.
func busyWith(queue, by string) *fault.Error {
	return &fault.Error{
		What: "refused: somebody is at work there", On: queue, Why: "an act of " + by + "'s on this queue is under way",
		Next: fmt.Sprintf("wait for it; should its console have died, the queue is free %s after its last step", claimLife), Code: fault.Refused,
	}
}

// ours makes the error of a script that met somebody else's claim a refusal.
func (g *grip) ours(err error) error {
	if err == nil {
		return nil
	}
	if _, token, is := strings.Cut(err.Error(), claimedMark); is {
		return busyWith(g.queue, claimant(token))
	}
	return err
}
