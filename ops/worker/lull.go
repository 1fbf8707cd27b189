package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/ops/config"
)

// lull tells a site that nobody visits just now from a worker that is sent nobody. Twice as long as the balancer needs to take a member in, neither this
// worker nor any peer is asked for a page, and the balancer's own check is served: then nobody came, and there is nothing to wait for. While somebody visits
// the peers, a worker that gets none of it is not in.
type lull struct {
	began time.Time
	peers map[string]int // how many requests each peer had answered then
}

// long is how long nobody must come.
func (c *crew) long() time.Duration { return 2 * c.in.Check.EntryTime() }

// begin looks at the peers anew.
func (l *lull) begin(ctx context.Context, c *crew) {
	l.began, l.peers = time.Now(), c.peersSeen(ctx)
}

// over reports that nobody came, and says how that is known; otherwise it says what is still missing.
func (l *lull) over(ctx context.Context, c *crew) (bool, string, error) {
	if l.began.IsZero() {
		l.begin(ctx, c)
	}
	quiet := time.Since(l.began)
	if quiet < c.long() {
		return false, "", nil
	}
	before := l.peers
	l.begin(ctx, c)
	came, compared := 0, 0
	for name, n := range l.peers {
		if was, known := before[name]; known {
			came, compared = came+max(n-was, 0), compared+1
			if n < was { // another file: logrotate came by
				came += n
			}
		}
	}
	switch {
	case came > 0:
		return false, fmt.Sprintf("its peers answered %d meanwhile", came), nil
	case compared == 0 && len(c.peers()) > 0:
		return false, "no peer could be asked whether anybody comes at all", nil
	}
	h, err := c.probe(ctx, c.in.Private)
	if err != nil || !h.up {
		return false, "the balancer's check, repeated from " + c.Config.Exec().Name + ", " + h.detail, err
	}
	also := ", nor to a peer"
	if compared == 0 {
		also = ""
	}
	return true, fmt.Sprintf("nobody came in %s%s; the balancer's check is served (%s)", round(quiet), also, h.detail), nil
}

// peersSeen is how many requests each peer has answered; one that does not say is left out.
func (c *crew) peersSeen(ctx context.Context) map[string]int {
	seen := map[string]int{}
	for _, p := range c.peers() {
		ctx, cancel := context.WithTimeout(ctx, aside)
		if n, err := c.requestsSeenBy(ctx, p); err == nil {
			seen[p.Name] = n
		}
		cancel()
	}
	return seen
}

// requestsSeenBy is how many requests a worker has answered, without the balancer's own checks.
func (c *crew) requestsSeenBy(ctx context.Context, n config.Node) (int, error) {
	const what = "counting requests"
	out, err := askOn(ctx, c.Host(n.Name), n.Name, what, requests, n.AccessLog, c.in.Check.Path)
	if err != nil {
		return 0, err
	}
	return number(what, n.Name, out)
}
