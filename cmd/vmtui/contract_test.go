package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/fixtures/contract"
)

func judgeOf(t *testing.T) *contract.Judge {
	t.Helper()
	judge, err := contract.NewJudge()
	if err != nil {
		t.Fatal(err)
	}
	return judge
}

// agreed asserts that nothing was said to the provider, or by it, that its published description does not know. A whole balancer is never written
// back, although the description would let us.
func agreed(t *testing.T, judge *contract.Judge) {
	t.Helper()
	for _, wrong := range judge.Wrong() {
		t.Errorf("against the provider's description: %s", wrong)
	}
	for what := range judge.Passed() {
		if strings.HasPrefix(what, "PUT ") {
			t.Errorf("a whole thing was written back: %s", what)
		}
	}
}

// One walk meets all that the provider is known to refuse for a while. It waits each out, says so, rebuilds once and loses nothing; and every request and
// every answer, those refusals too, are as the published description has them.
func TestWhatTheProviderRefusesForAWhileIsWaitedOut(t *testing.T) {
	t.Parallel()
	judge := judgeOf(t)
	b, a := waylaid(t, func(o *box.Options) { o.BeforeAPI, o.Pace.API.Action = judge.Both, 20*time.Second }) // a snapshot takes 5 s then
	a.strikes("remove", "busy-lb:1h", "limit-changes:1")
	a.strikes("rebuild", "pending:1")
	a.strikes("come-back", "api-500:4") // the panes read too
	a.strikes("provision", "limit-changes:1")
	held := a.stops("announce")
	l := begin(t, b.ConfigPath(), "run", "worker-reimage", "worker-2", "--yes", "--confirm", "worker-2", "--json")
	l.until(func(one line) bool { return strings.Contains(one.Detail, "busy with an earlier change") })
	if err := b.Heal("busy-lb"); err != nil {
		t.Fatal(err)
	}
	held.holds()
	foreign(t, b, `{"type":"snapshot","name":"nightly"}`)
	held.letGo()
	if code := l.end(); code != 0 {
		t.Fatalf("exit %d, %+v\n%s", code, l.last(), transcript(t, b, l.run()))
	}
	said := transcript(t, b, l.run())
	for _, want := range []string{
		"it will pass: the load balancer is busy with an earlier change; asking again in", "it will pass: the API's rate limit; asking again in",
		"it will pass: the droplet has an unfinished action; asking again in", "the provider is at work on the droplet: action", "snapshot, since", "server error",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the transcript does not say %q", want)
		}
	}
	if strings.Contains(said, "forbidden") {
		t.Error("a busy balancer is called forbidden")
	}
	passed := judge.Passed()
	for _, want := range []string{
		"GET /v2/load_balancers/{lb_id} 200", "GET /v2/droplets/{droplet_id} 200", "GET /v2/droplets/{droplet_id}/actions 200", "GET /v2/actions/{action_id} 200",
		"GET /v2/images 200", "GET /v2/images/{image_id} 200", "DELETE /v2/load_balancers/{lb_id}/droplets 204", "DELETE /v2/load_balancers/{lb_id}/droplets 403",
		"DELETE /v2/load_balancers/{lb_id}/droplets 429", "POST /v2/droplets/{droplet_id}/actions 422", "POST /v2/droplets/{droplet_id}/actions 201",
		"GET /v2/actions/{action_id} 500", "POST /v2/load_balancers/{lb_id}/droplets 429", "POST /v2/load_balancers/{lb_id}/droplets 204",
	} {
		if passed[want] == 0 {
			t.Errorf("%s was never said", want)
		}
	}
	agreed(t, judge)
	if n := rebuilds(b, "worker-2"); n != 1 {
		t.Errorf("%d rebuilds", n)
	}
	for _, command := range b.Machine("worker-2").Commands() {
		if strings.Contains(spelled(command), "docker kill") {
			t.Errorf("it would cancel the container's restart policy: %s", command)
		}
	}
	intact(t, b)
	serving(t, b)
}

// foreign does something to worker-2 by the provider's panel.
func foreign(t *testing.T, b *box.Box, action string) {
	t.Helper()
	postAPI(t, b, fmt.Sprintf("droplets/%d/actions", b.Droplet("worker-2")), action, http.StatusCreated)
}
