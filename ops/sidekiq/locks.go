package sidekiq

import (
	"context"
	"strings"

	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/redis"
)

// lock is a unique lock of sidekiq-unique-jobs that a job says it holds.
type lock struct{ digest, jid string }

// Locks is what is known of the unique locks of some jobs. A lock whose job is parked keeps the same job from being enqueued; when it is given up or
// has expired and another job has taken it, the parked one is silently dropped when it runs.
type Locks struct {
	Of    int `json:"of"`    // jobs that say they hold one, of those looked at
	Own   int `json:"own"`   // the job holds it
	Other int `json:"other"` // another job holds it
	None  int `json:"none"`  // nobody does
}

func lockOf(p payload) (lock, bool) {
	return lock{strings.Clone(p.digest), strings.Clone(p.jid)}, p.digest != "" && p.jid != ""
}

// locks looks who holds the locks of jobs.
func (j *Jobs) locks(ctx context.Context, jobs []found) (Locks, error) {
	var all []lock
	for _, f := range jobs {
		if l, has := lockOf(payloadOf(f.raw)); has {
			all = append(all, l)
		}
	}
	cmds := make([]redis.Command, 0, 2*len(all))
	for _, l := range all {
		key := j.key(l.digest) + ":LOCKED"
		cmds = append(cmds, redis.Cmd("HEXISTS", key, l.jid), redis.Cmd("HLEN", key))
	}
	got, err := j.redis.Read(ctx, cmds...)
	if err != nil {
		return Locks{}, err
	}
	k := Locks{Of: len(all)}
	for i := range all {
		switch {
		case got[2*i].Int() == 1:
			k.Own++
		case got[2*i+1].Int() > 0:
			k.Other++
		default:
			k.None++
		}
	}
	return k, nil
}

// noLocks says that there are none, as far as was looked, so that no act leaves open what becomes of them.
func (p *Plan) noLocks() {
	if p.In.Locked == 0 && p.In.Counted > 0 {
		p.warn("unique locks: none of %s looked at names one", spelling.Count(p.In.Counted, "job", "jobs"))
	}
}

// unlocked is how many locks one script looks at.
const unlocked = 100

// unlockAll releases the locks of the jobs in a backup, which may be more than memory should hold.
func (g *grip) unlockAll(ctx context.Context, path string) (released int64, err error) {
	var locks []lock
	some := func() error {
		n, err := g.unlock(ctx, locks)
		released, locks = released+n, locks[:0]
		return err
	}
	_, _, err = readBackup(path, func(f found) error {
		if l, has := lockOf(payloadOf(f.raw)); has {
			locks = append(locks, l)
		}
		if len(locks) < unlocked {
			return nil
		}
		return some()
	})
	if err == nil {
		err = some()
	}
	return released, err
}

// unlock releases locks, each only if its job holds it. It may be sent twice.
func (g *grip) unlock(ctx context.Context, locks []lock) (released int64, err error) {
	for len(locks) > 0 {
		n := min(unlocked, len(locks))
		keys, args := []string{g.jobs.key("uniquejobs:digests"), g.jobs.key("uniquejobs:expiring_digests")}, make([]any, 0, 2*n)
		for _, l := range locks[:n] {
			keys, args = append(keys, g.jobs.key(l.digest)), append(args, l.jid, l.digest)
		}
		r, err := g.steady(ctx, unlockScript, keys, args...)
		if err != nil {
			return released, err
		}
		released, locks = released+r.Int(), locks[n:]
	}
	return released, nil
}
