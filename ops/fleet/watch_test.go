package fleet

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/ssh"
)

var three = []NodeConfig{
	{Name: "exec", Role: RoleExec, Unit: "mastodon-sidekiq"},
	{Name: "worker-1", Role: RoleWorker, Droplet: 11, Project: "mastodon", LameDuck: "/duck", AccessLog: "/srv/log/access.log"},
	{Name: "worker-2", Role: RoleWorker, Droplet: 12, Project: "mastodon"},
}

func hosts(t *testing.T) (map[string]*fakeHost, func(string) Looker) {
	all := map[string]*fakeHost{}
	for _, n := range three {
		all[n.Name] = &fakeHost{look: says(output(t)), link: ssh.Link{State: "up", RTT: 5 * time.Millisecond}}
	}
	return all, func(name string) Looker { return all[name] }
}

func TestDeadHostDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, host := hosts(t)
		all["worker-1"].set(blackHole)
		w := New(Config{Instance: "x", Nodes: three, Host: host})
		stop := run(t.Context(), w)
		defer stop()
		synctest.Wait() // no time passes: everybody but the dead one has answered
		s := w.Snapshot()
		for i, want := range []bool{true, false, true} {
			if got := !s.Nodes[i].Health.Stale(); got != want {
				t.Errorf("%s seen: %v", s.Nodes[i].Name, got)
			}
		}
		<-time.After(time.Minute)
		synctest.Wait()
		if n := all["worker-2"].times(); n < 12 || n > 13 {
			t.Errorf("worker-2 was looked at %d times in a minute", n)
		}
		if n := all["worker-1"].times(); n < 2 || n > 4 {
			t.Errorf("the dead one was looked at %d times in a minute", n)
		}
		dead := w.Snapshot().Nodes[1]
		if dead.Health.Err == nil || !strings.Contains(dead.Health.Err.Error(), "no answer in time") {
			t.Errorf("dead: %v", dead.Health.Err)
		}
	})
}

// A look that waits for a rate limit says so while it waits, and no longer.
func TestALookSaysWhatItWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{Balancer: func(ctx context.Context) (Balancer, error) {
			remote.Tell(ctx, "waiting 7s: rate limit")
			<-time.After(7 * time.Second)
			return Balancer{Status: "active"}, nil
		}})
		stop := run(t.Context(), w)
		defer stop()
		synctest.Wait()
		if s := w.Snapshot(); s.Balancer.Wait != "waiting 7s: rate limit" || s.Services[0].State.Wait != s.Balancer.Wait {
			t.Errorf("%+v", s.Balancer)
		}
		<-time.After(7 * time.Second)
		synctest.Wait()
		if s := w.Snapshot(); s.Balancer.Wait != "" || s.Balancer.Value.Status != "active" {
			t.Errorf("%+v", s.Balancer)
		}
	})
}

// Who looks once waits for all that is looked at, and for nothing that is not: here there is no balancer and no site.
func TestLookedIsWhenTheSlowestHasAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, host := hosts(t)
		all["worker-2"].set(func(ctx context.Context, _ ssh.Command) ssh.Result {
			<-ctx.Done()
			return ssh.Result{Outcome: ssh.Unreachable, Cause: ctx.Err()}
		})
		w := New(Config{Nodes: three, Host: host, Limit: 12 * time.Second})
		stop := run(t.Context(), w)
		defer stop()
		synctest.Wait()
		if w.Looked() {
			t.Error("worker-2 has not answered")
		}
		for !w.Looked() {
			<-w.Changed()
		}
		if h := w.Snapshot().Nodes[2].Health; fault.Of(h.Err).Why != "no answer in time" {
			t.Errorf("%+v", h)
		}
	})
}

func TestLastStateStaysWithItsAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, host := hosts(t)
		w := New(Config{Nodes: three, Host: host})
		stop := run(t.Context(), w)
		defer stop()
		synctest.Wait()
		all["worker-2"].set(func(context.Context, ssh.Command) ssh.Result {
			return ssh.Result{Outcome: ssh.Unreachable, Cause: &fault.Error{What: "no route", On: "worker-2"}}
		})
		<-time.After(time.Minute)
		synctest.Wait()
		h := w.Snapshot().Nodes[2].Health
		age, ok := h.Age(time.Now())
		if !h.Stale() || !ok || age < 50*time.Second || h.Value.Web != 12 || fault.Of(h.Err).What != "no route" {
			t.Errorf("health %+v", h)
		}
		// It is back; Refresh need not wait for the back-off.
		all["worker-2"].set(says(output(t)))
		w.Refresh()
		synctest.Wait()
		if h := w.Snapshot().Nodes[2].Health; h.Stale() {
			t.Errorf("after Refresh: %+v", h)
		}
	})
}

func TestChangedIsCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, host := hosts(t)
		w := New(Config{Nodes: three, Host: host})
		stop := run(t.Context(), w)
		defer stop()
		<-time.After(time.Minute)
		synctest.Wait()
		if n := len(w.Changed()); n != 1 {
			t.Fatalf("%d changes wait", n)
		}
		<-w.Changed()
		synctest.Wait()
		if n := len(w.Changed()); n != 0 {
			t.Error("a change without a look")
		}
	})
}

func TestCommandsOfALook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, host := hosts(t)
		w := New(Config{Nodes: three, Host: host, Every: time.Second})
		stop := run(t.Context(), w)
		<-time.After(10500 * time.Millisecond)
		stop()
		var stats []int
		for i, c := range all["worker-1"].asked {
			if c.Args[0] != "/duck" || c.Args[1] != "/srv/log/access.log" || c.Args[2] != "mastodon" || c.Args[3] != "" {
				t.Errorf("args %q", c.Args)
			}
			if c.Args[4] != "" {
				stats = append(stats, i)
			}
		}
		if len(stats) != 2 || stats[0] != 1 || stats[1] != 7 {
			t.Errorf("statistics at looks %v of %d", stats, len(all["worker-1"].asked))
		}
		if a := all["exec"].asked[1].Args; a[2] != "" || a[3] != "mastodon-sidekiq" || a[4] != "" {
			t.Errorf("exec's args %q", a)
		}
	})
}

func TestPlace(t *testing.T) {
	now := time.Now()
	fresh := func(h Health) Observation[Health] { return Observation[Health]{Value: h, Seen: now} }
	members := Observation[Balancer]{Value: Balancer{Members: []string{"worker-1"}}, Seen: now}
	old := Observation[Balancer]{Value: members.Value, Seen: now.Add(-time.Hour), Err: errors.New("down")}
	lately := Observation[Balancer]{Value: members.Value, Seen: now.Add(-time.Minute), Err: errors.New("down")}
	good := nodeState{health: fresh(Health{Nginx: true})}
	w1, w2 := three[1], three[2]
	for name, x := range map[string]struct {
		node NodeConfig
		seen nodeState
		b    Observation[Balancer]
		want string
	}{
		"exec":              {three[0], good, members, LBNone},
		"never asked":       {w1, good, Observation[Balancer]{}, LBUnknown},
		"long not answered": {w1, good, old, LBUnknown},
		"just not answered": {w1, good, lately, LBIn},
		"member":            {w1, good, members, LBIn},
		"no member":         {w2, good, members, LBOut},
		"lame duck":         {w1, nodeState{health: fresh(Health{Nginx: true, LameDuck: true})}, members, LBDraining},
		"nginx gone":        {w1, nodeState{health: fresh(Health{})}, members, LBDraining},
		"dead":              {w1, nodeState{health: Observation[Health]{Err: errors.New("x")}}, members, LBIn},
		"fails the check":   {w1, nodeState{health: good.health, passes: Observation[bool]{Seen: now}}, members, LBDraining},
		"passes":            {w1, nodeState{health: good.health, passes: Observation[bool]{Value: true, Seen: now}}, members, LBIn},
		"check not known":   {w1, nodeState{health: good.health, passes: Observation[bool]{Seen: now, Err: errors.New("x")}}, members, LBIn},
		"duck out":          {w2, nodeState{health: fresh(Health{LameDuck: true})}, members, LBOut},
	} {
		if got := place(x.node, x.seen, x.b, now); got != x.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestEverythingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, host := hosts(t)
		down := errors.New("connection refused")
		w := New(Config{
			Instance: "x", Nodes: three, Host: host,
			Balancer: func(context.Context) (Balancer, error) {
				return Describe(digitalocean.Balancer{ID: "lb", Status: "active", DropletIDs: []int{11, 99}}, three), nil
			},
			Check: func(_ context.Context, node string) (bool, error) { return node != "worker-1", nil },
			Services: []Probe{
				{Name: "redis", Look: func(context.Context) (string, error) { return "answers", nil }},
				{Name: "postgres", Look: func(context.Context) (string, error) { return "", down }},
			},
			Site: func(context.Context) (Site, error) { return Site{URL: "u", Status: 200}, nil },
			Records: func(context.Context) (Records, error) {
				return Records{Holds: []Hold{{Worker: "worker-2", By: "a", Why: "b"}}, LeaseErr: errors.New("damaged")}, nil
			},
		})
		stop := run(t.Context(), w)
		defer stop()
		synctest.Wait()
		s := w.Snapshot()
		if s.Nodes[1].LB != LBDraining || s.Nodes[2].LB != LBOut || s.Nodes[0].LB != LBNone || s.Nodes[2].Hold == nil || s.Nodes[1].Hold != nil {
			t.Errorf("nodes %+v", s.Nodes)
		}
		if s.Nodes[1].Link != "up" || s.Nodes[1].Health.Value.RoundTrip != 5*time.Millisecond {
			t.Errorf("link %+v", s.Nodes[1])
		}
		if len(s.Services) != 3 || !s.Services[0].OK || s.Services[0].Name != "load balancer" || !s.Services[1].OK || s.Services[2].OK || !errors.Is(s.Services[2].State.Err, down) {
			t.Errorf("services %+v", s.Services)
		}
		if got := strings.Join(s.Balancer.Value.Members, " "); got != "99 worker-1" {
			t.Errorf("members %s", got)
		}
		if s.Site.Value.Status != 200 || !s.Lease.Stale() || s.Holds.Stale() {
			t.Errorf("snapshot %+v", s)
		}
	})
}

