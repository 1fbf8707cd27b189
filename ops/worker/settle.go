package worker

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
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
	out, err := askOn(ctx, c.Host(node), node, "counting errors", tallyScript, accessLog)
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

// tolerance is how much more often the worker may fail than its peers, in requests: a single error proves nothing.
const tolerance = 3

func (c *crew) verifySettled(*run.Walk) run.Check {
	var began time.Time
	var mine0, peers0 tally
	return func(ctx context.Context) (run.Progress, error) {
		mine, peers, err := c.tallies(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		if began.IsZero() {
			began, mine0, peers0 = time.Now(), mine, peers
		}
		mine, peers = mine.minus(mine0), peers.minus(peers0)
		if mine.errors > tolerance && mine.rate() > 2*peers.rate() {
			return run.Progress{}, decided(&fault.Error{What: "the returned worker fails more than its peers", On: c.node.Name,
				Why:  fmt.Sprintf("%d of %d requests were 5xx, its peers' %d of %d", mine.errors, mine.requests, peers.errors, peers.requests),
				Next: "read its logs; drain it again with worker-drain if it does not stop"})
		}
		said := fmt.Sprintf("%d requests, %d of them 5xx; peers %d, %d", mine.requests, mine.errors, peers.requests, peers.errors)
		left := c.Config.Reimage.Settle - time.Since(began)
		if left <= 0 {
			return run.Progress{Done: true, Detail: said}, nil
		}
		return run.Progress{For: said, Again: min(left, max(pace, c.Config.Reimage.Settle/10)), Usual: round(c.Config.Reimage.Settle)}, nil
	}
}
