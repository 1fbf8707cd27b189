package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/fixtures/edge"
	"github.com/vmtui/vmtui/fixtures/provider"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/cloudflare"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/page"
	"github.com/vmtui/vmtui/remote/ssh"
	"github.com/vmtui/vmtui/remote/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token    = "hailing-frequencies"
	instance = "vmst.example"
	lbID     = "4de7ac8b"
	cdnID    = "892071a0-bb95-49bc-8021-3afd67a210bf"
)

// journal remembers what was recorded.
type journal struct {
	mu   sync.Mutex
	acts []act.Act
	outs []act.Outcome
}

func (j *journal) Intend(_ context.Context, a act.Act) (func(context.Context, act.Outcome) error, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.acts = append(j.acts, a)
	return func(_ context.Context, o act.Outcome) error {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.outs = append(j.outs, o)
		return nil
	}, nil
}

// shell is a node made of this machine's /bin/sh: the scripts run for real.
type shell struct {
	dead    bool
	refuses bool
	done    int
	bin     string // programs of its own
}

// nginx makes the node's nginx say that configuration; it does not show it where there is none.
func (s *shell) nginx(t *testing.T, conf string) {
	t.Helper()
	s.program(t, "nginx", "conf='"+conf+"'\n[ \"$1\" = -T ] && [ -n \"$conf\" ] && printf '%s' \"$conf\"")
}

