package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/fixtures/doom"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
)

// joinByHand makes worker-2 a member of the balancer, as somebody at the provider's panel would.
func joinByHand(t *testing.T, b *box.Box) {
	t.Helper()
	cfg, err := config.Load(b.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	postAPI(t, b, "load_balancers/"+cfg.LoadBalancer.ID+"/droplets", fmt.Sprintf(`{"droplet_ids": [%d]}`, b.Droplet("worker-2")), http.StatusNoContent)
	for len(b.API().Members()) < 3 { // it takes the balancer a moment
		rest(t.Context(), 20*time.Millisecond)
	}
}

// postAPI changes something at the provider, beside the product.
func postAPI(t *testing.T, b *box.Box, path, body string, want int) {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(b.Dir(), "token-digitalocean"))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.API().URL()+"/v2/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != want {
		t.Fatalf("POST %s: %s", path, res.Status)
	}
}

// steps are the states that the steps came to in one leg, in their order, without those that pass by themselves.
func steps(events []run.Event, leg int) string {
	var all []string
	for _, ev := range events {
		switch run.StepState(ev.State) {
		case run.StepDone, run.Already, run.Doing:
			if ev.Type == run.Stepped && ev.Leg == leg {
				all = append(all, ev.Step+":"+ev.State)
			}
		}
	}
	return strings.Join(all, " ")
}

// What somebody did by hand between two legs is seen: what was finished is not done again, what was undone and must hold is.
func TestHandsMeanwhile(t *testing.T) {
	mingle(t)
	line := func(line string) func(*testing.T, *box.Box) {
		return func(t *testing.T, b *box.Box) {
			t.Helper()
			if out, code := b.Machine("worker-2").Run(t.Context(), line); code != 0 {
				t.Fatalf("%s: %d %s", line, code, out)
			}
		}
	}
	for name, c := range map[string]struct {
		hands func(*testing.T, *box.Box)
		story string // of the second leg, from its beginning
	}{
		"nothing":                 {func(*testing.T, *box.Box) {}, "hold:done hush:done lame-duck:done remove:done nginx:doing"},
		"nginx has quit":          {line("nginx -s stop"), "hold:done hush:done lame-duck:done remove:done nginx:already sidekiq-quiet:doing"},
		"it is a member again":    {joinByHand, "hold:done hush:done lame-duck:doing lame-duck:done remove:doing remove:done nginx:doing"},
		"the flag is gone":        {line("rm /var/lib/vmtui/lame-duck"), "hold:done hush:done lame-duck:doing lame-duck:done remove:done nginx:doing"},
		"no nginx, and no flag":   {line("nginx -s quit && rm /var/lib/vmtui/lame-duck"), "hold:done hush:done lame-duck:doing lame-duck:done remove:done nginx:already"},
		"its containers are gone": {line("docker compose -p mastodon -f /root/mastodon/docker-compose.yml stop -t 60"), "hold:done hush:done lame-duck:done remove:done nginx:doing nginx:done sidekiq-quiet:already put-back:doing put-back:done stop:already"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrdeal(t, doom.Crash{Step: "remove", Point: doom.AfterDone})
			o.die(doomed{Confirm: "worker-2"})
			o.mu.Lock()
			o.store = nil // what hands do has no intent
			o.mu.Unlock()
			c.hands(t, o.b)
			id := idIn(vmtui(t, o.b.ConfigPath(), "runs", "list", "--json").out)
			got := vmtui(t, o.b.ConfigPath(), "runs", "resume", id, "--yes", "--confirm", "worker-2", "--json")
			if got.code != 0 {
				t.Fatalf("exit %d\n%s", got.code, transcript(t, o.b, id))
			}
			events, err := inside(t, o.b).engine.Store.Events(t.Context(), id, 0)
			if err != nil {
				t.Fatal(err)
			}
			if story := steps(events, 2); !strings.HasPrefix(story, c.story) {
				t.Errorf("%s\nwant %s", story, c.story)
			}
			intact(t, o.b)
			serving(t, o.b)
		})
	}
}

// A hold that became somebody else's meanwhile is a conflict: shown with both versions of the truth, and passed by nobody beforehand.
func TestAHoldThatBecameSomebodyElses(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	l := begin(t, b.ConfigPath(), "run", "worker-reimage", "worker-2", "--yes", "--json")
	l.end() // at the gate that wants the name
	spock := another(t, b, "spock")
	for _, args := range [][]string{{"hold", "clear", "worker-2", "--confirm", operatorOf(t, b)}, {"hold", "set", "worker-2", "--why", "its disk is mine"}} {
		if got := vmtui(t, spock, args...); got.code != 0 {
			t.Fatalf("%v: exit %d\n%s", args, got.code, got.err)
		}
	}
	got := vmtui(t, b.ConfigPath(), "runs", "resume", l.run(), "--yes", "--confirm", "worker-2", "--json")
	for _, want := range []string{"already on hold by spock", "the log says: sent in leg 1", "the world says: conflict", "its disk is mine", `"choices":["retry","skip","undo","stop"]`} {
		if got.code != 3 || !strings.Contains(got.out, want) {
			t.Errorf("exit %d, and %q is not in\n%s", got.code, want, got.out)
		}
	}
	if rebuilds(b, "worker-2") != 0 {
		t.Error("it was rebuilt under somebody else's hold")
	}
	if got := vmtui(t, spock, "hold", "clear", "worker-2"); got.code != 0 {
		t.Fatalf("exit %d\n%s", got.code, got.err)
	}
	if got := vmtui(t, b.ConfigPath(), "runs", "resume", l.run(), "--yes", "--confirm", "worker-2", "--json"); got.code != 0 {
		t.Fatalf("exit %d\n%s", got.code, transcript(t, b, l.run()))
	}
	intact(t, b)
	serving(t, b)
}

// operatorOf is who the box's own config says is at work.
func operatorOf(t *testing.T, b *box.Box) string {
	t.Helper()
	cfg, err := config.Load(b.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	return operator(cfg)
}
