package main

import "testing"

// The whole way in a real terminal: found, run, followed to its end, and in the list of jobs.
func TestTootctlInTheConsole(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	s := sit(t, 120, 36, "--config", b.ConfigPath())
	s.sees("worker-2", "healthy")
	s.press("t")
	s.sees("48 of 48", "Mastodon 4.6.5")
	s.press("/media usage\r")
	s.sees("1 of 48")
	s.press("g")
	s.sees("Job ", "Attachments", "success")
	s.press("\x1b")
	s.sees("What would run")
	s.press("J")
	s.sees("Jobs on exec", "success", "tootctl media usage")
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
}