// program gives the node a program of its own.
func (s *shell) program(t *testing.T, name, script string) {
	t.Helper()
	if s.bin == "" {
		s.bin = t.TempDir()
	}
	if err := os.WriteFile(filepath.Join(s.bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil { // #nosec G306 -- it is run
		t.Fatal(err)
	}
}

// leads makes the node's curl meet another server at an address.
func (s *shell) leads(t *testing.T, at, to string) {
	t.Helper()
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Fatal(err)
	}
	s.program(t, "curl", "exec "+curl+" --connect-to "+at+":"+to+" \"$@\"")
}

func (s *shell) Look(ctx context.Context, c ssh.Command) ssh.Result { return s.run(ctx, c) }

func (s *shell) Do(ctx context.Context, p remote.Permit, c ssh.Command) ssh.Result {
	if err := p.Check(ctx); err != nil {
		return ssh.Result{Outcome: ssh.Unreachable, Cause: err}
	}
	s.done++
	return s.run(ctx, c)
}

func (s *shell) run(ctx context.Context, c ssh.Command) ssh.Result {
	if s.dead {
		return ssh.Result{Outcome: ssh.Unreachable, Cause: errors.New("no route to host")}
	}
	if s.refuses {
		return ssh.Result{Outcome: ssh.Exited, Code: 4, Stderr: "only root or nginx's own user may remove what is there"}
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", c.Script, "vmtui"}, c.Args...)...)
	cmd.Env = append(os.Environ(), "PATH="+s.bin+":"+os.Getenv("PATH"))
	cmd.Stdin = bytes.NewReader(c.Stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		return ssh.Result{Outcome: ssh.Unreachable, Cause: err}
	}
	return ssh.Result{Outcome: ssh.Exited, Code: cmd.ProcessState.ExitCode(), Stdout: out.String(), Stderr: errs.String()}
}

// stand is an instance: an edge before an origin, a provider, two workers with a cache each.
type stand struct {
	*Room
	edge    *edge.Server
	api     *provider.Server
	journal *journal
	hosts   map[string]*shell
	door    *act.Door
}

// origin serves people's pages in two forms, and everything else as HTML.
func origin(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	switch {
	case r.URL.Path == versionPath:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"domain":"vmst.example","version":"4.6.5"}`)
	case strings.HasPrefix(r.URL.Path, "/@") && strings.Contains(r.Header.Get("Accept"), "activity+json"):
		w.Header().Set("Vary", "Accept")
		w.Header().Set("Cache-Control", "max-age=180, public")
		w.Header().Set("Content-Type", "application/activity+json")
		_, _ = io.WriteString(w, `{"type":"Person"}`)
	default:
		if strings.HasPrefix(r.URL.Path, "/@") {
			w.Header().Set("Vary", "Accept")
			w.Header().Set("Cache-Control", "max-age=15, public")
		}
		_, _ = io.WriteString(w, "<!DOCTYPE html><p>hello")
	}
}

func newStand(t *testing.T) *stand {
	t.Helper()
	return standOn(t, "")
}

// standOn is a stand whose zone has a plan, "" for the usual one.
func standOn(t *testing.T, plan string) *stand {
	t.Helper()
	back := httptest.NewServer(http.HandlerFunc(origin))
	t.Cleanup(back.Close)
	s := &stand{edge: edge.New(edge.Options{Token: token, Zone: instance, Plan: plan}), api: provider.New(provider.Options{Token: token}), journal: &journal{}, hosts: map[string]*shell{}}
	for _, server := range []interface {
		Start(context.Context) error
		Close() error
	}{s.edge, s.api} {
		if err := server.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
	}
	if err := s.edge.StartFront(t.Context(), back.URL); err != nil {
		t.Fatal(err)
	}
	host, port, _ := strings.Cut(strings.TrimPrefix(back.URL, "http://"), ":")
	s.api.AddImage(provider.Image{ID: 210001, Name: "worker-golden", Distribution: "Debian"})
	s.api.AddDroplet(provider.Droplet{ID: 11, Name: "worker-1", PrivateIP: host, PublicIP: "203.0.113.11", Image: 210001})
	s.api.AddDroplet(provider.Droplet{ID: 12, Name: "worker-2", PrivateIP: host, PublicIP: "203.0.113.12", Image: 210001})
	var n int
	_, _ = fmt.Sscan(port, &n)
	s.api.AddBalancer(provider.Balancer{ID: lbID, Name: "pike", IP: "203.0.113.4", DropletIDs: []int{11, 12}, Rules: []provider.Rule{{EntryProtocol: "https", EntryPort: 443, TargetProtocol: "http", TargetPort: n}}})
	s.api.AddCDN(provider.CDN{ID: cdnID, Endpoint: "vmst.cdn.example", Domain: "cdn." + instance, TTL: 3600})
	s.Room = s.room(t, back.URL)
	return s
}

func (s *stand) room(t *testing.T, back string) *Room {
	t.Helper()
	dir := t.TempDir()
	cfg, err := config.Parse(dir+"/config.yaml", []byte(fmt.Sprintf(`instance: %s
site: %s
nodes:
  - {name: exec, role: exec, ssh: exec}
  - {name: worker-1, role: worker, ssh: w1, droplet: 11, nginx_cache: %s/w1/cache}
  - {name: worker-2, role: worker, ssh: w2, droplet: 12, nginx_cache: %s/w2/cache}
digitalocean: {token: env:DO, api_url: %s}
load_balancer: {id: %s, min_healthy: 1, front: %s}
cloudflare: {token: env:CF, zone: %s, api_url: %s}
state_dir: %s/state
`, instance, s.edge.FrontURL(), dir, dir, s.api.URL(), lbID, back, instance, s.edge.URL(), dir)))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range cfg.Nodes {
		s.hosts[n.Name] = &shell{}
		if n.Cache != config.NoCache {
			if err := os.MkdirAll(n.Cache, 0o700); err != nil {
				t.Fatal(err)
			}
			s.hosts[n.Name].leads(t, "127.0.0.1:3000", strings.TrimPrefix(back, "http://"))
			s.hosts[n.Name].nginx(t, "http {\n  proxy_cache_path "+n.Cache+" levels=1:2 keys_zone=CACHE:10m;\n}\n")
		}
	}
	secret := func(context.Context) (string, error) { return token, nil }
	cf, err := cloudflare.New(cloudflare.Config{URL: s.edge.URL(), Zone: instance, Token: secret, Waiting: func(ctx context.Context, w web.Wait) { remote.Tell(ctx, w.String()) }})
	if err != nil {
		t.Fatal(err)
	}
	do, err := digitalocean.New(digitalocean.Config{URL: s.api.URL(), Token: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cf.Close(), do.Close() })
	s.door = act.NewDoor(false, nil)
	return &Room{
		Config: cfg, Operator: "mike@laptop", Edge: cf, Provider: do, Door: s.door, Journal: s.journal, Redact: func(s string) string { return s },
		Host: func(node string) Host { return s.hosts[node] },
		Get:  func(ctx context.Context, a page.Ask) (page.Answer, error) { return page.Get(ctx, nil, a) },
	}
}

// visit asks the edge for a page, so that it is cached.
func (s *stand) visit(t *testing.T, path string, f Form) {
	t.Helper()
	if _, err := s.Get(t.Context(), page.Ask{At: s.edge.FrontURL(), Host: instance, Path: path, Accept: accepts[f]}); err != nil {
		t.Fatal(err)
	}
}

// purge plans and carries out.
func (s *stand) purge(t *testing.T, o Order, typed string) View {
	t.Helper()
	p, err := s.Plan(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s.carry(t, p, typed)
}

func (s *stand) carry(t *testing.T, p Plan, typed string) View {
	t.Helper()
	w, err := s.Purge(t.Context(), p, typed)
	if err != nil {
		t.Fatal(err)
	}
	return w.Wait()
}

// keep puts a file into a worker's cache, as nginx writes it.
func (s *stand) keep(t *testing.T, worker, name, key string) string {
	t.Helper()
	n, _ := s.Config.Node(worker)
	return keepIn(t, n.Cache, name, key)
}
