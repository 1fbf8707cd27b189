package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys"
)

// The console can end without a word: a panic in any goroutine, a kill, no memory left. Nothing in the process itself can then give the terminal
// back, so a second process waits beside it for nothing but that. It hears the console through a pipe: every secret as it comes into use, so
// that none is in what it writes; the report of a crash; or, at an orderly end, the last word.
const lastWord = "\x00bye"

// confided is a secret on the pipe, and nowhere else: not in arguments, not in the environment.
var confided = regexp.MustCompile(`\x00secret ([A-Za-z0-9+/=]+)\n`)

func confide(to io.Writer) func(value string) {
	return func(value string) {
		// One write of less than a pipe's buffer: it is never mixed with a report. Who cannot hear it has nothing to hide.
		_, _ = fmt.Fprintf(to, "\x00secret %s\n", base64.StdEncoding.EncodeToString([]byte(value)))
	}
}

// heardOut is a report without what was confided, and without every secret that was.
func heardOut(said []byte) []byte {
	secrets := keys.NewRedactor()
	for _, frame := range confided.FindAllSubmatch(said, -1) {
		if value, err := base64.StdEncoding.DecodeString(string(frame[1])); err == nil {
			secrets.Add(keys.Confidential(string(value)))
		}
	}
	return []byte(secrets.Redact(string(confided.ReplaceAll(said, nil))))
}

// monitored is a console with a monitor beside it. Without one the console works as well.
type monitored struct {
	stateDir string
	secrets  *keys.Redactor
	in, out  *os.File

	once     sync.Once
	starting sync.WaitGroup
	tell     *os.File
	cmd      *exec.Cmd
	speak    func() // gives the standard error output back
}

// start starts the monitor, once and in the background: the first frame does not wait for it.
func (m *monitored) start() {
	m.once.Do(func() { m.starting.Go(m.launch) })
}

func (m *monitored) launch() {
	self, err := os.Executable()
	if err != nil {
		return
	}
	hear, tell, err := os.Pipe()
	if err != nil {
		return
	}
	cmd := exec.CommandContext(context.Background(), self, "monitor", m.stateDir) // #nosec G204 -- this very binary
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = hear, m.out, m.out, []*os.File{m.in}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a hangup that comes before it ignores them is for the console's group
	err = cmd.Start()
	_ = hear.Close()
	if err != nil {
		_ = tell.Close()
		return
	}
	m.tell, m.cmd = tell, cmd
	m.secrets.Hear(confide(tell))
	if debug.SetCrashOutput(tell, debug.CrashOptions{}) == nil { // refused only for a file that is closed
		m.speak, _ = mute() // where that cannot be done, a crash is seen twice
	}
}

// wellDone says that all is well, and waits for the monitor's end.
func (m *monitored) wellDone() {
	m.starting.Wait()
	if m.cmd == nil {
		return
	}
	m.secrets.Hear(nil)
	if m.speak != nil {
		m.speak()
	}
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	_, _ = io.WriteString(m.tell, lastWord)
	_ = m.tell.Close()
	_ = m.cmd.Wait() // it has nothing more to say
}

func newMonitor() *cobra.Command {
	return &cobra.Command{
		Use: "monitor STATE_DIR", Hidden: true, Args: between(1, 1), Short: "Waits beside a console to give the terminal back if it crashes",
		RunE: func(_ *cobra.Command, args []string) error {
			return monitor(args[0], os.Stdin, os.Stdout, os.NewFile(3, "terminal"))
		},
	}
}

// monitor outlives every signal that its console may get, hears it out and mends the terminal if it did not say goodbye.
func monitor(stateDir string, console io.Reader, out, terminal *os.File) error {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGTTOU, syscall.SIGPIPE)
	said, err := io.ReadAll(console)
	if strings.HasSuffix(string(said), lastWord) {
		return nil
	}
	mend(out, terminal)
	if _, write := fmt.Fprint(out, obituary(stateDir, heardOut(said))); write != nil {
		err = errors.Join(err, write)
	}
	return err
}

// mend makes a terminal usable whatever it was left in.
func mend(out, terminal *os.File) {
	_, _ = io.WriteString(out, ansi.ResetModeMouseButtonEvent+ansi.ResetModeMouseAnyEvent+ansi.ResetModeMouseExtSgr+
		ansi.ResetModeSynchronizedOutput+ansi.SetModeBiDirectionalSupport+ansi.ResetModeBracketedPaste+ansi.ResetModeAltScreenSaveCursor+ansi.ShowCursor+ansi.ResetStyle)
	sane := exec.CommandContext(context.Background(), "stty", "sane")
	sane.Stdin = terminal
	_ = sane.Run() // where there is no stty, `reset` is the operator's own next thought
}

// obituary says what happened, where the report is, and that nothing of the runs is lost.
func obituary(stateDir string, report []byte) string {
	said := "vmtui ended without a word: it was killed, or the machine ran out of memory.\n"
	if len(report) > 0 {
		path := filepath.Join(stateDir, "crash-"+time.Now().Format("20060102-150405")+".txt")
		said = "vmtui crashed. The report is " + path + "; please open an issue with it, after looking through it.\n"
		if err := os.WriteFile(path, report, 0o600); err != nil {
			said = fmt.Sprintf("vmtui crashed, and the report could not be kept: %v\n%s\n", err, report)
		}
	}
	return "\n" + said + "Nothing of a run is lost: `vmtui runs` shows what is unfinished, `vmtui runs resume ID` looks at the world and goes on.\n"
}
