package main

import "testing"

// TestAQueueIsParkedAndRestoredInTheConsole is what one does to a queue that floods: look, park it by its name, and put it back.
func TestAQueueIsParkedAndRestoredInTheConsole(t *testing.T) {
	t.Parallel()
	s := sit(t, 120, 36, "demo")
	s.sees("worker-3", "sidekiq")
	s.press("s")
	s.sees("threads busy", "EMPTY IN")
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
