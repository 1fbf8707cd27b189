package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"

	"github.com/vmtui/vmtui/ui/widget"
)

// terminal is a console under test: the real program on a real pty, and the screen it drew.
type terminal struct {
	t      testing.TB
	cmd    *exec.Cmd
	pty    *os.File
	screen vt10x.Terminal
	raw    []byte // what was written to the terminal, as it came
	mu     sync.Mutex
	drawn  chan struct{}
	gone   chan struct{}
}

// sit starts vmtui on a terminal of that size.
func sit(t *testing.T, cols, rows uint16, args ...string) *terminal {
	t.Helper()
	return sitAt(t, os.Args[0], cols, rows, args...)
}

// sitAt is sit with a binary of one's choice.
func sitAt(t testing.TB, path string, cols, rows uint16, args ...string) *terminal {
	t.Helper()
	return sitWith(t, nil, path, cols, rows, args...)
}

// sitWith is sitAt with more in the environment.
func sitWith(t testing.TB, env []string, path string, cols, rows uint16, args ...string) *terminal {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...) // #nosec G204 -- this very binary, or one just built
	cmd.Env = append(append(os.Environ(), asProduct+"=1", "TERM=xterm-256color", "COLORTERM=truecolor"), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: cols, Rows: rows})
	if err != nil {
		t.Fatal(err)
	}
	s := &terminal{
		t: t, cmd: cmd, pty: file, screen: vt10x.New(vt10x.WithSize(int(cols), int(rows))),
		drawn: make(chan struct{}, 1), gone: make(chan struct{}),
	}
	go s.read()
	return s
}

func (s *terminal) read() {
	defer close(s.gone)
	buf := make([]byte, 32<<10)
	half := 0 // bytes at its beginning, of a character that has not come whole
	for {
		n, err := s.pty.Read(buf[half:])
		s.mu.Lock()
		s.raw = append(s.raw, buf[half:half+n]...)
		got := wholeRunes(buf[:half+n])
		_, _ = s.screen.Write(buf[:got])
		half = copy(buf, buf[got:half+n])
		s.mu.Unlock()
		select {
		case s.drawn <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// wholeRunes is how many of the bytes are whole characters: the screen loses those that it is given in two parts.
func wholeRunes(p []byte) int {
	for i := len(p) - 1; i >= max(0, len(p)-utf8.UTFMax); i-- {
		if !utf8.RuneStart(p[i]) {
			continue
		}
		if !utf8.FullRune(p[i:]) {
			return i
		}
		break
	}
	return len(p)
}

// text is the screen as a person reads it.
func (s *terminal) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.screen.String()
}

// sees waits until the screen says all of these.
func (s *terminal) sees(words ...string) {
	s.t.Helper()
	s.awaits("the screen never said", words, func() bool { return s.says(words) })
}

// patience is how long a console may take before that counts as never. It is long because machines are busy, and costs nothing where all is well.
const patience = 150 * time.Second

// awaits waits until the screen is as wanted.
func (s *terminal) awaits(otherwise string, words []string, so func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for !so() {
		select {
		case <-s.drawn:
		case <-s.gone:
			if so() { // the last that it said
				return
			}
			s.t.Fatalf("the console ended: %s %q:\n%s", otherwise, words, s.text())
		case <-ctx.Done():
			s.t.Fatalf("%s %q:\n%s", otherwise, words, s.text())
		}
	}
}

// rests waits until nothing has been drawn for a tenth of a second, so that no frame is seen by half.
func (s *terminal) rests() {
	s.t.Helper()
	quiet := 100 * time.Millisecond
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	for {
		select {
		case <-s.drawn:
			timer.Reset(quiet)
		case <-timer.C:
			return
		case <-s.gone:
			s.t.Fatalf("the console ended:\n%s", s.text())
		}
	}
}

// lacks waits until the screen says none of these.
func (s *terminal) lacks(words ...string) {
	s.t.Helper()
	s.awaits("the screen still says one of", words, func() bool {
		text := s.text()
		return !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	})
}

func (s *terminal) says(words []string) bool {
	text := s.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// resize makes the terminal another size.
func (s *terminal) resize(cols, rows uint16) {
	s.t.Helper()
	s.mu.Lock()
	s.screen.Resize(int(cols), int(rows))
	s.mu.Unlock()
	if err := pty.Setsize(s.pty, &pty.Winsize{Cols: cols, Rows: rows}); err != nil {
		s.t.Fatal(err)
	}
}

// press types keys, as bytes.
func (s *terminal) press(keys string) {
	s.t.Helper()
	if _, err := io.WriteString(s.pty, keys); err != nil {
		s.t.Fatal(err)
	}
}

// insists types the same keys again and again, with pauses in which a hand counts as quiet, until it is so.
func (s *terminal) insists(keys string, so func() bool) {
	s.t.Helper()
	hush := time.NewTimer(2 * widget.Quiet) // what opened by itself may be listening for rest
	defer hush.Stop()
	for deadline := time.Now().Add(patience); ; {
		select {
		case <-hush.C:
		case <-s.gone:
			s.t.Fatalf("the console ended:\n%s", s.text())
		}
		if so() {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%q came to nothing:\n%s", keys, s.text())
		}
		s.press(keys)
		hush.Reset(2 * widget.Quiet)
	}
}

// ends waits for the console to be gone and gives its exit code.
func (s *terminal) ends() int {
	s.t.Helper()
	select {
	case <-s.gone:
	case <-time.After(patience):
		s.t.Fatalf("the console did not end:\n%s", s.text())
	}
	_ = s.cmd.Wait() // the exit code says it
	_ = s.pty.Close()
	return s.cmd.ProcessState.ExitCode()
}

// clean reports that the terminal was given back: the console's own screen left, the cursor shown.
func (s *terminal) clean() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	left, entered := bytes.LastIndex(s.raw, []byte("\x1b[?1049l")), bytes.LastIndex(s.raw, []byte("\x1b[?1049h"))
	shown, hidden := bytes.LastIndex(s.raw, []byte("\x1b[?25h")), bytes.LastIndex(s.raw, []byte("\x1b[?25l"))
	return left > entered && shown >= hidden
}

// What a console says last is seen, though it has ended by the time that somebody looks.
func TestLastWordsAreSeen(t *testing.T) {
	s := &terminal{t: t, screen: vt10x.New(), drawn: make(chan struct{}), gone: make(chan struct{})}
	close(s.gone)
	looks := 0
	s.awaits("it said nothing", nil, func() bool { looks++; return looks > 1 })
}
