//go:build lab

package ssh

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/vmtui/vmtui/fixtures/lab/sshd"
)

// hand is what an operator types, and what they see.
type hand struct {
	io.Reader
	typed *io.PipeWriter
	mu    sync.Mutex
	seen  []byte
}

func (h *hand) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = append(h.seen, p...)
	return len(p), nil
}

func (h *hand) sees(t *testing.T, words string) {
	t.Helper()
	eventually(t, "seen: "+words, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return strings.Contains(string(h.seen), words)
	})
}

func TestLabShell(t *testing.T) {
	l := startLab(t, sshd.Options{})
	overBoth(t, func(t *testing.T, by Transport) {
		h := l.open(t, by, nil).Host("lab", "lab")
		open := func() (*hand, chan Size, chan Result) {
			in, typed := io.Pipe()
			o, resized, done := &hand{Reader: in, typed: typed}, make(chan Size), make(chan Result, 1)
			go func() {
				done <- h.Shell(within1m(t), allowed, Terminal{
					In: o, Stop: func() { _ = typed.Close() }, Out: o, Name: "xterm", Size: Size{Cols: 91, Rows: 31}, Resized: resized,
				})
			}()
			return o, resized, done
		}
		o, resized, done := open()
		_, _ = io.WriteString(o.typed, "stty size; echo $TERM; tty\r")
		o.sees(t, "31 91")
		o.sees(t, "xterm")
		o.sees(t, "/dev/pts/")
		resized <- Size{Cols: 77, Rows: 22}
		_, _ = io.WriteString(o.typed, "sleep 0.3; stty size; exit 6\r")
		o.sees(t, "22 77")
		if r := <-done; r.Outcome != Exited || r.Code != 6 {
			t.Errorf("%+v", r)
		}
		word := duration()
		o, _, done = open()
		_, _ = io.WriteString(o.typed, "sleep "+word+"\r")
		unlessEnded(t, done, func() bool { return doing(t, "sleep "+word) })
		_, _ = io.WriteString(o.typed, "\r~.")
		if r := <-done; r.Outcome != Unknown || !errors.Is(r.Cause, ErrHungUp) {
			t.Errorf("%+v", r)
		}
		awaitGone(t, word)
	})
}
