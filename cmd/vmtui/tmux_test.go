package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Inside tmux the console draws, the mouse reaches it, nothing that is meant for a terminal is read as text, and a copy arrives, or it is said why not.
func TestInTmux(t *testing.T) {
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		t.Fatal("this needs tmux, which is not installed: apt-get install tmux")
	}
	b := startBox(t, nil)
	socket := filepath.Join(t.TempDir(), "tmux")
	ask := func(args ...string) string {
		out, _ := exec.CommandContext(context.Background(), tmux, append([]string{"-S", socket}, args...)...).CombinedOutput() // #nosec G204 -- the test's own
		return string(out)
	}
	t.Cleanup(func() { ask("kill-server") }) // it has ended if all went well
	s := sitAt(t, tmux, 120, 36, "-S", socket, "-f", "/dev/null", "new-session", os.Args[0], "--config", b.ConfigPath())
	s.sees("worker-2", "healthy", "q quit")
	for _, leaked := range []string{"]11;", "11;?", "rgb:", "$p", "]9;", "[8l", "[?"} {
		if text := s.text(); strings.Contains(text, leaked) {
			t.Errorf("%q is on the screen:\n%s", leaked, text)
		}
	}
	s.press("\x1b[<0;10;7M\x1b[<0;10;7m") // a click on the last node
	s.sees("[4] worker-3")
	s.press("\x1b[<64;10;6M") // the wheel over the nodes, upwards
	s.sees("[4] worker-2")
	s.press("y2")
	s.sees("was not copied; Y saves it: tmux needs `set -s set-clipboard on`")
	ask("set", "-s", "set-clipboard", "on")
	s.press("y2")
	s.sees("sent to tmux by OSC 52; not in the clipboard? Y saves it")
	s.awaits("tmux never had", []string{"worker-2"}, func() bool { return strings.Contains(ask("show-buffer"), "worker-2") })
	pane := func() string {
		return strings.TrimSpace(ask("display-message", "-p", "#{mouse_any_flag} #{pane_title}"))
	}
	if got := pane(); got != "1 vmst.example · Fleet" {
		t.Errorf("the mouse and the title are %q", got)
	}
	s.press("M")
	s.sees("the mouse is the terminal's: select away")
	if got := pane(); got != "0 vmst.example · Fleet" {
		t.Errorf("the mouse and the title are %q after it was given back", got)
	}
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
}
