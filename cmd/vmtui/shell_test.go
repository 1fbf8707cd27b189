package main

import (
	"testing"

	"github.com/creack/pty"
)

func TestShellFromTheConsoleAndBack(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	s := sit(t, 120, 36, "--config", b.ConfigPath())
	s.sees("worker-2", "healthy")
	s.press(":shell worker-2\r")
	s.sees("root@worker-2:")
	s.press("echo here is $(hostname) $((6*7))\r")
	s.sees("here is worker-2 42")
	if err := pty.Setsize(s.pty, &pty.Winsize{Cols: 100, Rows: 30}); err != nil {
		t.Fatal(err)
	}
	s.press("exit 3\r")
	s.sees("back from worker-2", "healthy")
	s.press("?")
	s.sees("HERE: Fleet")
	s.press("q")
	if code := s.ends(); code != 0 || !s.clean() {
		t.Errorf("exit %d, clean %v", code, s.clean())
	}
}

func TestShellCommand(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	s := sit(t, 80, 24, "--config", b.ConfigPath(), "shell", "exec")
	s.sees("exec:")
	s.press("echo here is $(hostname)\r")
	s.sees("here is exec")
	s.press("exit 3\r")
	if code := s.ends(); code != 3 || !s.clean() {
		t.Errorf("exit %d, clean %v:\n%s", code, s.clean(), s.text())
	}
	s = sit(t, 80, 24, "--config", b.ConfigPath(), "shell", "exec")
	s.sees("exec:")
	s.press("echo here is $(hostname)\r")
	s.sees("here is exec")
	s.press("\r~.")
	if code := s.ends(); code != 0 {
		t.Errorf("hung up: exit %d:\n%s", code, s.text())
	}
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"--read-only", "shell", "exec"}, "read-only", 3},
		{[]string{"shell", "nobody"}, "no such node", 2},
	} {
		s := sit(t, 120, 24, append([]string{"--config", b.ConfigPath()}, c.args...)...)
		s.sees(c.want)
		if code := s.ends(); code != c.code {
			t.Errorf("%q: exit %d", c.args, code)
		}
	}
}
