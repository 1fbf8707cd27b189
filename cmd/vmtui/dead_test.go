package main

import (
	"strconv"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
)

// A dead worker is reimaged on the provider's word: its droplet's id is typed, and each step on the host is left out for everybody to see.
func TestDeadWorkerIsReimaged(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"dead:worker-2"} })
	got := vmtui(t, b.ConfigPath(), "run", "worker-reimage", "worker-2", "--yes", "--confirm", "worker-2", "--json")
	end := last(t, got.out)
	if got.code != 3 || end.State != "waiting" || end.Step != "preflight" || rebuilds(b, "worker-2") != 0 {
		t.Fatalf("the name was enough for a dead host: exit %d, %+v\n%s", got.code, end, got.err)
	}
	done(t, b, "done", "runs", "resume", end.Run, "--yes", "--confirm", strconv.Itoa(b.Droplet("worker-2")), "--json")
	if said := transcript(t, b, end.Run); !strings.Contains(said, "cannot: host is dead") {
		t.Errorf("nothing says that steps cannot be done:\n%s", said)
	}
	if n := rebuilds(b, "worker-2"); n != 1 {
		t.Errorf("%d rebuilds", n)
	}
	if s := b.Stats(); s.Failures != 0 {
		t.Errorf("%d requests failed: %v", s.Failures, s.FirstFailures)
	}
	serving(t, b)
}

// A host that lives and does not let us in is not dead: what protects its visitors and jobs must not be left out.
func TestAHostThatRefusesUsIsNotDead(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"host-key:worker-2"} })
	for _, args := range [][]string{{"--yes"}, {"--yes", "--confirm", strconv.Itoa(b.Droplet("worker-2"))}, {"--plan"}} {
		got := vmtui(t, b.ConfigPath(), append([]string{"run", "worker-drain", "worker-2"}, args...)...)
		if got.code == 0 || got.code == 3 && strings.Contains(got.out+got.err, "sign of life") || !strings.Contains(got.out+got.err, "host key") {
			t.Errorf("%v: exit %d\n%s%s", args, got.code, got.out, got.err)
		}
	}
	if sent := mutations(b); len(sent) != 0 {
		t.Errorf("sent %q", sent)
	}
}

// Yes to everything is not yes to giving a host up for dead.
func TestADeadHostWantsItsIDTyped(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"dead:worker-2"} })
	got := vmtui(t, b.ConfigPath(), "run", "worker-drain", "worker-2", "--yes", "--json")
	if end := last(t, got.out); got.code != 3 || end.State != "waiting" || end.Step != "preflight" || len(mutations(b)) != 0 {
		t.Fatalf("exit %d, %+v, sent %q", got.code, end, mutations(b))
	}
	if err := b.Heal("dead:worker-2"); err != nil {
		t.Fatal(err)
	}
	got = vmtui(t, b.ConfigPath(), "runs", "resume", last(t, got.out).Run, "--yes", "--confirm", strconv.Itoa(b.Droplet("worker-2")), "--json")
	if end := last(t, got.out); got.code != 3 || !strings.Contains(got.out, "it answers again") || len(mutations(b)) != 0 {
		t.Errorf("a host that lives again was treated as dead: exit %d, %+v, sent %q", got.code, end, mutations(b))
	}
}
