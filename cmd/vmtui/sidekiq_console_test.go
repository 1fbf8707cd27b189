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
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Fatalf("exit %d\n%s", code, s.text())
	}
}
