package sidekiq

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
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

// claimedMark begins the error of a script that was not carried out because of somebody else's claim; how many milliseconds it still has, and what stands in
// it, follow.
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

// Busy is somebody's claim on a queue.
type Busy struct {
	Queue string        `json:"queue"`
	By    string        `json:"by"`
	Left  time.Duration `json:"-"` // until it ends, should its console have died
	Ends  float64       `json:"ends_in_seconds"`

	token string
}

func busy(queue, token string, left time.Duration) *Busy {
	by, _, _ := strings.Cut(token, " ")
	return &Busy{Queue: queue, By: clean.Line(by), Left: left, Ends: left.Round(time.Millisecond).Seconds(), token: token}
}

// atWork is who has a claim on a queue, nil for nobody.
func (j *Jobs) atWork(ctx context.Context, queue string) (*Busy, error) {
	key := j.key(claimKey + queue)
	got, err := j.redis.Read(ctx, redis.Cmd("GET", key), redis.Cmd("PTTL", key))
	if err != nil || got[0].Nil() {
		return nil, err
	}
	return busy(queue, got[0].Text(), time.Duration(max(got[1].Int(), 0))*time.Millisecond), nil
}

// refusal is that of an act on the queue.
func (b *Busy) refusal() *fault.Error {
	return &fault.Error{
		What: "refused: somebody is at work there", On: b.Queue, Why: "an act of " + b.By + "'s on this queue is under way",
		Next: fmt.Sprintf("wait for it; should its console have died, the queue is free in %s", b.until()), Code: fault.Refused,
	}
}

// until is how long it still is, in whole seconds.
func (b *Busy) until() time.Duration {
	return max((b.Left + time.Second - 1).Truncate(time.Second), time.Second)
}

// awaited is how often Await looks.
const awaited = 250 * time.Millisecond

// Await waits for as long as a claim may be that of a console which died: until it is over, or its act does another step.
func (j *Jobs) Await(ctx context.Context, b *Busy, tell func(Progress)) error {
	tick := time.NewTicker(awaited)
	defer tick.Stop()
	says := fmt.Sprintf("an act of %s's has it; should its console have died, it is free in %s", b.By, b.until())
	for last := b; ; {
		tell(Progress{Doing: "waiting for " + b.Queue, Done: int64((b.until() - last.until()).Seconds()), Of: int64(b.until().Seconds()), Unit: "s", Says: says})
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		now, err := j.atWork(ctx, b.Queue)
		if err != nil || now == nil || now.token != last.token || now.Left > last.Left {
			return err
		}
		last = now
	}
}

// ours makes the error of a script that met somebody else's claim a refusal.
func (g *grip) ours(err error) error {
	if err == nil {
		return nil
	}
	if _, said, is := strings.Cut(err.Error(), claimedMark); is {
		left, token, _ := strings.Cut(said, " ")
		ms, _ := strconv.ParseInt(left, 10, 64) // what it is not, is shown as over
		return busy(g.queue, token, time.Duration(ms)*time.Millisecond).refusal()
	}
	return err
}
