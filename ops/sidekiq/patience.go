package sidekiq

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/redis"
)

// patience is how long an act waits for a Redis that is away, loads its data or changes its primary: one of some gigabytes loads for minutes. Whoever asked
// for the act sees it wait, and ends that when they like.
const patience = 10 * time.Minute

// The pauses between two tries grow from the first to the longest.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 5 * time.Second
)

// insist does something until it is done, or its error is none that may be answered by doing it again, or the patience ends.
func (g *grip) insist(again func(error) bool, do func() error) error {
	began, pause := time.Now(), firstPause
	for {
		err := do()
		if err == nil || !again(err) || g.givenUp() {
			return err
		}
		g.waits++
		waits := time.Since(began)
		if waits >= patience {
			return outOfPatience(err)
		}
		g.say(waiting(err, began, waits))
		select {
		case <-time.After(min(pause, patience-waits)):
		case <-g.asked.Done():
		}
		pause = min(2*pause, longestPause)
	}
}

// waiting says what an act waits for, until when, and what can be done meanwhile.
func waiting(err error, began time.Time, waits time.Duration) Progress {
	f := fault.Of(err)
	return Progress{
		Doing: "waiting for Redis", Done: int64(waits.Seconds()), Of: int64(patience.Seconds()), Unit: "s",
		Says: fmt.Sprintf("%s; %s. It goes on by itself when Redis is back, until %s at the latest; whoever ends it before loses nothing", f.Why, f.Next, began.Add(patience).UTC().Format("15:04:05 UTC")),
	}
}

func outOfPatience(err error) error {
	f := *fault.Of(err)
	f.Why = fmt.Sprintf("after %s of waiting: %s", round(patience), f.Why)
	f.Next = "nothing is lost, and it is safe to do it again; " + f.Next
	return (&f).Because(err)
}

// unsent reports an error that may pass, of something that was certainly not done.
func unsent(err error) bool { return redis.Passing(err) && !errors.Is(err, remote.ErrUnknown) }

// patient is a Redis that an act waits for.
type patient struct {
	Redis
	grip *grip
}

// Read waits for every answer.
func (p patient) Read(ctx context.Context, cmds ...redis.Command) (out []redis.Reply, err error) {
	err = p.grip.insist(redis.Passing, func() error {
		out, err = p.Redis.Read(ctx, cmds...)
		return err
	})
	return out, err
}

// Change waits as long as nothing was changed.
func (p patient) Change(ctx context.Context, permit remote.Permit, what string, cmds ...redis.Command) (out []redis.Reply, err error) {
	err = p.grip.insist(unsent, func() error {
		out, err = p.Redis.Change(ctx, permit, what, cmds...)
		return err
	})
	return out, err
}

// waitingFor are the same acts on a Redis that is waited for.
func (a *Acts) waitingFor(g *grip) *Acts {
	b := *a
	b.Jobs = &Jobs{redis: patient{a.Jobs.redis, g}, prefix: a.Jobs.prefix}
	g.jobs = b.Jobs
	return &b
}
