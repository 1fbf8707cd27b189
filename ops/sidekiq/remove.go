package sidekiq

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/spelling"
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
		p.Lines = []string{backup, p.howDropped(p.place.key)}
	case p.place.Set:
		p.Lines = []string{backup, "ZREM " + p.place.key + "   each, if it still is there"}
	default:
		p.Lines = []string{a.howTaken(p), backup, p.howDropped("what was taken out")}
	}
	p.halfDeleted()
	p.locksNote(o)
	p.releases(o)
	p.pacified(o)
}

// howDropped says how a shelf is deleted.
func (p *Plan) howDropped(what string) string {
	how := "UNLINK " + what + "   if it still is what the backup was made of"
	if p.In.Locked > 0 {
		how += "; before it LTRIM, in portions, of the jobs with unique locks"
	}
	return how
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

// locksNote says what is known of unique locks that are kept.
func (p *Plan) locksNote(o Order) {
	if o.KeepLocks {
		p.warn("%d of %s looked at say they hold a unique lock, and the locks stay: the same jobs cannot be enqueued until each lock expires, 30 minutes to 50 days after it was taken", p.In.Locked, spelling.Count(p.In.Counted, "job", "jobs"))
	}
}

// releases says that unique locks are released with the jobs that hold them.
func (p *Plan) releases(o Order) {
	if !o.KeepLocks && p.Refusal == nil {
		p.releasedLocks()
		p.Lines = append(p.Lines, "release of their unique locks, with each job, in the same moment   each only if that very job holds it: else the same job could not be enqueued for up to 50 days")
	}
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
