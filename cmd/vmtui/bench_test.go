package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/box"
)

// built is vmtui as it is shipped: without the tests' race detector.
func built(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "vmtui")
	out, err := exec.CommandContext(b.Context(), "go", "build", "-o", path, ".").CombinedOutput() // #nosec G204 -- a constant command
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return path
}

func benchBox(b *testing.B) *box.Box {
	b.Helper()
	x, err := box.Start(context.Background(), box.Options{Dir: b.TempDir(), Pace: box.Watchable(), Visitors: box.Rate{PerSecond: -1, WebSockets: -1}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = x.Close() })
	return x
}

// BenchmarkFirstFrame starts the console while every host, the API and the site accept connections and answer nothing, and takes the time until
// the parsed screen shows the fleet with the ages of what was last seen. The budget is 100 ms.
//
//	go test -run '^$' -bench FirstFrame ./cmd/vmtui
func BenchmarkFirstFrame(b *testing.B) {
	path, x := built(b), benchBox(b)
	if out, err := exec.CommandContext(b.Context(), path, "--config", x.ConfigPath(), "status").CombinedOutput(); err != nil { // #nosec G204 -- just built
		b.Fatalf("%v\n%s", err, out)
	}
	for _, fault := range []string{"dead:exec", "dead:worker-1", "dead:worker-2", "dead:worker-3", "slow-api:10m"} {
		if err := x.Fault(fault); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		s := sitAt(b, path, 120, 36, "--config", x.ConfigPath())
		s.sees("worker-2", "ago")
		b.StopTimer()
		s.press("q")
		s.ends()
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/frame")
}

// idleFor is how long a console is watched doing nothing.
const idleFor = 20 * time.Second

// BenchmarkIdle leaves the console alone with a quiet box, looking at the fleet as often as it does by default, and reports what it costs. The
// budget is 1 % of a core.
//
//	go test -run '^$' -bench Idle -benchtime 1x ./cmd/vmtui
func BenchmarkIdle(b *testing.B) {
	path, x := built(b), benchBox(b)
	config := atDefaultPace(b, x)
	var used time.Duration
	for b.Loop() {
		s := sitAt(b, path, 120, 36, "--config", config)
		s.sees("worker-2", "healthy")
		before := cpu(b, s.cmd.Process.Pid)
		timer := time.NewTimer(idleFor)
		<-timer.C
		used += cpu(b, s.cmd.Process.Pid) - before
		s.press("q")
		s.ends()
	}
	b.ReportMetric(100*used.Seconds()/(idleFor.Seconds()*float64(b.N)), "%core")
}

// ticks a second, as Linux counts CPU time in /proc on every architecture.
const ticks = 100

// cpu is the time a process has spent, from /proc/PID/stat.
func cpu(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		b.Fatalf("%s", text)
	}
	return time.Duration(user+system) * time.Second / ticks
}

// atDefaultPace is the box's config without its own hurry in looking at the fleet.
func atDefaultPace(b *testing.B, x *box.Box) string {
	b.Helper()
	text, err := os.ReadFile(x.ConfigPath())
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(filepath.Dir(x.ConfigPath()), "default-pace.yaml")
	text = regexp.MustCompile(`(?m)^fleet:.*\n`).ReplaceAll(text, nil)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}
