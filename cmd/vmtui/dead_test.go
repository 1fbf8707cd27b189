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
	if got.code != 3 || end.State != "waiting" || end.Step != "rebuild" || rebuilds(b, "worker-2") != 0 {
		t.Fatalf("the name was enough for a dead host: exit %d, %+v\n%s", got.code, end, got.err)
	}
	if !strings.Contains(got.out, "cannot, host is dead") && !strings.Contains(got.out, "cannot: host is dead") {
		t.Error("nothing says that steps cannot be done")
	}
	l := begin(t, b.ConfigPath(), "runs", "resume", end.Run, "--yes", "--confirm", strconv.Itoa(b.Droplet("worker-2")), "--json")
	l.until(func(one line) bool { return one.Step == "come-back" && one.Type == "step" })
	if err := b.Heal("dead:worker-2"); err != nil {
		t.Fatal(err)
	}
	if code := l.end(); code != 0 || l.last().State != "done" {
		t.Fatalf("exit %d, %+v\n%s", code, l.last(), transcript(t, b, end.Run))
	}
	if n := rebuilds(b, "worker-2"); n != 1 {
		t.Errorf("%d rebuilds", n)
	}
	if s := b.Stats(); s.Failures != 0 {
		t.Errorf("%d requests failed: %v", s.Failures, s.FirstFailures)
	}
	serving(t, b)
}
