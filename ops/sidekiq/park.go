package sidekiq

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote"
)

func (a *Acts) planPark(ctx context.Context, o Order, p *Plan) error {
	if p.place.Set || p.place.Shelf != nil {
		p.refuse("only a queue can be parked", "retries and the dead are filtered: vmtui sidekiq delete "+p.Target)
		return nil
	}
	p.confirm(a.Instance)
	p.What = fmt.Sprintf("park the queue %s: %s", p.Target, spelling.Count(p.Size, "job", "jobs"))
	p.Lines = []string{fmt.Sprintf("RENAME %s %s-parked-TIME; HSET %s   as one script", p.place.key, p.place.key, a.Jobs.key(shelvesKey))}
	p.warn("until it is restored, none of what lies there is done")
	p.locksOfParked()
	if p.Target == schedulerQueue {
		p.warn("parking the scheduler's queue stops its jobs silently: each holds a lock that keeps its next run out")
	}
	if p.Size == 0 {
		p.refuse("it is empty", "nothing needs to be parked")
		return nil
	}
	if err := a.askPolicy(ctx, p); err != nil {
		return err
	}
	switch {
	case mayDrop(p.Policy):
		p.warn("Redis may drop a parked list when its memory is full (maxmemory_policy is %s): it is the coldest key there is, and goes whole. So a backup is written first, which is then all there is; better set the policy to noeviction", p.Policy)
	case p.Policy == "":
		p.warn("Redis does not say its eviction policy; it must be noeviction, or a parked list may be dropped: a backup before it keeps a copy")
	}
	a.backedUp(p, o.Backup || mayDrop(p.Policy))
	return nil
}

// askPolicy asks what Redis does when its memory is full.
func (a *Acts) askPolicy(ctx context.Context, p *Plan) error {
	redis, err := a.Jobs.server(ctx)
	p.Policy = redis.policy
	return err
}

// backedUp says of an act that renames a queue that all of it is in a backup before.
func (a *Acts) backedUp(p *Plan, is bool) {
	if p.Backup = is; is {
		p.Lines = append([]string{"LRANGE " + p.place.key + "   into a backup in " + a.Dir + ", read back and proved; what comes in meanwhile into a second one"}, p.Lines...)
	}
}

// planFiltered is about a filter that holds the whole queue in its hand for a while.
func (a *Acts) planFiltered(ctx context.Context, p *Plan) error {
	if !p.isQueue() || p.inPlace() || p.Refusal != nil {
		return nil //nolint:nilerr // a refused plan asks nothing more
	}
	err := a.askPolicy(ctx, p)
	if mayDrop(p.Policy) {
		p.warn("Redis may drop the list on which the jobs lie meanwhile when its memory is full (maxmemory_policy is %s), those too that are to stay. So a backup of the whole queue is written first; better set the policy to noeviction", p.Policy)
		a.backedUp(p, true)
	}
	return err
}

// undisturbed refuses while somebody is at work on the queue, or an act on it was interrupted: its marks would be moved away.
func (a *Acts) undisturbed(ctx context.Context, p *Plan) error {
	queue := p.claimed()
	if queue == "" {
		return nil
	}
	b, err := a.Jobs.atWork(ctx, queue)
	if err != nil {
		return err
	}
	if b != nil {
		p.Busy, p.Refusal = b, b.refusal()
		return nil
	}
	s, is, err := a.unfinished(ctx, *p)
	if is {
		p.Refusal = interrupted(queue, s)
	}
	return err
}

// unfinished is what an act on the queue left that was interrupted, other than what the plan is about.
func (a *Acts) unfinished(ctx context.Context, p Plan) (Shelf, bool, error) {
	if p.Deed == Load { // onto a shelf of its own, which may be an interrupted one
		return Shelf{}, false, nil
	}
	all, err := a.Jobs.shelves(ctx)
	if err != nil {
		return Shelf{}, false, err
	}
	for _, s := range all {
		if s.Queue == p.queue() && (s.Kind == Filtered || s.Restoring) && (p.place.Shelf == nil || p.place.Shelf.ID != s.ID) {
			return s, true, nil
		}
	}
	return Shelf{}, false, nil
}

func interrupted(queue string, s Shelf) *fault.Error {
	return &fault.Error{
		What: "refused: an act was interrupted there", On: queue, Why: fmt.Sprintf("an act of %s's on this queue was interrupted (%s)", s.By, s.ID),
		Next: "bring it to an end: vmtui sidekiq restore " + s.ID, Code: fault.Refused,
	}
}

func (a *Acts) park(ctx context.Context, g *grip, o Order, p Plan) (Report, error) {
	var r Report
	shelf := a.newShelf(p.Target, Parked)
	shelf.Run = o.Run
	shelf, n, err := a.putAsideSafely(ctx, g, p, shelf, "what was parked", &r)
	if n > 0 { // else the workers have emptied it meanwhile
		r.Jobs, r.Shelf = n, shelf.ID
	}
	return r, err
}

