package main

import (
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/vmtui/vmtui/fixtures/box"
)

// TestAQueueIsParkedAndRestoredInTheConsole is what one does to a queue that floods: look, park it by its name, and put it back.
func TestAQueueIsParkedAndRestoredInTheConsole(t *testing.T) {
	t.Parallel()
	s := sit(t, 120, 36, "demo")
	s.sees("worker-3", "sidekiq")
	s.press("s")
	s.sees("threads busy", "EMPTY IN", "● push")
	s.press("j")
	s.sees("[4] push", "IF IT WERE DELETED", "ds9.example")
	s.press("p")
	s.sees("RENAME queue:push", "WHAT IS MEANT")
	s.press("g")
	s.sees("type push to go on")
	s.press("push\r")
	s.sees("✓ park:", "until they are restored")
	s.press("r")
	s.sees("Plan: restore push-parked-", "RPOP queue:push")
	s.press("g")
	s.sees("✓ restore:")
	// Signals are to one process, or to all of a node; the one that runs the scheduler is guarded.
	s.press("\x1b")
	s.sees("threads busy", "EMPTY IN")
	s.press("2N")
	s.sees("1 marked")
	s.press("x")
	s.sees("Plan: stop ", "Sidekiq process of ", "its next heartbeat")
	s.press("\x1b")
	s.sees("EMPTY IN")
	s.press("-/exec\r")
	s.press("x")
	s.sees("Plan: stop", "the scheduler runs in no other process")
	s.press("g")
	s.sees("to go on", "· the scheduler runs in no other process")
	s.press("\x1b")
	s.lacks("to go on")
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Fatalf("exit %d\n%s", code, s.text())
	}
}

// TestHandsAreKeptBehindTheFleet kills a Sidekiq while the console shows the fleet alone; when Redis has forgotten it, what it had in hand is still there.
func TestHandsAreKeptBehindTheFleet(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Pace.Beat, o.Pace.Job = time.Second, 3*time.Second })
	raw := goredis.NewClient(&goredis.Options{Addr: b.Jobs().Addr(), Protocol: 2, DisableIdentity: true})
	defer func() { _ = raw.Close() }()
	s := sit(t, 120, 36, "--config", b.ConfigPath())
	s.sees("worker-2", "3/3 serving")
	host, code := b.Machine("worker-2").Run(t.Context(), "docker ps -q --filter name=sidekiq")
	if code != 0 {
		t.Fatal(host)
	}
	var id string
	s.awaits("its work was never written down", nil, func() bool {
		all := raw.Keys(t.Context(), strings.TrimSpace(host)+":*:work").Val()
		if len(all) > 0 {
			id = strings.TrimSuffix(all[0], ":work")
		}
		return id != ""
	})
	before := raw.HLen(t.Context(), id+":work").Val()
	if out, code := b.Machine("worker-2").Run(t.Context(), "docker kill -s KILL "+strings.TrimSpace(host)); code != 0 || before == 0 {
		t.Fatalf("%d in hand: %s", before, out)
	}
	s.awaits("Redis keeps it", nil, func() bool { return raw.Exists(t.Context(), id, id+":work").Val() == 0 })
	s.press("s")
	s.sees("threads busy", "SETS, PARKED, LOST", "● push")
	s.press("3")
	s.insists("G", func() bool { return s.says([]string{"died with it in hand", id[:12]}) })
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Fatalf("exit %d\n%s", code, s.text())
	}
}
