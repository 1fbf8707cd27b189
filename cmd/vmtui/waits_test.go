package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/fixtures/machine"
	"github.com/vmtui/vmtui/fixtures/provider"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/worker"
)

// awaited says, from the box's own state, what a wait of the walk is still waiting for; "" when that is so.
type awaited func(t *testing.T, b *box.Box, a *app) string

// waits are those of a reimage. The looks that nothing has to be waited for in the box (nginx is gone once nothing is in flight, compose comes back
// when the containers are stopped) are proofs; come-back and new-disk cannot be left out, since the steps after them need what they find.
var waits = map[string]awaited{
	"lame-duck": func(_ *testing.T, b *box.Box, _ *app) string {
		return unless(!slices.Contains(b.Balancer().Healthy(), "worker-2"), "the balancer sends to it")
	},
	"idle": func(t *testing.T, b *box.Box, _ *app) string {
		n := on(t, b, `ss -Htn state established '( dport = :3000 )' | wc -l`)
		return unless(n == "0", n+" requests are in flight")
	},
	"remove": func(t *testing.T, b *box.Box, _ *app) string {
		var got struct {
			Balancer struct{ Status string } `json:"load_balancer"`
		}
		askAPI(t, b, "load_balancers/4de7ac8b-495b-4884-9a69-1050c6793cd6", &got)
		return unless(got.Balancer.Status == "active", "the balancer is "+got.Balancer.Status)
	},
	"sidekiq-quiet": func(t *testing.T, b *box.Box, a *app) string {
		for _, p := range processesOn(t, b, a) {
			if !p.quiet || p.busy > 0 {
				return fmt.Sprintf("quiet %v, busy %d", p.quiet, p.busy)
			}
		}
		return ""
	},
	"rebuild": func(t *testing.T, b *box.Box, _ *app) string {
		var got struct {
			Actions []struct{ Type, Status string }
		}
		askAPI(t, b, fmt.Sprintf("droplets/%d/actions", b.Droplet("worker-2")), &got)
		for _, action := range got.Actions {
			if action.Type == "rebuild" {
				return unless(action.Status == "completed", "the rebuild is "+action.Status)
			}
		}
		return "the rebuild is not listed yet"
	},
	"first-boot": func(t *testing.T, b *box.Box, _ *app) string {
		said := on(t, b, "cloud-init status")
		return unless(said == "status: done", said)
	},
	"start": func(t *testing.T, b *box.Box, _ *app) string {
		status := get(t, "http://"+b.Machine("worker-2").HTTPAddr()+box.HealthPath, "", nil)
		return unless(status == http.StatusOK, fmt.Sprintf("its health is %d", status))
	},
	"add": func(_ *testing.T, b *box.Box, _ *app) string {
		return unless(slices.Contains(b.Balancer().Healthy(), "worker-2"), "the balancer does not send to it")
	},
	"sidekiq-start": func(t *testing.T, b *box.Box, a *app) string {
		all := processesOn(t, b, a)
		return unless(len(all) == 1 && !all[0].quiet, fmt.Sprintf("processes: %v", all))
	},
}

func unless(so bool, why string) string {
	if so {
		return ""
	}
	return why
}

