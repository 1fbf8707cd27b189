package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// The operator's own connection drops, or they press Ctrl-C: the run stops at a step boundary, the terminal is clean, the run can be resumed.
func TestConsoleLeavesCleanly(t *testing.T) {
	for name, leave := range map[string]func(s *terminal, goOn func()){
		"hang-up": func(s *terminal, goOn func()) { s.signal(syscall.SIGHUP); goOn() },
		"ctrl-c": func(s *terminal, goOn func()) {
			s.press("\x03")
			s.sees("Stop there and quit")
			s.press("\t\r")
			goOn()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, a := waylaid(t, nil)
			held := a.stops("remove") // it is not over before it is left
			s := sit(t, 120, 36, "--config", b.ConfigPath())
			s.sees("worker-2", "healthy")
			s.press(":worker-drain worker-2 why='a bad fan'\r")
			s.sees("Let the balancer stop sending")
			s.press("g")
			s.sees("notice")
			leave(s, held.letGo)
			if code := s.ends(); code != 130 && code != 0 {
				t.Errorf("exit %d\n%s", code, s.text())
			}
			if !s.clean() {
				t.Errorf("the terminal was left in disorder: %q", s.raw[max(0, len(s.raw)-200):])
			}
			got := vmtui(t, b.ConfigPath(), "runs", "list", "--json")
			if !strings.Contains(got.out, `"interrupted"`) {
				t.Fatalf("runs: %s%s", got.out, got.err)
			}
			if got := vmtui(t, b.ConfigPath(), "hold"); !strings.Contains(got.out, "a bad fan") {
				t.Errorf("what was said in the palette is not what was done: %s%s", got.out, got.err)
			}
			intact(t, b)
		})
	}
}

func (s *terminal) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}
