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

// asPanicking names a pipe to the product under test: what is written into it is what it panics with, in a goroutine that nobody watches.
const asPanicking = "VMTUI_TEST_PANICKING"

func panicOf(pipe string) {
	text, err := os.ReadFile(pipe) // #nosec G304 -- the test's own; it waits for a writer
	if err != nil {
		return
	}
	panic(string(text))
}

// A panic anywhere gives the terminal back and says where the report is, and the report tells what happened without any secret.
func TestAPanicAnywhereGivesTheTerminalBack(t *testing.T) {
	b := startBox(t, nil)
	cfg, err := config.Load(b.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	token, err := os.ReadFile(strings.TrimPrefix(cfg.DigitalOcean.Token, "file:"))
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimSpace(string(token))
	pipe := filepath.Join(t.TempDir(), "panic")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(asPanicking, pipe)
	s := sit(t, 120, 36, "--config", b.ConfigPath())
	s.sees("worker-2", "healthy", "3/3 serving") // the balancer was asked, so the token is in use
	s.press(":logs worker-2 web\r")
	s.sees("Logs worker-2 web")
	if err := os.WriteFile(pipe, []byte("nobody saw this coming: "+secret), 0); err != nil {
		t.Fatal(err)
	}
	s.sees("vmtui crashed. The report is", "vmtui runs")
	<-s.gone
	if !s.clean() {
		t.Errorf("the terminal was left in disorder: %q", s.raw[max(0, len(s.raw)-300):])
	}
	reports, err := filepath.Glob(filepath.Join(cfg.StateDir, "crash-*.txt"))
	if err != nil || len(reports) != 1 {
		t.Fatalf("reports: %v, %v", reports, err)
	}
	text, err := os.ReadFile(reports[0])
	if err != nil || !strings.Contains(string(text), "nobody saw this coming: "+keys.Masked) || !strings.Contains(string(text), "panicOf") {
		t.Errorf("%v %q", err, text)
	}
	if strings.Contains(string(text), secret) || bytes.Contains(s.raw, []byte(secret)) {
		t.Error("the token is in the report or on the screen")
	}
	_ = s.ends()
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
