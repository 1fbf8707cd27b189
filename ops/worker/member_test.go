package worker

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// busyBalancer refuses a removal once, because it is busy, and is asked for no other; meanwhile happens what it is told.
type busyBalancer struct {
	Cloud
	asked     int
	meanwhile func()
}

func (*busyBalancer) Balancer(context.Context, string) (digitalocean.Balancer, error) {
	return digitalocean.Balancer{ID: "4de7ac8b", Status: "active", DropletIDs: []int{3164494, 3164495, 3164496}}, nil
}

func (b *busyBalancer) RemoveDroplet(ctx context.Context, p remote.Permit, _ string, _ int) error {
	b.asked++
	b.meanwhile()
	if err := p.Check(ctx); err != nil {
		return err
	}
	return fmt.Errorf("x: %w", digitalocean.ErrBusy)
}

// leased is a guard that always holds.
type leased struct{}

func (leased) Held() error { return nil }

// A peer that dies while a busy balancer is waited for is noticed before the removal is asked for once more.
func TestTheBudgetIsLookedAtBeforeEachTry(t *testing.T) {
	c := sample(t)
	c.Config.DigitalOcean.Poll, c.Config.LoadBalancer.DrainTimeout = time.Millisecond, 10*time.Second
	peers := &telling{words: map[string]string{"http_code": "200 0.01"}}
	cloud := &busyBalancer{meanwhile: func() { peers.words["http_code"] = "000 5.0" }}
	c.Cloud, c.Host = cloud, func(string) Host { return peers }
	v := walked(t, c.remove())
	if cloud.asked != 1 || v.State == run.Done || !strings.Contains(v.Detail, "too few healthy workers would remain") {
		t.Errorf("asked %d times; %s: %s", cloud.asked, v.State, v.Detail)
	}
}

// walked is what a step by itself comes to, unattended.
func walked(t *testing.T, s run.Step) *run.View {
	t.Helper()
	store, err := run.Open(t.Context(), t.TempDir(), func(s string) string { return s })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	e := &run.Engine{Store: store, Door: act.NewDoor(false, leased{}), StateDir: t.TempDir(), Operator: "mike", Host: "laptop"}
	rb := run.Runbook{ID: Drain, Version: 1, Title: "Walk a step", Target: "worker-2", Steps: held([]run.Step{s}, map[string]string{s.ID: ""})}
	id, err := e.Start(t.Context(), rb)
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Walk(t.Context(), id, rb, run.Mode{Unattended: true, Yes: true})
	v, looked := e.View(t.Context(), id)
	if err != nil || looked != nil {
		t.Fatal(err, looked)
	}
	return v
}

// Requests that arrive are counted in a log that may be put aside meanwhile.
func TestArrivalsInALogThatIsRotated(t *testing.T) {
	c := sample(t)
	c.Cloud = &busyBalancer{}
	seen := []string{"50000", "0", "0", "1"}
	host, peer := &counting{seen: seen}, &serves{}
	c.Host = func(name string) Host {
		if name == c.node.Name {
			return host
		}
		return peer
	}
	check := c.verifyArriving(&run.Walk{})
	for i := range seen {
		p, err := check(t.Context())
		if err != nil || p.Done != (i == len(seen)-1) {
			t.Fatalf("look %d: %+v, %v", i+1, p, err)
		}
	}
}

// counting is a worker whose log has so many lines, look by look.
type counting struct {
	Host
	seen []string
}

func (h *counting) Look(_ context.Context, c ssh.Command) ssh.Result {
	if c.Script != requests {
		return ssh.Result{Outcome: ssh.Exited, Stdout: "0\n0"}
	}
	now := h.seen[0]
	h.seen = h.seen[1:]
	return ssh.Result{Outcome: ssh.Exited, Stdout: now}
}
