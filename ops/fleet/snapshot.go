package fleet

import (
	"slices"
	"time"
)

// balancerTrust is how long the balancer's last known members are believed when it cannot be asked.
const balancerTrust = 2 * time.Minute

// Snapshot is what is known now. It never waits for anybody.
func (w *Watch) Snapshot() Snapshot {
	links := w.links()
	w.mu.Lock()
	defer w.mu.Unlock()
	s := Snapshot{
		Instance: w.cfg.Instance, Nodes: make([]Node, 0, len(w.cfg.Nodes)),
		Balancer: w.state.balancer, Site: w.state.site, Holds: w.state.holds, Lease: w.state.lease, Sidekiqs: w.state.sidekiqs,
	}
	now := time.Now()
	for i, n := range w.cfg.Nodes {
		seen := w.state.nodes[i]
		s.Nodes = append(s.Nodes, Node{
			Name: n.Name, Role: n.Role, Dest: n.Dest, Droplet: n.Droplet, Health: seen.health, Link: links[i],
			LB: place(n, seen, w.state.balancer, now), Hold: holdOf(w.state.holds.Value, n.Name),
		})
	}
	s.Services = w.services()
	return s
}

// links asks the hosts for the state of their connections, outside of our own lock.
func (w *Watch) links() []string {
	out := make([]string, len(w.cfg.Nodes))
	for i, n := range w.cfg.Nodes {
		out[i] = "idle"
		if w.cfg.Host == nil {
			continue
		}
		if l, ok := w.cfg.Host(n.Name).(linked); ok {
			out[i] = l.Link().State
		}
	}
	return out
}

// place says what a node is to the balancer. Membership is the provider's word; that it drains is the node's own.
func place(n NodeConfig, seen nodeState, b Observation[Balancer], now time.Time) string {
	if n.Role != RoleWorker {
		return LBNone
	}
	age, known := b.Age(now)
	switch {
	case !known, b.Err != nil && age > balancerTrust:
		return LBUnknown
	case !slices.Contains(b.Value.Members, n.Name):
		return LBOut
	case failing(seen):
		return LBDraining
	}
	return LBIn
}

// failing: the flag lies there, nobody serves, or the balancer's check was repeated and failed. What was not seen lately does not count, except
// the flag: nobody takes it away from a host that does not answer.
func failing(seen nodeState) bool {
	h := seen.health
	switch {
	case h.Value.LameDuck:
		return true
	case !h.Stale() && !h.Value.Nginx:
		return true
	}
	return !seen.passes.Stale() && !seen.passes.Value
}

func holdOf(holds []Hold, worker string) *Hold {
	for _, h := range holds {
		if h.Worker == worker {
			return &h
		}
	}
	return nil
}

// services is the line of what the instance leans on; only what is looked at is in it. Called with the lock held.
func (w *Watch) services() []Service {
	var out []Service
	if w.cfg.Balancer != nil {
		b := w.state.balancer
		out = append(out, Service{
			Name: "load balancer", State: Observation[string]{Value: b.Value.Status, Seen: b.Seen, Err: b.Err, Wait: b.Wait},
			OK: !b.Stale() && b.Value.Status == "active",
		})
	}
	for i, p := range w.cfg.Services {
		o := w.state.services[i]
		out = append(out, Service{Name: p.Name, State: o, OK: !o.Stale() && (p.Good == nil || p.Good(o.Value))})
	}
	return out
}
