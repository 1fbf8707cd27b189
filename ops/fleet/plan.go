package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// plan makes a task of everything that can be looked at.
func (w *Watch) plan() {
	c := w.cfg
	for i, n := range c.Nodes {
		if c.Host != nil {
			w.add(c.Every, observe(w, func(s *state) *Observation[Health] { return &s.nodes[i].health }, w.lookAt(n)))
		}
		if c.Check != nil && n.Role == RoleWorker {
			w.add(2*c.Every, observe(w, func(s *state) *Observation[bool] { return &s.nodes[i].passes }, func(ctx context.Context) (bool, error) {
				return c.Check(ctx, n.Name)
			}))
		}
	}
	if c.Balancer != nil {
		w.add(c.Every, observe(w, func(s *state) *Observation[Balancer] { return &s.balancer }, c.Balancer))
	}
	for i, p := range c.Services {
		w.add(3*c.Every, observe(w, func(s *state) *Observation[string] { return &s.services[i] }, p.Look))
	}
	if c.Site != nil {
		w.add(3*c.Every, observe(w, func(s *state) *Observation[Site] { return &s.site }, c.Site))
	}
	if c.Sidekiqs != nil {
		w.add(3*c.Every, observe(w, func(s *state) *Observation[[]Sidekiq] { return &s.sidekiqs }, w.listen))
	}
	if c.Records != nil {
		w.add(c.Every, w.lookAtRecords)
	}
}

func (w *Watch) add(every time.Duration, look func(context.Context) error) {
	w.tasks = append(w.tasks, &task{every: every, limit: w.cfg.Limit, kick: make(chan struct{}, 1), look: look})
}

// listen looks at the Sidekiqs, and remembers since when they are as they are.
func (w *Watch) listen(ctx context.Context) ([]Sidekiq, error) {
	now, err := w.cfg.Sidekiqs(ctx)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	before := w.state.sidekiqs.Value
	w.mu.Unlock()
	return carry(before, now, time.Now()), nil
}

// lookAtRecords looks at both records at once.
func (w *Watch) lookAtRecords(ctx context.Context) error {
	r, err := w.cfg.Records(ctx)
	if errors.Is(context.Cause(ctx), context.Canceled) {
		return nil
	}
	w.update(func(s *state) {
		s.holds.record(r.Holds, cmp.Or(err, r.HoldsErr))
		s.lease.record(r.Lease, cmp.Or(err, r.LeaseErr))
	})
	return err
}

// lookAt gives the look at one node. It remembers the look before: the processor's use is a difference.
func (w *Watch) lookAt(n NodeConfig) func(context.Context) (Health, error) {
	var before seenBefore
	looks := 0
	return func(ctx context.Context) (Health, error) {
		host := w.cfg.Host(n.Name)
		if host == nil {
			return Health{}, fmt.Errorf("%s is not a host that can be reached", n.Name)
		}
		res := host.Look(ctx, n.command(looks))
		if err := answered(ctx, n.Name, res); err != nil {
			return Health{}, err
		}
		h, cpu, err := n.parse(res.Stdout, before)
		if err != nil {
			return Health{}, &fault.Error{What: "looking at the host gave nothing", On: n.Name, Why: err.Error(), Next: "log in there and look", Err: err}
		}
		looks++
		h.RoundTrip = roundTrip(host, res)
		before = seenBefore{health: h, cpu: cpu, known: true}
		return h, nil
	}
}

// answered says why a look is no answer.
func answered(ctx context.Context, name string, res ssh.Result) error {
	if res.OK() {
		return nil
	}
	f := &fault.Error{What: "cannot look at the host", On: name, Next: "look at whether it is up, and reachable from here", Err: res.Cause}
	var own *fault.Error
	switch {
	case errors.As(res.Cause, &own):
		return own
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		f.Why, f.Err = "no answer in time", ctx.Err()
	case res.Cause != nil:
		f.Why = clean.Line(res.Cause.Error())
	case res.Outcome == ssh.Exited:
		f.Why, f.Next = fmt.Sprintf("the shell ended with %d: %s", res.Code, firstLine(res.Stderr)), "log in there and look"
	default:
		f.Why = "the command ended without a status"
	}
	return f
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return clean.Line(line)
}

// linked is a host that tells the state of its connection.
type linked interface{ Link() ssh.Link }

func roundTrip(host Looker, res ssh.Result) time.Duration {
	if l, ok := host.(linked); ok {
		if rtt := l.Link().RTT; rtt > 0 {
			return rtt
		}
	}
	return res.Took
}
