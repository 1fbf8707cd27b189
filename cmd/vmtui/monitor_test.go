package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/config"
)

// Whatever ends the console without a word, the terminal comes back in order and the operator reads where they stand. SIGQUIT makes Go's runtime end as
// a panic in any goroutine does.
func TestACrashGivesTheTerminalBack(t *testing.T) {
	for name, x := range map[string]struct {
		signal syscall.Signal
		says   string
		report bool
	}{
		"crash": {syscall.SIGQUIT, "The report is", true},
		"kill":  {syscall.SIGKILL, "ended without a word", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBox(t, nil)
			cfg, err := config.Load(b.ConfigPath())
			if err != nil {
				t.Fatal(err)
			}
			s := sit(t, 120, 36, "--config", b.ConfigPath())
			s.sees("worker-2", "healthy")
			s.signal(x.signal)
			s.sees(x.says, "vmtui runs")
			<-s.gone
			if state, err := unix.IoctlGetTermios(int(s.pty.Fd()), unix.TCGETS); err != nil || state.Lflag&(unix.ECHO|unix.ICANON) != unix.ECHO|unix.ICANON {
				t.Errorf("the terminal was left raw: %+v, %v", state, err)
			}
			if !s.clean() {
				t.Errorf("the terminal was left in disorder: %q", s.raw[max(0, len(s.raw)-300):])
			}
			reports, err := filepath.Glob(filepath.Join(cfg.StateDir, "crash-*.txt"))
			if err != nil || (len(reports) == 1) != x.report {
				t.Fatalf("reports: %v, %v", reports, err)
			}
			for _, path := range reports {
				if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "goroutine") {
					t.Errorf("%v %q", err, text)
				}
			}
			_ = s.ends()
		})
	}
}

// A panic may carry a secret in its message. The monitor hears of every secret through the pipe, and keeps them out of the report.
func TestACrashReportHoldsNoSecret(t *testing.T) {
	const token, late = "dop_v1_5ent1nelt0ken", "5ent1nel-late"
	secrets := keys.NewRedactor()
	secrets.Add(keys.Confidential(token))
	var pipe bytes.Buffer
	secrets.Hear(confide(&pipe))
	pipe.WriteString("panic: GET /?t=" + token + " and " + late + "\n\ngoroutine 1")
	secrets.Add(keys.Confidential(late))
	if got, want := string(heardOut(pipe.Bytes())), "panic: GET /?t="+keys.Masked+" and "+keys.Masked+"\n\ngoroutine 1"; got != want {
		t.Errorf("got %q", got)
	}
}
