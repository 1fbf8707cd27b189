package worker

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
)

// tally is what an access log says: requests and server errors so far.
type tally struct{ requests, errors int }

func (t tally) minus(o tally) tally { return tally{t.requests - o.requests, t.errors - o.errors} }

// rate is the share of requests that failed.
func (t tally) rate() float64 {
	if t.requests <= 0 {
		return 0
	}
	return float64(t.errors) / float64(t.requests)
}

const tallyScript = `wc -l < "$1" && { grep -cE '" 5[0-9][0-9] ' "$1" || true; }`

func (c *crew) tally(ctx context.Context, node string) (tally, error) {
	n, _ := c.Config.Node(node)
	out, err := askOn(ctx, c.Host(node), node, "counting errors", tallyScript, n.AccessLog)
	if err != nil {
		return tally{}, err
	}
	fields := strings.Fields(out)
	if len(fields) != 2 {
		return tally{}, fmt.Errorf("counting errors on %s: %q", node, out)
	}
	all, err1 := strconv.Atoi(fields[0])
	bad, err2 := strconv.Atoi(fields[1])
	if err1 != nil || err2 != nil {
		return tally{}, fmt.Errorf("counting errors on %s: %q", node, out)
	}
	return tally{all, bad}, nil
}

func (c *crew) tallies(ctx context.Context) (mine, peers tally, err error) {
	if mine, err = c.tally(ctx, c.node.Name); err != nil {
		return mine, peers, err
	}
	for _, p := range c.peers() {
		// A peer that does not answer is another matter; it only cannot be compared with.
		if t, err := c.tally(ctx, p.Name); err == nil {
			peers.requests += t.requests
			peers.errors += t.errors
		}
	}
	return mine, peers, nil
}

// pages are how long a real page took to come from the worker and from its peers, look by look, and how often the worker gave none.
type pages struct {
	mine, peers []time.Duration
	none        int
	instead     int // what it answered then, 0 for nothing
}

func (c *crew) timePages(ctx context.Context, all *pages) error {
	status, took, err := c.realPage(ctx, c.in.Private)
	switch {
	case err != nil:
		return err
	case status == http.StatusOK:
		all.mine = append(all.mine, took)
	default:
		all.none++
		all.instead = status
	}
	for _, address := range c.in.Peers {
		// A peer that serves no page is another matter; it only cannot be compared with.
		if status, took, err := c.realPage(ctx, address); err == nil && status == http.StatusOK {
			all.peers = append(all.peers, took)
		}
	}
	return nil
}

// slack is how much later a page may come than twice the peers' time before that is called slow.
const slack = 300 * time.Millisecond

func (p pages) slow() bool {
	return len(p.peers) > 0 && middle(p.mine) > 2*middle(p.peers)+slack
}

// middle is the median: one page that had to wait says nothing.
func middle(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(all))[len(all)/2]
}

// enough is how many pages are timed before a worker is called slow: the middle of two is one of them.
const enough = 5

// A watch need not last as long as it may: so many requests without a complaint are proof, after so long.
const (
	sampled = 200
	atLeast = 10 * time.Second
)

// tolerance is how often the worker may fail, in requests, before it is held against its peers: a single error proves nothing.
const tolerance = 3

// comparison is where a watch began: when, and what the logs said then.
type comparison struct {
	began       time.Time
	mine, peers tally
}

// compare begins a comparison.
func (c *crew) compare(ctx context.Context) (*comparison, error) {
	mine, peers, err := c.tallies(ctx)
	return &comparison{time.Now(), mine, peers}, err
}

// verifySettled watches from the moment on when the first visitors came, which is while Sidekiq started, where this process saw it.
func (c *crew) verifySettled(*run.Walk) run.Check {
	since := c.served
	c.served = nil
	var timed pages
	return func(ctx context.Context) (run.Progress, error) {
		now, err := c.compare(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		if since == nil || now.mine.requests < since.mine.requests { // less than before is another file: logrotate came by
			since = now
		}
		mine, peers := now.mine.minus(since.mine), now.peers.minus(since.peers)
		if err := c.timePages(ctx, &timed); err != nil {
			return run.Progress{}, err
		}
		if err := c.fails(mine, peers, timed); err != nil {
			return run.Progress{}, decided(err)
		}
		said := fmt.Sprintf("%s, %d of them 5xx, a page in %s; peers %d, %d, %s",
			spelling.Count(mine.requests, "request", "requests"), mine.errors, millis(middle(timed.mine)), peers.requests, peers.errors, millis(middle(timed.peers)))
		watched := time.Since(since.began)
		left := c.Config.Reimage.Settle - watched
		if watched >= atLeast && mine.requests >= sampled && len(timed.mine) >= enough && !timed.slow() {
			left = 0
		}
		switch {
		case left <= 0 && (len(timed.mine) == 0 || timed.slow() && len(timed.mine) < enough):
			return run.Progress{For: said, Again: pace}, nil
		case left <= 0 && timed.slow():
			return run.Progress{}, decided(c.lags(timed))
		case left <= 0:
			return run.Progress{Done: true, Detail: said}, nil
		}
		return run.Progress{For: said, Again: min(left, 2*pace), Usual: usualWatch(c.Config.Reimage.Settle)}, nil
	}
}

// fails is what a worker that answers badly is told by, nil for one that does well enough.
func (c *crew) fails(mine, peers tally, timed pages) error {
	f := &fault.Error{On: c.node.Name, Next: "read its logs; drain it again with worker-drain if it does not stop"}
	switch {
	case mine.errors > tolerance && mine.rate() > 2*peers.rate():
		f.What = "the returned worker fails more than its peers"
		f.Why = fmt.Sprintf("%d of %s were 5xx, its peers' %d of %d", mine.errors, spelling.Count(mine.requests, "request", "requests"), peers.errors, peers.requests)
	case timed.none > tolerance && timed.instead == 0:
		f.What, f.Why = "the returned worker serves no page", fmt.Sprintf("/api/v2/instance was not answered, %s of %d", spelling.Count(timed.none, "time", "times"), len(timed.mine)+timed.none)
	case timed.none > tolerance:
		f.What, f.Why = "the returned worker serves no page", fmt.Sprintf("/api/v2/instance answered %d, %s of %d", timed.instead, spelling.Count(timed.none, "time", "times"), len(timed.mine)+timed.none)
	default:
		return nil
	}
	return f
}

// lags is a worker's being slower than its peers.
func (c *crew) lags(timed pages) error {
	return &fault.Error{What: "the returned worker is slower than its peers", On: c.node.Name,
		Why:  fmt.Sprintf("/api/v2/instance comes in %s, from its peers in %s", millis(middle(timed.mine)), millis(middle(timed.peers))),
		Next: "look at its load and its way to the database; retry watches it once more, or drain it again with worker-drain"}
}

func usualWatch(longest time.Duration) string {
	return fmt.Sprintf("%s to %s, until %s were answered well", round(min(atLeast, longest)), round(longest), spelling.Count(sampled, "request", "requests"))
}

func millis(d time.Duration) string { return d.Round(time.Millisecond).String() }
