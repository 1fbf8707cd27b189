package desk

import (
	"time"

	"github.com/vmtui/vmtui/ops/fleet"
)

// held says why no runbook can be started on a worker because of another run, as it was last seen on exec; "" when nothing is known of one. It only
// saves the operator the way: whether a run may act is asked of exec itself, each time.
func (d *Desk) held(target string, snap fleet.Snapshot) string {
	now := time.Now()
	l := working(snap.Lease, now)
	h := holdOn(target, snap)
	switch {
	case h != nil && h.Run != "" && (d.here(h.Run) || l != nil && h.Of(l.Run)):
		return "run " + h.Run + " of " + h.By + " holds " + target
	case h != nil && h.By != d.engine.Operator:
		return target + " is on hold by " + h.By + ": " + h.Why
	case l != nil && (l.Owner != d.engine.Operator || l.Host != d.engine.Host):
		return l.Owner + "@" + l.Host + " is at work: run " + l.Run + " holds the lease"
	}
	return ""
}

// working is a lease that has not expired; nil when there is none, or it was not seen lately.
func working(o fleet.Observation[*fleet.Lease], now time.Time) *fleet.Lease {
	if o.Value == nil || o.Stale() || now.Sub(o.Seen) >= o.Value.Left {
		return nil
	}
	return o.Value
}

// holdOn is the record of a worker that is out on purpose.
func holdOn(target string, snap fleet.Snapshot) *fleet.Hold {
	if snap.Holds.Stale() {
		return nil
	}
	for i := range snap.Nodes {
		if snap.Nodes[i].Name == target {
			return snap.Nodes[i].Hold
		}
	}
	return nil
}
