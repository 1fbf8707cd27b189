package main

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
)

// carried asserts that a command in a box ended well, and gives what its transcript says.
func carried(t *testing.T, b *box.Box, args ...string) string {
	t.Helper()
	got := vmtui(t, b.ConfigPath(), append(args, "--yes", "--json")...)
	end := last(t, got.out)
	said := transcript(t, b, end.Run)
	if got.code != 0 || end.State != "done" {
		t.Fatalf("%v: exit %d, %+v\n%s\n%s", args, got.code, end, got.err, said)
	}
	return said
}

// started is when a service's container on a node was started, as docker says.
func started(t *testing.T, b *box.Box, node, service string) string {
	t.Helper()
	out, code := b.Machine(node).Run(t.Context(), "docker inspect --format '{{.Id}} {{.State.StartedAt}}' mastodon-"+service+"-1")
	if code != 0 {
		t.Fatalf("%s on %s: %s", service, node, out)
	}
	return out
}

// One after another, on one instance under load: the containers are started anew, then the machine is rebooted. No request and no job is lost, and
// after the reboot Sidekiq takes no job before the worker is proven equal.
func TestAWorkerIsRestartedAndRebooted(t *testing.T) {
	t.Parallel()
	var early atomic.Bool
	var there atomic.Pointer[box.Box]
	b := startBox(t, func(o *box.Options) {
		o.Visitors.PerSecond = 20
		o.Heard = func(r box.Request) bool {
			if b := there.Load(); b != nil && r.Of == droplet2 && !r.Done && strings.Contains(r.What, "sha256sum .env.production") { // parity has begun
				if out, _ := b.Machine(droplet2).Run(t.Context(), "docker ps -q"); strings.TrimSpace(out) != "" {
					early.Store(true)
				}
			}
			return true
		}
	})
	there.Store(b)
	before, boot := started(t, b, droplet2, "web"), b.Machine(droplet2).BootID()
	carried(t, b, "run", "worker-restart", "worker-2", "--set", "why=stuck")
	if started(t, b, droplet2, "web") == before || started(t, b, droplet2, "sidekiq") == before || b.Machine(droplet2).BootID() != boot {
		t.Error("the containers were not started anew, or the machine was")
	}
	intact(t, b)
	serving(t, b)

	said := carried(t, b, "run", "worker-reboot", "worker-2")
	if b.Machine(droplet2).BootID() == boot || !strings.Contains(said, "kernel: was 6.1.0") || early.Load() {
		t.Errorf("boot %s, running before parity: %t\n%s", b.Machine(droplet2).BootID(), early.Load(), said)
	}
	intact(t, b)
	serving(t, b)
}
