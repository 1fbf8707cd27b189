package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
)

// leftovers are what status says was left behind: "worker-2: what".
func leftovers(t *testing.T, b *box.Box) (found []string) {
	t.Helper()
	var doc statusDoc
	got := vmtui(t, b.ConfigPath(), "status", "--json")
	if err := json.Unmarshal([]byte(got.out), &doc); err != nil {
		t.Fatalf("%v\n%s%s", err, got.out, got.err)
	}
	for _, l := range doc.Leftovers {
		found = append(found, l.Node+": "+l.What)
	}
	return found
}

// What a walk that died has left behind is named at the next look, by whoever looks, and is gone when the walk is taken back.
func TestLeftoversAreTold(t *testing.T) {
	t.Parallel()
	b, a := waylaid(t, nil)
	held := a.stops("remove") // it is not over before it is looked at
	l := begin(t, b.ConfigPath(), "run", "worker-drain", "worker-2", "--yes", "--json")
	l.until(func(one line) bool {
		return one.Step == "lame-duck" && one.State == "waiting" && strings.Contains(one.Detail, "to notice")
	})
	if got := leftovers(t, b); len(got) != 0 {
		t.Errorf("what is under way was called left behind: %q", got)
	}
	l.until(func(one line) bool { return one.Step == "idle" && one.Type == "step" })
	if err := l.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	l.end()
	held.letGo()
	if got := vmtui(t, b.ConfigPath(), "lease", "clear", "--confirm", "root"); got.code != 0 { // or it runs out, in a minute
		t.Fatalf("exit %d\n%s", got.code, got.err)
	}
	got := strings.Join(leftovers(t, b), "\n")
	if !strings.Contains(got, "worker-2: its Sidekiq ") {
		t.Errorf("left behind: %q", got)
	}
	if member := "worker-2: in the load balancer with the lame-duck flag set"; !strings.Contains(got, member) && len(mutations(b)) == 0 {
		t.Errorf("left behind: %q", got)
	}
	if got := vmtui(t, b.ConfigPath(), "status"); !strings.Contains(got.out, "leftover: worker-2: ") || !strings.Contains(got.out, "(next: ") {
		t.Errorf("%s%s", got.out, got.err)
	}
	if got := vmtui(t, b.ConfigPath(), "runs", "undo", l.run(), "--yes", "--json"); got.code != 0 {
		t.Fatalf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	if got := leftovers(t, b); len(got) != 0 {
		t.Errorf("left behind: %q", got)
	}
	serving(t, b)
}