func TestNothingConfiguredIsNothingShown(t *testing.T) {
	w := New(Config{Nodes: three})
	stop := run(t.Context(), w)
	stop()
	s := w.Snapshot()
	if len(s.Services) != 0 || len(s.Nodes) != 3 || s.Nodes[1].LB != LBUnknown || !s.Site.Stale() {
		t.Errorf("%+v", s)
	}
}

func TestTheEndIsNobodysFault(t *testing.T) {
	all, host := hosts(t)
	looking := make(chan struct{}, 3)
	for _, h := range all {
		h.set(func(ctx context.Context, c ssh.Command) ssh.Result {
			looking <- struct{}{}
			return blackHole(ctx, c)
		})
	}
	w := New(Config{Nodes: three, Host: host})
	stop := run(t.Context(), w)
	for range three {
		<-looking
	}
	stop()
	for _, n := range w.Snapshot().Nodes {
		if n.Health.Err != nil {
			t.Errorf("%s: %v", n.Name, n.Health.Err)
		}
	}
}

func TestCache(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "fleet.json")
	_, host := hosts(t)
	cfg := Config{
		Instance: "x", Nodes: three, Host: host, Cache: path,
		Balancer: func(context.Context) (Balancer, error) {
			return Balancer{ID: "lb", Status: "active", Members: []string{"worker-1", "worker-2"}}, nil
		},
		Services: []Probe{{Name: "redis", Look: func(context.Context) (string, error) { return "answers", nil }}},
	}
	synctest.Test(t, func(t *testing.T) {
		stop := run(t.Context(), New(cfg))
		synctest.Wait()
		stop()
	})
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	if raw, _ := os.ReadFile(path); strings.Contains(string(raw), "203.0.113.7") {
		t.Error("a visitor's address was saved")
	}
	s := remembered(t, cfg).Snapshot()
	if h := s.Nodes[1].Health; h.Value.Web != 12 || !h.Stale() || !errors.Is(h.Err, ErrRemembered) || h.Seen.IsZero() || len(h.Value.Containers) != 3 {
		t.Errorf("health %+v", h)
	}
	if s.Balancer.Value.ID != "lb" || s.Services[0].OK || s.Services[1].State.Value != "answers" {
		t.Errorf("snapshot %+v", s)
	}

	other := cfg
	other.Instance = "y"
	if h := remembered(t, other).Snapshot().Nodes[1].Health; !h.Seen.IsZero() {
		t.Error("another instance's cache was taken")
	}
	moved := cfg
	moved.Nodes = append([]NodeConfig(nil), three...)
	moved.Nodes[1].Droplet = 77
	if s := remembered(t, moved).Snapshot(); !s.Nodes[1].Health.Seen.IsZero() || s.Nodes[2].Health.Seen.IsZero() {
		t.Error("another machine's state was taken")
	}
	if err := os.WriteFile(path, []byte(`{"version":1,"nodes":[`), 0o600); err != nil {
		t.Fatal(err)
	}
	if h := remembered(t, cfg).Snapshot().Nodes[1].Health; !h.Seen.IsZero() {
		t.Error("a damaged cache was taken")
	}
}

// remembered is a watch that has not looked yet. Time in the bubble above began long ago, so what it saved is in the past.
func remembered(t *testing.T, cfg Config) *Watch {
	t.Helper()
	return New(cfg)
}

func TestCacheIsWrittenSeldom(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "fleet.json")
	synctest.Test(t, func(t *testing.T) {
		_, host := hosts(t)
		w := New(Config{Instance: "x", Nodes: three, Host: host, Every: time.Second, Cache: path})
		stop := run(t.Context(), w)
		<-time.After(29 * time.Second)
		if _, err := os.Stat(path); err == nil {
			t.Error("written before its time")
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		first, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		<-time.After(20 * time.Second)
		if again, _ := os.ReadFile(path); string(again) != string(first) {
			t.Error("written again too soon")
		}
		stop()
	})
	left, _ := filepath.Glob(filepath.Join(dir, ".fleet-*"))
	if len(left) != 0 {
		t.Errorf("left behind %v", left)
	}
}

func TestSite(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }))
	look := SiteByHTTP(srv.URL, nil)
	s, err := look(t.Context())
	if err != nil || s.Status != 503 || s.Took <= 0 || s.URL != srv.URL {
		t.Errorf("%+v, %v", s, err)
	}
	srv.Close()
	if _, err := look(t.Context()); err == nil || fault.Of(err).Next == "" {
		t.Errorf("a closed site: %v", err)
	}
}
