package main

import (
	"strings"
	"testing"
)

// What a service writes is read by the command and followed on the screen, by its key and by the palette's words; a dead node says so and stops nobody.
func TestLogsAreFollowed(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	got := vmtui(t, b.ConfigPath(), "logs", "worker-2", "web", "-n", "3")
	if got.code != 0 || strings.Count(got.out, `"status"`) == 0 || strings.ContainsAny(got.out, "\x1b\x07\u009b") {
		t.Errorf("exit %d: %q %s", got.code, got.out, got.err)
	}
	if got := vmtui(t, b.ConfigPath(), "logs", "worker-2", "wbe"); got.code == 0 || !strings.Contains(got.err, "wbe") {
		t.Errorf("exit %d: %q %s", got.code, got.out, got.err)
	}
	if got := vmtui(t, b.ConfigPath(), "logs", "exec", "--json"); got.code != 0 || !strings.Contains(got.out, `"node":"exec"`) {
		t.Errorf("exit %d: %q %s", got.code, got.out, got.err)
	}
	s := sit(t, 120, 36, "--config", b.ConfigPath())
	s.sees("worker-2", "healthy")
	s.press(":logs worker-2 web\r")
	s.sees("Logs worker-2 web", `"method":"GET"`)
	if err := b.Fault("chatty:worker-2=200"); err != nil {
		t.Fatal(err)
	}
	s.sees("timelines/public")
	s.press("/!public\r") // what is seen again is what a visitor asked for
	s.sees("/!public", `"path":"/`)
	s.lacks("timelines/public")
	s.press("\x1b")
	s.sees("timelines/public")
	s.press("\x1b")
	s.sees("Services")
	if err := b.Fault("dead:worker-3"); err != nil {
		t.Fatal(err)
	}
	s.press(":logs worker-3\r")
	s.sees("Logs worker-3")
	s.press("?")
	s.sees("HERE: Logs worker-3")
	s.press("\x7f\x7f")
	s.sees("Services")
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
}
