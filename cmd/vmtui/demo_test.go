package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
)

// TestDemoSmoke is what a newcomer does: opens the demo, reimages worker-2 and reads the plan, types the name, and watches it come back.
func TestDemoSmoke(t *testing.T) {
	t.Parallel()
	s := sit(t, 120, 36, "demo")
	s.sees("worker-1", "worker-2", "worker-3", "exec")
	s.press(":reimage worker-2\r")
	s.sees("rebuild", "worker-golden")
	s.press("g")
	s.sees("type worker-2 to go on")
	s.press("worker-2\r")
	s.sees("Transcript", "Take it off hold")
	s.sees("run done")
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Fatalf("exit %d\n%s", code, s.text())
	}
}

// The box without a console says where it is, counts its visitors, and ends with a signal, leaving nothing behind.
func TestDemoHeadless(t *testing.T) {
	t.Parallel()
	l := startHeadless(t)
	got := vmtui(t, l.config, "status", "--json")
	if got.code != 0 || !strings.Contains(got.out, `"worker-3"`) {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	res, err := http.Get(l.stats) // #nosec G107 -- the box's own address
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var stats struct{ Requests, Failures *int }
	if err := json.NewDecoder(res.Body).Decode(&stats); err != nil || stats.Requests == nil || stats.Failures == nil {
		t.Errorf("stats: %+v, %v", stats, err)
	}
	l.stop()
}

func TestUnknownFaultIsAUsageError(t *testing.T) {
	got := vmtui(t, "none.yaml", "demo", "--headless", "--fault", "flood:moon")
	if got.code != 2 || !strings.Contains(got.err, "moon") && !strings.Contains(got.err, "flood") {
		t.Errorf("exit %d\n%s", got.code, got.err)
	}
	if help := vmtui(t, "none.yaml", "demo", "--help"); !strings.Contains(help.out, strings.TrimSpace(strings.SplitN(box.FaultHelp(), "\n", 2)[0])) {
		t.Errorf("help does not list the faults:\n%s", help.out)
	}
}
