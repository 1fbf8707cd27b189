package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ui/plain"
)

func newStatus(f *flags) *cobra.Command {
	return withJSON(f, &cobra.Command{
		Use: "status", Short: "The fleet at a glance", Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return status(cmd.Context(), f) },
	})
}

// lookFor is how long a status waits for the slowest answer; what is silent by then is shown as not seen.
const lookFor = 20 * time.Second

func status(ctx context.Context, f *flags) error {
	a, err := open(ctx, f, f.asker(false))
	if err != nil {
		return err
	}
	defer a.close()
	snap := a.lookOnce(ctx, lookFor)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if f.json {
		err = f.printJSON(statusJSON(snap, time.Now()))
	} else {
		err = plain.Status(f.out, snap, time.Now())
	}
	return errors.Join(err, mistakes(snap))
}

// mistakes are what no look can cure, since it stands in the config: a token that is not there. What does not answer is the answer of a status.
func mistakes(s fleet.Snapshot) error {
	looks := []error{s.Balancer.Err, s.Holds.Err, s.Site.Err}
	for _, n := range s.Nodes {
		looks = append(looks, n.Health.Err)
	}
	for _, x := range s.Services {
		looks = append(looks, x.State.Err)
	}
	return errors.Join(slices.DeleteFunc(looks, func(err error) bool { return fault.CodeOf(err) != fault.Usage })...)
}

// lookOnce runs the watch until everything has been looked at once.
func (a *app) lookOnce(ctx context.Context, limit time.Duration) fleet.Snapshot {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	began, said := time.Now(), "" // before the first look begins
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.watch.Run(ctx)
	}()
	for !complete(a.watch.Snapshot(), began) {
		select {
		case <-a.desk.Changed():
			if wait := a.watch.Snapshot().Balancer.Wait; wait != "" && wait != said {
				a.tell(wait)
				said = wait
			}
		case <-ctx.Done():
			<-done
			return a.watch.Snapshot()
		}
	}
	snap := a.watch.Snapshot()
	cancel()
	<-done
	return snap
}

// complete reports that every part has answered or failed since began.
func complete(s fleet.Snapshot, began time.Time) bool {
	looked := func(seen time.Time, err error) bool {
		return err != nil && !errors.Is(err, fleet.ErrRemembered) || seen.After(began)
	}
	for _, n := range s.Nodes {
		if !looked(n.Health.Seen, n.Health.Err) {
			return false
		}
	}
	for _, x := range s.Services {
		if !looked(x.State.Seen, x.State.Err) {
			return false
		}
	}
	return looked(s.Sidekiqs.Seen, s.Sidekiqs.Err) && looked(s.Site.Seen, s.Site.Err) && looked(s.Balancer.Seen, s.Balancer.Err) && looked(s.Holds.Seen, s.Holds.Err)
}

// The shapes of `vmtui status --json`. Fields are added, never renamed.
type (
	statusDoc struct {
		Instance string       `json:"instance"`
		Time     time.Time    `json:"time"`
		Nodes    []statusNode `json:"nodes"`
		Balancer *statusLB    `json:"load_balancer"`
		Consoles []statusSeat `json:"consoles"` // open ones, as the exec node shows them
		// Leftovers are what a maintenance has left behind and nobody is at work on.
		Leftovers []statusLeftover `json:"leftovers"`
		Services  []statusService  `json:"services"`
	}
	statusService struct {
		Name  string `json:"name"`
		State string `json:"state"`
		OK    bool   `json:"ok"`
		Error string `json:"error,omitempty"`
	}
	statusLeftover struct {
		Node  string     `json:"node"`
		What  string     `json:"what"`
		Since *time.Time `json:"since"` // null: not known
		Next  string     `json:"next"`
	}
	statusSeat struct {
		Who      string  `json:"who"`
		ReadOnly bool    `json:"read_only"`
		Open     float64 `json:"open_seconds"`
	}
	statusNode struct {
		Name       string            `json:"name"`
		Role       string            `json:"role"`
		Reachable  bool              `json:"reachable"`
		LB         string            `json:"lb"`
		Hold       *statusHold       `json:"hold"`
		Age        *float64          `json:"age_seconds"` // null: never seen
		Containers []statusContainer `json:"containers"`
		Error      string            `json:"error,omitempty"`
	}
	statusHold struct {
		By    string    `json:"by"`
		Why   string    `json:"why"`
		Since time.Time `json:"since"`
	}
	statusContainer struct {
		Service string `json:"service"`
		State   string `json:"state"`
		Health  string `json:"health"`
		Image   string `json:"image"`
	}
	statusLB struct {
		ID      string   `json:"id"`
		Status  string   `json:"status"`
		Members []string `json:"members"`
	}
)

func statusJSON(s fleet.Snapshot, now time.Time) statusDoc {
	doc := statusDoc{Instance: s.Instance, Time: now.UTC().Truncate(time.Second), Nodes: []statusNode{}, Consoles: []statusSeat{}, Leftovers: []statusLeftover{}, Services: []statusService{}}
	for _, n := range s.Nodes {
		doc.Nodes = append(doc.Nodes, nodeJSON(n, now))
		for _, c := range n.Health.Value.Consoles {
			doc.Consoles = append(doc.Consoles, statusSeat{Who: c.Who, ReadOnly: c.ReadOnly, Open: c.Open.Seconds()})
		}
	}
	for _, x := range s.Services {
		one := statusService{Name: x.Name, State: x.State.Value, OK: x.OK}
		if x.State.Err != nil {
			one.Error = strings.TrimSpace(x.State.Err.Error())
		}
		doc.Services = append(doc.Services, one)
	}
	for _, l := range s.Leftovers(now) {
		doc.Leftovers = append(doc.Leftovers, leftoverJSON(l))
	}
	if lb := s.Balancer.Value; lb.ID != "" {
		doc.Balancer = &statusLB{ID: lb.ID, Status: lb.Status, Members: append([]string{}, lb.Members...)}
	}
	return doc
}

func leftoverJSON(l fleet.Leftover) statusLeftover {
	doc := statusLeftover{Node: l.Node, What: l.What, Next: l.Next}
	if !l.Since.IsZero() {
		since := l.Since.UTC().Truncate(time.Second)
		doc.Since = &since
	}
	return doc
}

func nodeJSON(n fleet.Node, now time.Time) statusNode {
	doc := statusNode{Name: n.Name, Role: n.Role, Reachable: !n.Health.Stale(), LB: n.LB, Containers: []statusContainer{}}
	if age, seen := n.Health.Age(now); seen {
		seconds := age.Round(time.Millisecond).Seconds()
		doc.Age = &seconds
	}
	if n.Health.Err != nil {
		doc.Error = strings.TrimSpace(n.Health.Err.Error())
	}
	if n.Hold != nil {
		doc.Hold = &statusHold{By: n.Hold.By, Why: n.Hold.Why, Since: n.Hold.Since}
	}
	for _, c := range n.Health.Value.Containers {
		doc.Containers = append(doc.Containers, statusContainer{Service: c.Service, State: c.State, Health: c.Health, Image: c.Image})
	}
	return doc
}
