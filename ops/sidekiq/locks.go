package sidekiq

import (
	"context"
	"fmt"
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

// lockOf is a job's, the zero one for none.
func lockOf(p payload) lock {
	if p.digest == "" || p.jid == "" {
		return lock{}
	}
	return lock{strings.Clone(p.digest), strings.Clone(p.jid)}
}

// locks looks who holds the locks of jobs.
func (j *Jobs) locks(ctx context.Context, jobs []found) (Locks, error) {
	var all []lock
	for _, f := range jobs {
		if l := lockOf(payloadOf(f.raw)); l != (lock{}) {
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

// releasedLocks says of how many jobs the locks are released, as far as was looked, and of how many not.
func (p *Plan) releasedLocks() {
	var said []string
	for _, part := range []struct {
		n    int
		what string
	}{{p.Locks.Own, "hold theirs, which goes with them"}, {p.Locks.Other, "name one that another job holds: it stays"}, {p.Locks.None, "name one that nobody holds"}} {
		if part.n > 0 {
			said = append(said, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	if len(said) > 0 {
		p.warn("unique locks: of %s looked at %s", spelling.Count(p.In.Counted, "job", "jobs"), strings.Join(said, "; "))
	}
}

// unlocked is how many locks one script releases.
const unlocked = 100

// held are the keys of a script, to which it may add those of the locks that it is to release.
type held struct {
	jobs  *Jobs
	keys  []string
	fixed int // how many come before those that are named by a number
}

// holding are the keys of a script that may release locks.
func (g *grip) holding(keys ...string) *held {
	h := &held{jobs: g.jobs, keys: append(keys, g.jobs.key("uniquejobs:digests"), g.jobs.key("uniquejobs:expiring_digests"))}
	h.fixed = len(h.keys)
	return h
}

// add is the number by which an argument names a key.
func (h *held) add(key string) int {
	h.keys = append(h.keys, key)
	return len(h.keys) - h.fixed
}

// lock are the arguments that name a lock: its key's number, the job's id, the digest.
func (h *held) lock(l lock) []any {
	if l == (lock{}) {
		return []any{0, "", ""}
	}
	return []any{h.add(h.jobs.key(l.digest)), l.jid, l.digest}
}
