package sidekiq

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/redis"
)

// loadPortion is how many jobs of a backup go with one script. It is fixed: an interrupted load goes on by counting them.
const loadPortion = 100

// planLoad proves the backup first.
func (a *Acts) planLoad(ctx context.Context, o Order, p *Plan) error {
	c := newCounter(sieve{Filter{}, time.Now()})
	head, n, err := readBackup(o.Name, func(f found) error {
		c.add([]found{f})
		return nil
	})
	if err != nil {
		return err
	}
	queue := clean.Line(head.Queue)
	p.Target, p.Size, p.Jobs, p.place = queue, n, n, Place{Name: queue, Set: head.Set, Size: n, key: a.Jobs.key(queue)}
	p.In = c.histogram(p.place)
	p.What = fmt.Sprintf("read %s of %s back from a backup of %s (%s)", spelling.Count(n, "job", "jobs"), queue, head.At.Format(time.RFC3339), clean.Line(head.Of))
	p.Danger, p.Confirm = act.Destroys, queue
	p.identity = func(context.Context) error {
		again, m, err := readBackup(o.Name, func(found) error { return nil })
		if err == nil && (m != n || again != head) {
			err = &fault.Error{What: "it is not what it was", On: o.Name, Why: "another backup has that name now", Next: "look at it again", Code: fault.Refused}
		}
		return err
	}
	if head.Set {
		p.Lines = []string{"ZADD " + p.place.key + " NX   each, with the time it had: what is due runs at once"}
	} else {
		p.Lines = []string{"onto a shelf of its own, in portions; no worker sees them until that is restored"}
	}
	p.warn("jobs that were restored or done since the backup was written run a second time")
	if err := a.stillThere(ctx, o, p); err != nil {
		return err
	}
	if p.In.Locked > 0 {
		p.warn("%d of %s say they hold a unique lock, and reading back takes none: one whose lock another job holds by now is silently dropped when it runs", p.In.Locked, spelling.Count(p.In.Counted, "job", "jobs"))
	}
	p.noLocks()
	a.growsWhereFull(ctx, p)
	if head.Instance != a.Instance {
		p.refuse("it is a backup of "+clean.Line(head.Instance), "read it back with that instance's config")
	}
	return nil
}

// stillThere says of a backup whose jobs are not all deleted yet.
func (a *Acts) stillThere(ctx context.Context, o Order, p *Plan) error {
	all, err := a.Jobs.shelves(ctx)
	for _, s := range all {
		if s.Deleting == filepath.Base(o.Name) {
			p.warn("the deletion that wrote it was interrupted: what is left of it still lies in %s, and would be there twice. End it first: vmtui sidekiq delete %s", s.ID, s.ID)
		}
	}
	return err
}

func (a *Acts) load(ctx context.Context, g *grip, o Order, p Plan) (Report, error) {
	if p.place.Set {
		return a.loadSet(ctx, g, o, p)
	}
	return a.loadList(ctx, g, o, p)
}

func (a *Acts) loadSet(ctx context.Context, g *grip, o Order, p Plan) (Report, error) {
	var r Report
	var cmds []redis.Command
	send := func() error {
		if len(cmds) == 0 {
			return nil
		}
		got, err := a.Jobs.redis.Change(ctx, g.permit, g.what, cmds...)
		for _, added := range got {
			r.Jobs += added.Int()
			r.Gone += 1 - added.Int()
		}
		cmds = cmds[:0]
		g.say(Progress{Doing: "reading back", Done: r.Jobs + r.Gone, Of: p.Size})
		return err
	}
	_, _, err := readBackup(o.Name, func(f found) error {
		g.taken.add(f.raw, 0)
		if cmds = append(cmds, redis.Cmd("ZADD", p.place.key, "NX", f.score, redis.Unshown(f.raw))); len(cmds) < loadPortion {
			return nil
		}
		return send()
	})
	if err == nil {
		err = send()
	}
	return r, err
}

// loadList puts the jobs onto a shelf, which is restored like any other. An interrupted one is found by its backup and goes on where it ended.
func (a *Acts) loadList(ctx context.Context, g *grip, o Order, p Plan) (Report, error) {
	s, err := a.loading(ctx, o, p)
	if err != nil {
		return Report{}, err
	}
	head, _, err := readBackup(o.Name, func(found) error { return nil })
	if err != nil {
		return Report{}, err
	}
	side := "l"
	if head.Newest {
		side = "r"
	}
	got, err := a.Jobs.redis.Read(ctx, redis.Cmd("HGET", a.Jobs.stepsKey(s.ID), "step"))
	if err != nil {
		return Report{}, err
	}
	step, at, done := got[0].Int(), int64(0), int64(0)
	keys := []string{a.Jobs.shelfKey(s.ID, ""), a.Jobs.stepsKey(s.ID), a.Jobs.key(shelvesKey)}
	var texts []string
	send := func() error {
		defer func() { at, texts = at+1, nil }()
		done += int64(len(texts))
		if at < step || len(texts) == 0 {
			return nil
		}
		r, err := g.steady(ctx, loadScript, keys, append([]any{at, s.ID, s.record(), side}, unshown(texts)...)...)
		if err != nil {
			return err
		}
		switch answer := r.List(); {
		case len(answer) == 2 && (answer[0].Int() >= 0 || answer[1].Int() == at+1):
		case len(answer) == 2 && answer[1].Int() < at:
			return forgotten(s.ID)
		default:
			return &fault.Error{What: "somebody else reads this backup back", On: s.ID, Next: "look at it: vmtui sidekiq restore", Code: fault.Refused}
		}
		g.say(Progress{Doing: "reading back", Done: done, Of: p.Size})
		return nil
	}
	_, _, err = readBackup(o.Name, func(f found) error {
		if texts = append(texts, f.raw); len(texts) < loadPortion {
			return nil
		}
		return send()
	})
	if err == nil {
		err = send()
	}
	if err != nil {
		return Report{Shelf: s.ID}, err
	}
	s.Restoring = false
	_, err = a.Jobs.redis.Change(ctx, g.permit, g.what, redis.Cmd("HSET", a.Jobs.key(shelvesKey), s.ID, s.record()), redis.Cmd("DEL", a.Jobs.stepsKey(s.ID)))
	return Report{Jobs: done, Shelf: s.ID}, err
}

// loading is the shelf for a backup: the one of an interrupted load, or a new one.
func (a *Acts) loading(ctx context.Context, o Order, p Plan) (Shelf, error) {
	all, err := a.Jobs.shelves(ctx)
	if err != nil {
		return Shelf{}, err
	}
	source := filepath.Base(o.Name)
	for _, s := range all {
		if s.Source == source && s.Kind == Loaded && s.Restoring {
			return s, nil
		}
	}
	s := a.newShelf(p.Target, Loaded)
	s.Source, s.Restoring = source, true
	return s, nil
}
