package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Inside tmux the console draws, the mouse reaches it, and nothing that is meant for a terminal is read as text.
func TestInTmux(t *testing.T) {
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		t.Fatal("this needs tmux, which is not installed: apt-get install tmux")
	}
	b := startBox(t, nil)
	socket := filepath.Join(t.TempDir(), "tmux")
	t.Cleanup(func() {
		_ = exec.CommandContext(context.Background(), tmux, "-S", socket, "kill-server").Run() // #nosec G204 -- it has ended if all went well
	})
	s := sitAt(t, tmux, 120, 36, "-S", socket, "-f", "/dev/null", "new-session", os.Args[0], "--config", b.ConfigPath())
	s.sees("worker-2", "healthy", "q quit")
	for _, leaked := range []string{"]11;", "11;?", "rgb:", "$p", "]9;", "[8l", "[?"} {
		if text := s.text(); strings.Contains(text, leaked) {
			t.Errorf("%q is on the screen:\n%s", leaked, text)
		}
	}
	s.press("\x1b[<0;10;7M\x1b[<0;10;7m") // a click on the last node
	s.sees("[4] worker-3")
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
}
