package sidekiq

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/redis"
)

// taken are the jobs that an act has taken one by one out of a set or a queue, or put into one, each by a number: there can be a million of them.
type taken struct {
	seed maphash.Seed
	sums []uint64 // the last bit says that a lock was released with the job
}

const withLock = 1

// sum is the number of a job that kept its lock.
func (t *taken) sum(raw string) uint64 { return maphash.String(t.seed, raw) &^ withLock }

func (t *taken) add(raw string, locks int64) {
	if len(t.sums) == 0 {
		t.seed = maphash.MakeSeed()
	}
	t.sums = append(t.sums, t.sum(raw)|uint64(locks&withLock))
}

// once makes them those that were taken, each once: one that was there again may have been taken twice.
func (t *taken) once() {
	slices.Sort(t.sums)
	slices.Reverse(t.sums) // with its lock before without
	t.sums = slices.CompactFunc(t.sums, func(a, b uint64) bool { return a|withLock == b|withLock })
	slices.Reverse(t.sums)
}

// takes sends a script that takes single jobs, each if it still is there, and counts what it says of them: of as many as it had time for, which is the answer.
func (g *grip) takes(ctx context.Context, s redis.Script, keys []string, args []any, jobs []found, r *Report) (int, error) {
	waits := g.waits
	answer, err := g.steady(ctx, s, keys, args...)
	if err != nil {
		return 0, err
	}
	there := answer.List()
	if len(there) == 0 || len(there) > len(jobs) {
		return 0, fmt.Errorf("an answer of %d parts from the script", len(there))
	}
	for i, was := range there {
		switch n := was.Int(); {
		case n > 0:
			r.Jobs++
			r.Unlocked += n - 1
			g.taken.add(jobs[i].raw, n-1)
		case g.waits > waits: // it was sent twice
			r.Unsure++
		default:
			r.Gone++
		}
	}
	return len(there), nil
}

// unlocked is of how many the lock was released.
func (t *taken) unlocked() (n int64) {
	for _, s := range t.sums {
		n += int64(s & withLock)
	}
	return n
}

// there counts those of them that lie in a place, and those whose lock was released.
func (t *taken) there(ctx context.Context, j *Jobs, p Place) (n, locks int64, err error) {
	err = j.scan(ctx, p, func(page []found) (bool, error) {
		for _, f := range page {
			at, is := slices.BinarySearch(t.sums, t.sum(f.raw))
			if is = is || at < len(t.sums) && t.sums[at] == t.sum(f.raw)|withLock; is {
				n++
				locks += int64(t.sums[at] & withLock)
			}
		}
		return true, nil
	})
	return n, locks, err
}

// recount says of an act in whose middle Redis was away what is certain and what is not, by what is there now. A Redis that took over knows a state that there
// was: each job is where it was before, or where the act has put it.
func (a *Acts) recount(ctx context.Context, g *grip, o Order, p Plan, r *Report) error {
	switch o.Deed {
	case Quiet, Stop, Dump, PutBack: // in one piece, which is sent again only where it was certainly not taken
		r.Certain = "Redis was away before it was sent; the one that answers now has taken it"
		return nil
	}
	g.taken.once()
	all := int64(len(g.taken.sums))
	if all+r.Unsure == 0 {
		return nil
	}
	there, locks, err := g.taken.there(ctx, a.Jobs, p.place)
	if err != nil {
		return err
	}
	const away = "Redis was away in the middle of it; counted again: "
	if o.Deed == Load {
		r.Certain = fmt.Sprintf(away+"of %s read back, %d are in %s", spelling.Count(all, "job", "jobs"), there, p.Target)
		if there < all {
			r.Doubt = fmt.Sprintf("whether the other %d were taken meanwhile, or another Redis took over that had not heard of them, is not known. Read it back again: what is there stays as it is", all-there)
		}
		return nil
	}
	r.Back, r.Jobs = there, all-there
	if released := g.taken.unlocked(); released > 0 {
		r.Unlocked = released - locks
	}
	if r.Unsure > 0 {
		r.doubt(fmt.Sprintf("%d were asked for twice, because an answer got lost, and are not there any more: whether this act took them, or somebody else, is not known", r.Unsure))
	}
	if there == 0 {
		r.Certain = fmt.Sprintf(away+"of %s taken out, none is in %s any more", spelling.Count(all, "job", "jobs"), p.Target)
		return nil
	}
	if o.Deed == Requeue {
		r.doubt("whether one of those that are there again has run meanwhile is not known: it would run twice")
	}
	return &fault.Error{
		What: "Redis has forgotten a part of it", On: p.Target,
		Why:  fmt.Sprintf(away+"of %s taken out, %d are there again, as they were; another one took over, or it began anew, without having heard of those", spelling.Count(all, "job", "jobs"), there),
		Next: "nothing is lost; do it again for what is there", Code: fault.Failed,
	}
}

// doubt adds to what is not certain.
func (r *Report) doubt(why string) {
	if r.Doubt != "" {
		r.Doubt += "; "
	}
	r.Doubt += why
}
