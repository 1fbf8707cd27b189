package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/fixtures/machine"
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

// panicking is a box, the token for its API, and a pipe to whoever shall panic.
type panicking struct {
	*testing.T
	b                   *box.Box
	state, secret, pipe string
}

// begins starts a program that will panic, and gives what it prints.
func (p *panicking) begins(cmd *exec.Cmd) (out io.Reader, errs *bytes.Buffer) {
	p.Helper()
	errs = &bytes.Buffer{}
	cmd.Env, cmd.Stderr = append(cmd.Env, asPanicking+"="+p.pipe), errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		p.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.Fatal(err)
	}
	return out, errs
}

func newPanicking(t *testing.T) *panicking {
	t.Helper()
	p := &panicking{T: t, b: startBox(t, nil), pipe: pipeIn(t)}
	p.of(p.b.ConfigPath())
	return p
}

// pipeIn makes a pipe with a name.
func pipeIn(t *testing.T) string {
	t.Helper()
	pipe := filepath.Join(t.TempDir(), "panic")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	return pipe
}

// of reads in a config what must not come out, and where a report is kept.
func (p *panicking) of(path string) {
	p.Helper()
	cfg, err := config.Load(path)
	if err != nil {
		p.Fatal(err)
	}
	p.state, p.secret = cfg.StateDir, strings.TrimSpace(text(p.T, strings.TrimPrefix(cfg.DigitalOcean.Token, "file:")))
}

// panics has it panic with the token in its message.
func (p *panicking) panics() {
	p.Helper()
	pipe, err := os.OpenFile(p.pipe, os.O_WRONLY|unix.O_NONBLOCK, 0) // it does not wait for one who is gone
	if err == nil {
		_, err = pipe.WriteString("nobody saw this coming:\n" + p.secret)
	}
	if err := errors.Join(err, pipe.Close()); err != nil {
		p.Error(err)
	}
}

// told asserts that it was aborted, that what was said names the one report, and that the report tells what happened, to its owner alone and without
// the token, which is nowhere else either.
func (p *panicking) told(cmd *exec.Cmd, said []byte) {
	p.Helper()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGABRT || status.CoreDump() {
		p.Errorf("it ended with %v", cmd.ProcessState)
	}
	reports, err := filepath.Glob(filepath.Join(p.state, "crash-*.txt"))
	if err != nil || len(reports) != 1 {
		p.Fatalf("reports: %v, %v\n%s", reports, err, said)
	}
	if info, err := os.Stat(reports[0]); err != nil || info.Mode().Perm() != 0o600 {
		p.Errorf("%v, %v", info.Mode(), err)
	}
	report := text(p.T, reports[0])
	if !strings.Contains(report, "nobody saw this coming:\n\t"+keys.Masked) || !strings.Contains(report, "panicOf") {
		p.Errorf("%q", report)
	}
	if !bytes.Contains(said, []byte(filepath.Base(reports[0]))) || bytes.Contains(said, []byte("goroutine ")) {
		p.Errorf("said %q", said)
	}
	x := &planted{t: p.T, all: []string{p.secret}}
	x.clear("what was said", said)
	x.files(p.state)
}

// A panic anywhere gives the terminal back and says where the report is.
func TestAPanicAnywhereGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		args []string
		way  func(*terminal)
	}{
		"console": {nil, func(s *terminal) {
			s.sees("worker-2", "healthy", "3/3 serving") // the balancer was asked, so the token is in use
			s.press(":logs worker-2 web\r")
			s.sees("Logs worker-2 web")
		}},
		"shell": {[]string{"shell", "worker-1"}, func(s *terminal) { s.sees("root@worker-1:") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPanicking(t)
			s := sitWith(t, []string{asPanicking + "=" + p.pipe}, os.Args[0], 160, 36, append([]string{"--config", p.b.ConfigPath()}, x.args...)...)
			x.way(s)
			p.panics()
			s.sees("vmtui crashed. The report is", "vmtui runs")
			<-s.gone
			if state, err := unix.IoctlGetTermios(int(s.pty.Fd()), unix.TCGETS); err != nil || state.Lflag&(unix.ECHO|unix.ICANON) != unix.ECHO|unix.ICANON {
				t.Errorf("the terminal was left raw: %+v, %v", state, err)
			}
			if !s.clean() {
				t.Errorf("the terminal was left in disorder: %q", s.raw[max(0, len(s.raw)-300):])
			}
			_ = s.ends()
			p.told(s.cmd, s.raw)
		})
	}
}

