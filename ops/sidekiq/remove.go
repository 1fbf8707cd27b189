package sidekiq

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/redis"
)

// deadMost is how many dead jobs Sidekiq keeps.
const deadMost = 10_000

func (a *Acts) planDelete(o Order, p *Plan) {
	p.confirm(a.Instance)
	p.What = fmt.Sprintf("delete %s from %s (%s)", spelling.Count(p.Jobs, "job", "jobs"), p.Target, o.Filter)
	backup := "a backup of what is deleted, read back and proved, in " + a.Dir
	switch {
	case p.place.Shelf != nil && (p.place.Shelf.Restoring || p.place.Shelf.Kind == Filtered):
		p.refuse("an act on it is under way or was interrupted", "bring it to an end first: vmtui sidekiq restore "+p.Target)
	case p.place.Shelf == nil && !p.place.Set && o.Filter.Empty():
		p.refuse("a living queue is not deleted at once", "park it, which can be taken back: vmtui sidekiq park "+p.Target)
	case p.place.Shelf != nil && o.Filter.Empty():
		p.Lines = []string{backup, "UNLINK " + p.place.key + "   if it still is what the backup was made of"}
	case p.place.Set:
		p.Lines = []string{backup, "ZREM " + p.place.key + "   each, if it still is there"}
	default:
		p.Lines = []string{a.howTaken(p), backup, "UNLINK of what was taken out   if it still is what the backup was made of"}
	}
	p.locksNote(o)
	p.pacified(o)
}

// howTaken says how jobs are taken out of a list.
func (a *Acts) howTaken(p *Plan) string {
	switch {
	case p.place.Shelf != nil:
		return "RPOP " + p.place.key + " -> LPUSH what stays   in portions"
	case p.inPlace():
		return "LREM " + p.place.key + "   each, if it still is there"
	}
	return "RENAME " + p.place.key + "; then RPOP -> LPUSH " + p.place.key + " what stays   in portions, oldest first, beside the workers; what arrives meanwhile follows in its order"
}

// inPlace reports that so few jobs are meant, and all of them among the oldest, that they are taken out one by one: Redis looks through all that are older
// for each.
func (p *Plan) inPlace() bool {
	return p.isQueue() && p.few != nil && p.deep <= deepest
}

// deepest is among how many of the oldest jobs single ones are looked for, which takes Redis some milliseconds each.
const deepest = 20_000

func (p *Plan) locksNote(o Order) {
	if o.KeepLocks {
		p.warn("%d of %s looked at say they hold a unique lock, and the locks stay: the same jobs cannot be enqueued until each lock expires, 30 minutes to 50 days after it was taken", p.In.Locked, spelling.Count(p.In.Counted, "job", "jobs"))
		return
	}
	p.Lines = append(p.Lines, "release the unique locks of those jobs   each only if the job in question holds it: without that the same job could not be enqueued for up to 50 days")
}

// keepLocks says that an act leaves unique locks as they are, where there are any.
func (p *Plan) keepLocks() {
	if p.In.Locked > 0 {
		p.warn("%d of %s looked at name a unique lock; none is released here: who holds one keeps it until it has run", p.In.Locked, spelling.Count(p.In.Counted, "job", "jobs"))
	}
}

// pacified warns of what the queue's danger says of one that is only thinned out.
func (p *Plan) pacified(o Order) {
	if p.Jobs == 0 && p.Refusal == nil {
		p.refuse("no job there is meant ("+o.Filter.String()+")", "look at what is there: vmtui sidekiq jobs "+p.Target)
	}
}

// remove deletes, after what it deletes is in a backup.
func (a *Acts) remove(ctx context.Context, g *grip, o Order, p Plan) (Report, error) {
	if p.place.Shelf != nil && o.Filter.Empty() {
		return a.drop(ctx, g, o, p)
	}
	if p.place.Set {
		return a.pick(ctx, g, o, p)
	}
	return a.filter(ctx, g, o, p)
}

// droppedKnown is for how long Redis knows that a shelf was deleted, so that an answer that got lost is had by asking again.
const droppedKnown = 2 * patience

// drop deletes a whole shelf.
func (a *Acts) drop(ctx context.Context, g *grip, o Order, p Plan) (r Report, err error) {
	s := p.place.Shelf
	b, err := a.newBackup(BackupHead{Queue: s.Queue, Newest: true, Of: p.What})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, b.end()) }()
	newest, oldest := "", ""
	err = a.Jobs.scanList(ctx, p.place.key, func(jobs []found) (bool, error) {
		if newest == "" {
			newest = strings.Clone(jobs[0].raw)
		}
		oldest = strings.Clone(jobs[len(jobs)-1].raw)
		g.say(Progress{Doing: "writing the backup", Done: b.count, Of: p.Size})
		return !g.givenUp(), errors.Join(g.keep(ctx), b.add(jobs...))
	})
	if err == nil && g.givenUp() {
		err = g.asked.Err()
	}
	if err == nil {
		err = b.end()
	}
	if err != nil {
		return r, err
	}
	r.Backups = []string{b.path}
	g.say(Progress{Doing: "deleting", Done: 0, Of: b.count})
	keys := []string{p.place.key, a.Jobs.key(shelvesKey), a.Jobs.stepsKey(s.ID)}
	done, err := g.steady(ctx, dropScript, keys, s.ID, b.count, redis.Unshown(newest), redis.Unshown(oldest), droppedKnown.Milliseconds())
	if err != nil {
		return r, err
	}
	if done.Int() != 1 {
		return r, &fault.Error{What: "not deleted", On: s.ID, Why: "it is no longer what the backup was made of: somebody changed it meanwhile, or Redis has forgotten it", Next: "look at it again; the backup stays in " + b.path, Code: fault.Refused}
	}
	r.Jobs = b.count
	if !o.KeepLocks {
		r.Unlocked, err = g.unlockAll(ctx, b.path)
	}
	return r, err
}

func (a *Acts) planMove(o Order, p *Plan) {
	p.What = fmt.Sprintf("move %s from %s to %s (%s)", spelling.Count(p.Jobs, "job", "jobs"), p.Target, o.To, o.Filter)
	switch {
	case p.place.Set:
		p.refuse("jobs of a set are retried, not moved", "vmtui sidekiq retry "+p.Target)
	case p.place.Shelf != nil:
		p.refuse("what is parked is restored first", "vmtui sidekiq restore "+p.Target)
	case o.To == "" || o.To == p.Target || strings.ContainsAny(o.To, " \t\n"):
		p.refuse("that is no other queue: "+strconv.Quote(o.To), "name the queue to move to")
	}
	p.keepLocks()
	p.Lines = []string{a.howTaken(p), "LPUSH " + a.Jobs.key("queue:"+o.To) + "   with the job's queue changed, so that it comes back there when it fails"}
	p.pacified(o)
}

// filter carries a filter out on a list.
func (a *Acts) filter(ctx context.Context, g *grip, o Order, p Plan) (Report, error) {
	w := &weeding{acts: a, order: o, plan: p, sieve: sieve{o.Filter, time.Now()}}
	if o.Deed == Delete {
		return w.remove(ctx, g)
	}
	err := w.do(ctx, g)
	return w.report, err
}

// kill gives jobs up: those of a set, or of a queue.
func (a *Acts) kill(ctx context.Context, g *grip, o Order, p Plan) (Report, error) {
	if p.place.Set {
		return a.pick(ctx, g, o, p)
	}
	return a.filter(ctx, g, o, p)
}