// putAsideSafely renames a queue, after what is in it is in a backup, where the plan says so.
func (a *Acts) putAsideSafely(ctx context.Context, g *grip, p Plan, shelf Shelf, of string, r *Report) (_ Shelf, n int64, err error) {
	newest := ""
	if p.Backup {
		path, first, err := a.backUp(ctx, g, p, of)
		if err != nil {
			return shelf, 0, err
		}
		newest = first
		if path != "" {
			r.Backups, shelf.Backup = append(r.Backups, path), filepath.Base(path)
		}
	}
	if shelf, n, err = a.putAside(ctx, g, shelf); err != nil || !p.Backup || n == 0 {
		return shelf, n, err
	}
	more, err := a.backUpNewer(ctx, g, shelf, newest)
	if more != "" {
		r.Backups = append(r.Backups, more)
	}
	return shelf, n, err
}

// newShelf is a shelf of a name that no other one has.
func (a *Acts) newShelf(queue string, kind Kind) Shelf {
	now := time.Now().UTC().Truncate(time.Millisecond)
	id := fmt.Sprintf("%s-%s-%s", queue, kind, strings.Replace(now.Format("20060102-150405.000"), ".", "", 1))
	return Shelf{ID: id, Kind: kind, Queue: queue, By: a.Operator, At: now}
}

// putAside renames a queue, and gives the shelf that it lies on now. Where no answer came it looks.
func (a *Acts) putAside(ctx context.Context, g *grip, s Shelf) (Shelf, int64, error) {
	r, err := g.wary(ctx, parkScript, []string{a.Jobs.key("queue:" + s.Queue), a.Jobs.shelfKey(s.ID, ""), a.Jobs.key(shelvesKey)}, s.ID, s.record())
	if errors.Is(err, remote.ErrUnknown) {
		found, lost := a.Jobs.Shelf(ctx, s.ID)
		if lost == nil {
			return found, found.Size, nil
		}
		return s, 0, err
	}
	switch n := r.Int(); {
	case err != nil:
		return s, 0, err
	case n < 0:
		return s, 0, &fault.Error{What: "not parked", On: s.Queue, Why: "the name " + s.ID + " is taken", Next: "do it again", Code: fault.Refused}
	default:
		return s, n, nil
	}
}

// backUp writes a backup of a whole place, from its newest job on, and gives the newest.
func (a *Acts) backUp(ctx context.Context, g *grip, p Plan, of string) (path, newest string, err error) {
	b, err := a.newBackup(BackupHead{Queue: p.queue(), Set: p.place.Set, Newest: !p.place.Set, Of: of})
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, b.end()) }()
	err = a.Jobs.scan(ctx, p.place, func(jobs []found) (bool, error) {
		if newest == "" && len(jobs) > 0 {
			newest = strings.Clone(jobs[0].raw)
		}
		if g.givenUp() {
			return false, g.asked.Err()
		}
		g.say(Progress{Doing: "writing the backup", Done: b.count, Of: p.Size})
		return true, errors.Join(g.keep(ctx), b.add(jobs...))
	})
	if b.count == 0 {
		return "", newest, err
	}
	return b.path, newest, err
}

// backUpNewer writes what came in between a backup and the park.
func (a *Acts) backUpNewer(ctx context.Context, g *grip, s Shelf, newest string) (path string, err error) {
	b, err := a.newBackup(BackupHead{Queue: s.Queue, Newest: true, Of: "what came in while the backup was written"})
	if err != nil {
		return "", err
	}
	defer func() {
		err = errors.Join(err, b.end())
	}()
	err = a.Jobs.scanList(ctx, a.Jobs.shelfKey(s.ID, ""), func(jobs []found) (bool, error) {
		for _, f := range jobs {
			if f.raw == newest {
				return false, nil
			}
			if err := b.add(f); err != nil {
				return false, err
			}
		}
		return true, g.keep(ctx)
	})
	if b.count > 0 {
		path = b.path
	}
	return path, err
}

// locksOfParked says what becomes of the unique locks of what is parked, apart for each way in which they can stand. Parking touches none.
func (p *Plan) locksOfParked() {
	k, of := p.Locks, p.In.Counted
	if k.Own > 0 {
		p.warn("unique locks: %d of %s looked at hold theirs, and keep it while they are parked: nobody can enqueue the same job until it is restored and has run, or the lock expires", k.Own, spelling.Count(of, "job", "jobs"))
	}
	if k.None > 0 {
		p.warn("unique locks: %d of %s looked at name a lock that nobody holds: it keeps nothing out, and the same job can be enqueued meanwhile", k.None, spelling.Count(of, "job", "jobs"))
	}
	if k.Own+k.None > 0 {
		p.warn("unique locks: where another job has taken the lock by then, the parked one is silently dropped after it is restored")
	}
	if k.Other > 0 {
		p.warn("unique locks: %d of %s looked at have lost theirs to another job: they are silently dropped when they run, parked or not", k.Other, spelling.Count(of, "job", "jobs"))
	}
}