// Each wait of the walk waits for something, and the walk does not go on before it is so. Whoever leaves a wait out, or ends it early, reads it here.
func TestEachWaitIsWaitedFor(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) {
		o.Visitors.PerSecond, o.Visitors.Slow = 20, 0.5
		// Whatever a wait waits for lasts until it is looked at, or for longer than a busy machine needs to come to look at it.
		o.Pace.Machine.SlowAnswer, o.Pace.API.Action, o.Pace.API.Busy = 10*time.Second, time.Minute, 8*time.Second
		o.Pace.Beat, o.Pace.Job = 2*time.Second, 3*time.Second
	})
	b.Machine("worker-2").Repace(func(p *machine.Pace) {
		p.SlowAnswer, p.CloudInit, p.ContainerStart = 15*time.Second, time.Minute, time.Minute
	})
	a := inside(t, b)
	met := map[string]bool{}
	rb := without(t, a, worker.Reimage, func(steps []run.Step) []run.Step {
		steps = leaveOut("hush")(steps) // or Sidekiq is quiet already when its wait begins
		for i := range steps {
			if still := waits[steps[i].ID]; still != nil {
				met[steps[i].ID] = true
				steps[i].Verify = watched(t, steps[i], func() string { return still(t, b, a) }, func() { lookedAt(b, steps[i].ID) })
			}
		}
		return steps
	})
	if len(met) != len(waits) {
		t.Fatalf("only %v are steps of the walk", met)
	}
	id, err := a.engine.Start(t.Context(), rb)
	if err != nil {
		t.Fatal(err)
	}
	state, err := a.engine.Walk(t.Context(), id, rb, run.Mode{Unattended: true, Yes: true, Confirm: "worker-2"})
	if err != nil || state != run.Done {
		t.Fatalf("%s, %v\n%s", state, err, transcript(t, b, id))
	}
	intact(t, b)
}

// lookedAt lets what a wait was seen to wait for come about.
func lookedAt(b *box.Box, step string) {
	if step == "rebuild" {
		b.API().Repace(func(p *provider.Pace) { p.Action = time.Second })
	}
	b.Machine("worker-2").Repace(func(p *machine.Pace) {
		switch step {
		case "idle":
			p.SlowAnswer = 0
		case "first-boot":
			p.CloudInit = 0
		case "start", "sidekiq-start":
			p.ContainerStart = 0
		case "add": // between those two
			p.ContainerStart = time.Minute
		}
	})
}

// watched looks at the world when a wait begins, says so, and looks once more when it is over.
func watched(t *testing.T, s run.Step, still func() string, looked func()) func(*run.Walk) run.Check {
	verify := s.Verify
	return func(w *run.Walk) run.Check {
		if still() == "" {
			t.Errorf("%s: there was nothing to wait for", s.ID)
		}
		looked()
		check := func(context.Context) (run.Progress, error) { return run.Progress{Done: true}, nil }
		if verify != nil {
			check = verify(w)
		}
		return func(ctx context.Context) (run.Progress, error) {
			p, err := check(ctx)
			if err == nil && p.Done {
				if why := still(); why != "" {
					t.Errorf("%s did not wait: %s", s.ID, why)
				}
			}
			return p, err
		}
	}
}

// on runs a line on worker-2, beside the product.
func on(t *testing.T, b *box.Box, line string) string {
	t.Helper()
	out, _ := b.Machine("worker-2").Run(t.Context(), line) // what it says is looked at
	return strings.TrimSpace(out)
}

// ask asks the provider.
func askAPI(t *testing.T, b *box.Box, path string, into any) {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(b.Dir(), "token-digitalocean"))
	if err != nil {
		t.Fatal(err)
	}
	get(t, b.API().URL()+"/v2/"+path, strings.TrimSpace(string(token)), into)
}

// get gives the status, 0 when nobody answers.
func get(t *testing.T, url, token string, into any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	if into != nil {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			t.Error(err)
		}
	}
	return resp.StatusCode
}

// process is a Sidekiq of worker-2 as Redis has it.
type process struct {
	quiet bool
	busy  int
}

func processesOn(t *testing.T, b *box.Box, a *app) []process {
	t.Helper()
	ids := on(t, b, "docker ps --no-trunc --format '{{.ID}}'")
	all, err := a.jobs.Processes(t.Context())
	if err != nil {
		t.Error(err)
	}
	var mine []process
	for _, p := range all {
		if !p.Stale && strings.Contains(ids, p.Hostname) {
			mine = append(mine, process{p.Quiet, p.Busy})
		}
	}
	return mine
}