// The same holds where nothing is drawn: whatever the command was at, its own words and what the runtime says pass one place.
func TestAPanicOfACommandHoldsNoSecret(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		args []string
		seen string // of the output, once it is in the middle of it
	}{
		"exec":         {[]string{"exec", "-n", "worker-1", "--", "sleep 4242"}, ""},
		"exec as JSON": {[]string{"exec", "-n", "worker-1", "--json", "--", "sleep 4242"}, ""},
		"logs":         {[]string{"logs", "worker-1", "web", "-f"}, "GET"},
		"run":          {[]string{"run", "worker-reimage", "worker-1", "--json", "--yes", "--confirm", "worker-1"}, "intent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPanicking(t)
			cmd := product(t.Context(), p.b.ConfigPath(), x.args...)
			out, errs := p.begins(cmd)
			var said []byte
			if x.seen != "" {
				scan := bufio.NewScanner(out)
				for scan.Scan() && !bytes.Contains(said, []byte(x.seen)) {
					said = append(said, scan.Bytes()...)
				}
			} else {
				awaitCommand(t, p.b.Machine("worker-1"), "sleep 4242")
			}
			p.panics()
			rest, _ := io.ReadAll(out)
			_ = cmd.Wait() // how it ended is asserted
			p.told(cmd, slices.Concat(said, rest, errs.Bytes()))
		})
	}
}

// awaitCommand waits until a machine was given a command.
func awaitCommand(t *testing.T, m *machine.Machine, word string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(strings.Join(m.Commands(), "\n"), word) {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("nobody sent %q", word)
		}
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

// A demo is watched over like everything else, also where it only serves.
func TestAPanicOfTheDemoHoldsNoSecret(t *testing.T) {
	t.Parallel()
	p := &panicking{T: t, pipe: pipeIn(t)}
	cmd := product(t.Context(), "unused.yaml", "demo", "--headless")
	out, errs := p.begins(cmd)
	scan := bufio.NewScanner(out)
	scan.Scan()
	path := strings.TrimPrefix(scan.Text(), "config: ")
	t.Cleanup(func() { _ = os.RemoveAll(filepath.Dir(path)) })
	p.of(path)
	p.panics()
	_, _ = io.Copy(io.Discard, out)
	_ = cmd.Wait() // how it ended is asserted
	p.told(cmd, errs.Bytes())
}

// Where no monitor can be started, as of a program that was removed meanwhile, a crash is told of beforehand: nobody could take anything out of it then.
func TestAPanicWithoutAMonitorSaysNothing(t *testing.T) {
	t.Parallel()
	p := newPanicking(t)
	gone := filepath.Join(t.TempDir(), "vmtui")
	if err := os.Link(os.Args[0], gone); err != nil {
		t.Fatal(err)
	}
	program, err := os.Open(gone) // #nosec G304 -- the test's own
	if err == nil {
		err = os.Remove(gone)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = program.Close() }()
	cmd := product(t.Context(), p.b.ConfigPath(), "exec", "-n", "worker-1", "--", "sleep 4242")
	cmd.Env = append(cmd.Env, asPanicking+"="+p.pipe)
	cmd.Path, cmd.ExtraFiles = "/proc/self/fd/3", []*os.File{program}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	awaitCommand(t, p.b.Machine("worker-1"), "sleep 4242")
	p.panics()
	_ = cmd.Wait() // how it ended is asserted
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || status.Signal() != syscall.SIGABRT || !strings.Contains(said.String(), "would leave no report") || strings.Contains(said.String(), "goroutine ") {
		t.Errorf("%v: %s", cmd.ProcessState, said.String())
	}
	(&planted{t: t, all: []string{p.secret}}).clear("what was said", said.Bytes())
}
