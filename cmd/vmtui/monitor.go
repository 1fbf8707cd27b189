package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/vmtui/vmtui/keys"
)

// A process can end without a word: a panic in any goroutine, a kill, no memory left. Nothing in the process itself can then give the terminal
// back, or keep a secret out of what Go's runtime says of a panic, so a second process waits beside it for nothing but that. It hears every secret
// through a pipe as it comes into use, and then the report of a crash. One whose charge ends well is put to an end by it.

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
			secrets.Add(keys.Confidential(strings.ReplaceAll(string(value), "\n", "\n\t"))) // as the runtime prints a panic's lines
		}
	}
	return []byte(secrets.Redact(string(confided.ReplaceAll(said, nil))))
}

// monitored is a process with a monitor beside it. Without one it works as well; nil is one that shall have none.
type monitored struct {
	secrets *keys.Redactor
	err     *os.File // where people read what went wrong; nil where nobody does
	in, out *os.File // the terminal that was taken, if one was

	tell  *os.File
	cmd   *exec.Cmd
	alone bool // no monitor could be started
}

func newMonitored(s streams, secrets *keys.Redactor) *monitored {
	errs, _ := s.err.(*os.File)
	in, _ := s.in.(*os.File)
	return &monitored{secrets: secrets, err: errs, in: in}
}

// sitAt says which terminal is taken: what was done to it is undone after a crash.
func (m *monitored) sitAt(in, out *os.File) {
	if m != nil {
		m.in, m.out = in, out
	}
}

// start starts the monitor, unless there is one. It takes a millisecond, and is done before anything else runs that knows a secret, so that there is no
// moment in which one could come out. Where there can be none, a crash says nothing at all.
func (m *monitored) start(stateDir string) {
	if m == nil || m.err == nil || m.cmd != nil || m.alone {
		return
	}
	err := m.accompany(stateDir)
	if err == nil {
		return
	}
	m.alone = true
	mute(m.err)
	if m.out == nil { // a screen is not written across
		_, _ = fmt.Fprintf(m.err, "vmtui: nothing could be started to watch over this process, so a crash of it would leave no report: %v\n", err)
	}
}

// accompany starts the monitor.
func (m *monitored) accompany(stateDir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	hear, tell, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.Background(), self, "monitor", stateDir) // #nosec G204 -- this very binary
	cmd.ExtraFiles, cmd.Stdout, cmd.Stderr = []*os.File{hear}, cmp.Or(m.out, m.err), m.err
	if m.in != nil && term.IsTerminal(int(m.in.Fd())) {
		cmd.Stdin = m.in // and nothing else: who writes into a pipe must hear when its reader is gone
	}
	if m.out != nil {
		cmd.Args = append(cmd.Args, "--drawn")
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a hangup that comes before it ignores them is for its charge's group
	err = cmd.Start()
	_ = hear.Close()
	if err != nil {
		_ = tell.Close()
		return err
	}
	m.tell, m.cmd = tell, cmd
	m.secrets.Hear(confide(tell))
	if debug.SetCrashOutput(tell, debug.CrashOptions{}) == nil { // refused only for a file that is closed
		mute(m.err)
	}
	return nil
}

// wellDone puts the monitor to an end: all is well.
func (m *monitored) wellDone() {
	if m == nil || m.cmd == nil {
		return
	}
	m.secrets.Hear(nil)
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	speak(m.err)
	_ = m.cmd.Process.Kill() // before the pipe's end, which would be news to it
	_ = m.tell.Close()
	_ = m.cmd.Wait() // it was killed
}

func newMonitor() *cobra.Command {
	var drawn bool
	cmd := &cobra.Command{
		Use: "monitor STATE_DIR", Hidden: true, Args: between(1, 1), Short: "Waits beside another vmtui, for when it crashes",
		RunE: func(_ *cobra.Command, args []string) error {
			return monitor(args[0], drawn, os.NewFile(3, "pipe"), os.Stdout, os.Stdin)
		},
	}
	cmd.Flags().BoolVar(&drawn, "drawn", false, "the other one draws on the terminal")
	return cmd
}

// monitor outlives every signal that its charge may get, hears it out, mends the terminal and says what is to be said.
func monitor(stateDir string, drawn bool, charge io.Reader, out, terminal *os.File) error {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGTTOU, syscall.SIGPIPE)
	said, err := io.ReadAll(charge)
	if drawn {
		_, _ = io.WriteString(out, calm+ansi.ResetModeSynchronizedOutput+ansi.SetModeBiDirectionalSupport)
	}
	if term.IsTerminal(int(terminal.Fd())) {
		sane := exec.CommandContext(context.Background(), "stty", "sane")
		sane.Stdin = terminal
		_ = sane.Run() // where there is no stty, `reset` is the operator's own next thought
	}
	if _, write := fmt.Fprint(out, obituary(stateDir, heardOut(said))); write != nil {
		err = errors.Join(err, write)
	}
	return err
}

// obituary says what happened, where the report is, and that nothing of the runs is lost.
func obituary(stateDir string, report []byte) string {
	said := "vmtui ended without a word: it was killed, or the machine ran out of memory.\n"
	if len(report) > 0 {
		path, err := bury(stateDir, report)
		said = "vmtui crashed. The report is " + path + "; please open an issue with it, after looking through it.\n"
		if err != nil {
			said = fmt.Sprintf("vmtui crashed, and the report could not be kept: %v\n%s\n", err, report)
		}
	}
	return "\n" + said + "Nothing of a run is lost: `vmtui runs` shows what is unfinished, `vmtui runs resume ID` looks at the world and goes on.\n"
}

// bury keeps a report where only its owner can read it.
func bury(stateDir string, report []byte) (path string, err error) {
	if err := os.MkdirAll(stateDir, 0o700); err != nil {
		return "", err
	}
	file, err := os.CreateTemp(stateDir, "crash-"+time.Now().Format("20060102-150405")+"-*.txt") // of mode 600
	if err != nil {
		return "", err
	}
	_, err = file.Write(report)
	return file.Name(), errors.Join(err, file.Close())
}
