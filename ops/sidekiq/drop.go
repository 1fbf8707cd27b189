package sidekiq

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/redis"
)

// droppedKnown is for how long Redis knows what a deletion did last, so that an answer that got lost is had by asking again.
const droppedKnown = 2 * patience

// dropping is the deletion of a whole shelf. One without unique locks goes in one moment. Else its jobs go in portions, the newest first, each with the locks
// that they hold: whoever dies in between leaves jobs that still have theirs, and in the backup all that are gone.
type dropping struct {
	acts   *Acts
	order  Order
	shelf  Shelf
	key    string
	backup string
	all    going
	locked int64 // up to which of the jobs, from the newest on, there are some that name a lock
	left   int64
	report Report
}

// drop deletes a whole shelf, after all of it is in a backup.
func (a *Acts) drop(ctx context.Context, g *grip, o Order, p Plan) (Report, error) {
	d := &dropping{acts: a, order: o, shelf: *p.place.Shelf, key: p.place.key}
	if err := a.together(ctx, g, d.shelf); err != nil {
		return d.report, err
	}
	if err := d.backUp(ctx, g, p); err != nil {
		return d.report, err
	}
	err := d.portions(ctx, g)
	if err != nil && d.report.Jobs > 0 {
		d.report.Shelf, d.report.Left, err = d.shelf.ID, d.left, d.over(err)
	}
	return d.report, err
}

// backUp writes all of it into a backup, and looks where locks are named.
func (d *dropping) backUp(ctx context.Context, g *grip, p Plan) error {
	b, err := d.acts.newBackup(BackupHead{Queue: d.shelf.Queue, Newest: true, Of: p.What})
	if err != nil {
		return err
	}
	err = d.acts.Jobs.scanList(ctx, d.key, func(jobs []found) (bool, error) {
		for i, f := range jobs {
			d.all.add(f)
			if d.lock(f) != (lock{}) {
				d.locked = b.count + int64(i) + 1
			}
		}
		g.say(Progress{Doing: "writing the backup", Done: b.count, Of: p.Size})
		return !g.givenUp(), errors.Join(g.keep(ctx), b.add(jobs...))
	})
	if err == nil && g.givenUp() {
		err = g.asked.Err()
	}
	if err = errors.Join(err, b.end()); err != nil {
		return err
	}
	if b.count == 0 {
		return d.other("nothing is written")
	}
	d.backup, d.left, d.report.Backups = b.path, b.count, []string{b.path}
	d.shelf.Deleting = filepath.Base(b.path)
	return nil
}

// lock is the one that goes with a job.
func (d *dropping) lock(f found) lock {
	if d.order.KeepLocks {
		return lock{}
	}
	return lockOf(payloadOf(f.raw))
}

// going are the jobs that one script deletes.
type going struct {
	jobs           int64
	bytes          int
	newest, oldest string
	locks          []lock
}

func (n *going) add(f found) {
	if n.jobs == 0 {
		n.newest = strings.Clone(f.raw)
	}
	n.oldest = f.raw
	n.jobs, n.bytes = n.jobs+1, n.bytes+len(f.raw)
}

func (n *going) full() bool {
	return n.jobs == portionJobs || n.bytes >= portionBytes || len(n.locks) == unlocked
}

// portions deletes what is in the backup, up to the last job that names a lock bit by bit, and the rest at once.
func (d *dropping) portions(ctx context.Context, g *grip) error {
	some, of, read := going{}, d.left, int64(0)
	send := func() error {
		g.say(Progress{Doing: "deleting", Done: of - d.left, Of: of})
		if g.givenUp() {
			return g.asked.Err()
		}
		err := d.send(ctx, g, some)
		some = going{}
		return err
	}
	if d.locked == 0 {
		some = d.all
		return send()
	}
	_, _, err := readBackup(d.backup, func(f found) error {
		read++
		some.add(f)
		if read > d.locked {
			return nil
		}
		if l := d.lock(f); l != (lock{}) {
			some.locks = append(some.locks, l)
		}
		if read == d.locked || !some.full() {
			return nil
		}
		return send()
	})
	if err == nil {
		err = send()
	}
	return err
}

// send deletes some.
func (d *dropping) send(ctx context.Context, g *grip, some going) error {
	jobs, left, record := d.acts.Jobs, d.left-some.jobs, d.shelf.record()
	held := g.holding(d.key, jobs.key(shelvesKey), jobs.stepsKey(d.shelf.ID), jobs.stepsKey(d.shelf.ID+deletePart))
	args := []any{d.shelf.ID, d.left, left, redis.Unshown(some.newest), redis.Unshown(some.oldest), record, droppedKnown.Milliseconds()}
	for _, l := range some.locks {
		args = append(args, held.lock(l)[1:]...)
	}
	r, err := g.steady(ctx, dropScript, held.keys, args...)
	if err != nil {
		return err
	}
	did := r.List()
	switch {
	case len(did) != 2:
		return fmt.Errorf("an answer of %d parts from the script", len(did))
	case did[0].Int() == 0:
		return d.other("the backup stays in " + d.backup)
	}
	d.left = left
	d.report.Jobs += some.jobs
	d.report.Unlocked += did[1].Int()
	return nil
}

// other is the error of a shelf that is not what it was.
func (d *dropping) other(backup string) error {
	return &fault.Error{
		What: "not deleted", On: d.shelf.ID, Why: "it is no longer what the backup was made of: somebody changed it meanwhile, or Redis has forgotten it",
		Next: "look at it again; " + backup, Code: fault.Refused,
	}
}

// over says where the jobs are of a deletion that did not come to its end.
func (d *dropping) over(err error) error {
	f := *fault.Of(err)
	return (&fault.Error{
		What: "the deletion is not over", On: d.shelf.ID, Code: f.Code, Why: f.Error(),
		Next: fmt.Sprintf("nothing is lost: %s deleted, and in %s; the other %d lie in %s, with their unique locks. Go on with vmtui sidekiq delete %s",
			spelling.Count(d.report.Jobs, "job is", "jobs are"), d.backup, d.left, d.shelf.ID, d.shelf.ID),
	}).Because(err)
}

// halfDeleted says of a shelf whose deletion was interrupted where its other jobs are.
func (p *Plan) halfDeleted() {
	if s := p.place.Shelf; s != nil && s.Deleting != "" {
		p.warn("a deletion of it was interrupted: the backup %s, in the directory sidekiq of the state directory of whoever began it, has what it had deleted, and what is left here too", s.Deleting)
		if p.Deed == Restore {
			p.warn("this restores only what is left; to have all of it back end the deletion instead, and read that backup back")
		}
	}
}
