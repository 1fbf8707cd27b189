package sidekiq

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/redis"
)

// A replica that takes over has what the primary told it, in order, and may lack the last of it; so does a Redis that was killed and starts from its disk. An
// act therefore believes nothing that it remembers: every script looks whether Redis still knows of the act, what was done is counted there too, and at the
// end an act looks whether all of it is there.

// server is what a Redis says of itself. A managed one may not say all.
type server struct {
	policy   string // what it does when its memory is full
	replicas int64  // that hear of its changes; 0 for a replica
	used     int64  // bytes of memory
	most     int64  // that it may use; 0 for no limit
}

func (j *Jobs) server(ctx context.Context) (server, error) {
	got, err := j.redis.Read(ctx, redis.Cmd("INFO"))
	if err != nil {
		return server{}, err
	}
	says := map[string]string{}
	for line := range strings.Lines(got[0].Text()) {
		if key, value, is := strings.Cut(strings.TrimSpace(line), ":"); is {
			says[key] = clean.Line(value)
		}
	}
	number := func(key string) int64 {
		n, _ := strconv.ParseInt(says[key], 10, 64) // where it does not say there is none
		return n
	}
	s := server{policy: says["maxmemory_policy"], used: number("used_memory"), most: number("maxmemory")}
	if says["role"] == "master" {
		s.replicas = number("connected_slaves")
	}
	return s, nil
}

// heardWithin is how long a replica may take to hear of what an act did.
const heardWithin = time.Second

// prove looks at what an act that ended well has left.
func (a *Acts) prove(ctx context.Context, g *grip, o Order, p Plan, r *Report) error {
	if p.claimed() != "" {
		if err := a.remembered(ctx, g, o, p, *r); err != nil {
			return err
		}
	}
	if g.waits > 0 {
		if err := a.recount(ctx, g, o, p, r); err != nil {
			return err
		}
	}
	if g.line == nil {
		return nil
	}
	s, err := a.Jobs.server(ctx)
	if err != nil || s.replicas == 0 {
		return nil //nolint:nilerr // it was done; whether replicas have heard of it is not known, as where Redis does not say
	}
	if n, err := g.line.Heard(ctx, heardWithin); err == nil && n == 0 {
		r.doubt(fmt.Sprintf("no replica of Redis has heard of it within %s: should one take over now, it is as it was before", heardWithin))
	}
	return nil
}

// remembered looks whether the act is as much over in Redis as it is for us.
func (a *Acts) remembered(ctx context.Context, g *grip, o Order, p Plan, r Report) error {
	all, err := a.Jobs.shelves(ctx)
	if err != nil {
		return err
	}
	lies := false
	for _, s := range all {
		lies = lies || s.ID == r.Shelf
		switch {
		case s.Queue != p.queue():
		case p.Deed == Load && s.ID != r.Shelf: // may be done while another act is interrupted there
		case s.Kind == Filtered, s.Restoring:
			return a.left(forgotten(s.ID), s)
		case s.Kind == Removed && s.By == a.Operator && !s.At.Before(g.began), p.endsShelf(o) && s.ID == p.place.Shelf.ID && s.ID != r.Shelf:
			return forgotten(s.ID)
		}
	}
	if r.Shelf != "" && !lies {
		return forgotten(r.Shelf)
	}
	return nil
}

// endsShelf reports an act after which the shelf that it is about is no more, unless it says so.
func (p Plan) endsShelf(o Order) bool {
	return p.place.Shelf != nil && (p.Deed == Restore || p.Deed == Delete && o.Filter.Empty())
}

// forgotten is the error of an act that Redis knows less of than we do.
func forgotten(id string) *fault.Error {
	return &fault.Error{
		What: "Redis has forgotten the act", On: id, Why: "another Redis took over that had not heard of all of it, or it began anew from its disk: its jobs are as they were a moment before",
		Next: "nothing is lost; look (vmtui sidekiq status), and do it again", Code: fault.Failed,
	}
}
