package fleet

import (
	"fmt"
	"slices"
	"time"

	"github.com/vmtui/vmtui/ops/spelling"
)

// Leftover is something that a maintenance has left behind: it does no harm at once, and somebody has to see to it.
type Leftover struct {
	Node  string // or the host's own name, when it is no node's
	What  string
	Since time.Time // as far as it is known; zero when it is not
	Next  string
}

const (
	heldLong = 24 * time.Hour // a hold is for hours
	toldFrom = time.Minute    // a quiet Sidekiq that was first seen a moment ago: nothing is said of how long
)

// Leftovers are all that can be seen now. What somebody is at work on is none.
func (s Snapshot) Leftovers(now time.Time) []Leftover {
	var out []Leftover
	for _, n := range s.Nodes {
		if n.Health.Value.LameDuck && (n.LB == LBIn || n.LB == LBDraining) && !s.atWork(n.Name, now) {
			out = append(out, Leftover{
				Node: n.Name, What: "in the load balancer with the lame-duck flag set, and nobody is at work on it",
				Next: "resume the run that set it (vmtui runs list), or vmtui run worker-return " + n.Name,
			})
		}
	}
	out = append(out, s.quiet(now)...)
	for _, h := range s.Holds.Value {
		if age := now.Sub(h.Since); age >= heldLong {
			out = append(out, Leftover{
				Node: h.Worker, Since: h.Since, What: fmt.Sprintf("on hold for %s by %s: %s", spell(age), h.By, h.Why),
				Next: "ask " + h.By + "; then vmtui run worker-return " + h.Worker + ", or vmtui hold clear " + h.Worker,
			})
		}
	}
	return out
}

// quiet are the Sidekiqs that take no jobs, and nobody is at work on them.
func (s Snapshot) quiet(now time.Time) []Leftover {
	var out []Leftover
	if s.Sidekiqs.Stale() {
		return nil // it may have been restarted since
	}
	for _, p := range s.Sidekiqs.Value {
		node := s.NodeOf(p.Hostname)
		if !p.Quiet || s.atWork(node, now) {
			continue
		}
		l := Leftover{Node: node, Since: p.QuietSince, What: "its Sidekiq is quiet and takes no jobs, and nobody is at work on it", Next: "resume the run that quieted it (vmtui runs list), or restart it: only that makes it work again"}
		if age := now.Sub(p.QuietSince); age >= toldFrom {
			l.What = "its Sidekiq takes no jobs, for " + spell(age) + " at the least, and nobody is at work on it"
		}
		out = append(out, l)
	}
	return out
}

// atWork reports that a run under way has this node in hand: the lease is somebody's, and the hold is that run's.
func (s Snapshot) atWork(node string, now time.Time) bool {
	l, h := s.Lease.Value, holdOf(s.Holds.Value, node)
	return l != nil && h != nil && h.Of(l.Run) && now.Before(l.Expires)
}

// NodeOf is the node on which a process of that host name runs: the one with that container, or, for a native one, of that name. Where none is known it
// is the host name itself.
func (s Snapshot) NodeOf(hostname string) string {
	at := slices.IndexFunc(s.Nodes, func(n Node) bool {
		return n.Name == hostname || slices.ContainsFunc(n.Health.Value.Containers, func(c Container) bool { return c.ID != "" && c.ID == hostname })
	})
	if at < 0 {
		return hostname
	}
	return s.Nodes[at].Name
}

// spell is a duration as a person would say it.
func spell(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return spelling.Count(int(d.Hours()/24), "day", "days")
	case d >= 2*time.Hour:
		return spelling.Count(int(d.Hours()), "hour", "hours")
	}
	return spelling.Count(int(d.Minutes()), "minute", "minutes")
}

// Sidekiq is a process that beats in Redis.
type Sidekiq struct {
	Identity   string
	Hostname   string // in a container, its short id
	Busy       int
	Quiet      bool
	QuietSince time.Time // when it was first seen to be; zero when it is not
}

// carry lets what is seen now remember since when it is so.
func carry(before, now []Sidekiq, at time.Time) []Sidekiq {
	for i := range now {
		p := &now[i]
		if p.QuietSince = (time.Time{}); !p.Quiet {
			continue
		}
		p.QuietSince = at
		if was := slices.IndexFunc(before, func(b Sidekiq) bool { return b.Identity == p.Identity && b.Quiet && !b.QuietSince.IsZero() }); was >= 0 {
			p.QuietSince = before[was].QuietSince
		}
	}
	return now
}
