package worker

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vmtui/vmtui/ops/run"
)

func TestTheReportSaysWhatIsKnown(t *testing.T) {
	c := sample(t)
	c.in.Image, c.in.ImageTag, c.in.HostKeys = 210711, "worker-golden", []string{"SHA256:old"}
	known := map[string]string{}
	said := func() []string { return c.summary(func(key string) string { return known[key] }) }
	if diff := cmp.Diff([]string{"droplet 3164495 (worker-2) serves again"}, said()); diff != "" {
		t.Error(diff)
	}
	known[factAction], known[c.about(factJobs)] = "982", "2, as the transcript names them"
	known[factKey] = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEH1dx2ynHcVvlnQN2HN3BdN+7Yq2MTcdcrJDU8jVRKB"
	known[c.about(factOut)] = "2026-11-26T09:28:07Z"
	if got := said(); len(got) != 4 {
		t.Errorf("out and not in again: %q", got)
	}
	known[c.about(factIn)] = "2026-11-26T09:28:48Z"
	got := said()
	if len(got) != 5 || got[1] != "new disk from worker-golden (id 210711) by action 982" || got[3][:37] != "out of the load balancer for 41s, fro" {
		t.Errorf("%q", got)
	}
}

func TestTheReportSaysWhereTheTimeWent(t *testing.T) {
	s := run.Spent{
		By:   map[string]time.Duration{provider: 100 * time.Second, healthCheck: 50 * time.Second, drain: 6 * time.Second, provisioner: 3 * time.Second, run.Ours: 6 * time.Second, run.Operators: 0},
		Ours: map[string]time.Duration{"watch": 5 * time.Second, "parity": time.Second, "hold": 20 * time.Millisecond},
	}
	want := []string{
		"it took 2m45s: provider 1m40s, health check 50s, drain 6s, provisioning 3s, ours 6s", "ours: watch 5s, parity 1s",
		"that is 1.10 times what the provider and the health check took",
	}
	if diff := cmp.Diff(want, spent(s, true)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[:2], spent(s, false)); diff != "" {
		t.Errorf("a run without a new disk is held to its waits: %s", diff)
	}
	if got := spent(run.Spent{}, true); got != nil {
		t.Errorf("%q", got)
	}
}
