package ssh

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/vmtui/vmtui/keys/fault"
)

// A login shell may have the word before a command has: Debian's bash reads ~/.bashrc before any command that sshd gives it, and what that prints is no
// answer. What it takes cannot be spared, by no wrapping; what it says can. So each command tells on both outputs that it has begun.
const announce = `printf '%s\n' "$1"; printf '%s\n' "$1" >&2; shift; `

// announced is a script with its arguments that says so, when there is a mark to say it with.
func announced(mark, script string, args ...string) []string {
	if mark == "" {
		return append([]string{script, arg0}, args...)
	}
	return append([]string{announce + script, arg0, start(mark)}, args...)
}

// foreword stands before an output until the command has begun.
type foreword struct {
	start []byte
	rest  io.Writer

	mu   sync.Mutex // a result is taken while a cancelled command may still be writing
	held []byte
	open bool // it has begun, or too much was said before to tell
}

func newForeword(mark string, rest io.Writer) *foreword {
	return &foreword{start: []byte(start(mark) + "\n"), rest: rest}
}

// Write passes on what comes once the command has begun. Of a host that says much before that all is passed on as it comes.
func (f *foreword) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open {
		return f.rest.Write(p)
	}
	f.held = append(f.held, p...)
	_, after, found := bytes.Cut(f.held, f.start)
	switch {
	case found:
	case len(f.held) > heldMost:
		after = f.held
	default:
		return len(p), nil
	}
	f.open, f.held = true, nil
	if len(after) > 0 {
		if _, err := f.rest.Write(after); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// ReadFrom spares whoever copies into it a large buffer.
func (f *foreword) ReadFrom(r io.Reader) (int64, error) { return drain(f, r) }

// close passes on what was said by a host where the command never began: it tells why.
func (f *foreword) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.open && len(f.held) > 0 {
		_, _ = f.rest.Write(f.held)
	}
	f.open, f.held = true, nil
}

// never reports that the command did not begin.
func (f *foreword) never() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.open
}

// forewords stand before both outputs of a command.
type forewords struct{ out, errs *foreword }

var (
	errNotBegun = errors.New("the host did something else in its place, and says that it went well")
	errUnheard  = errors.New("the connection was lost with what it said: only its exit status came")
)

// verdict makes a command that never began, and ended well, one that was not carried out. One that ended otherwise keeps its status, and what was said.
// A status may come ahead of what was said, which is lost with the connection when a machine goes down: then nobody knows.
func (f forewords) verdict(r Result, alive func() bool) Result {
	if r.Outcome == Exited && r.Code == 0 && f.out.never() && f.errs.never() {
		if !alive() {
			return Result{Outcome: Unknown, Cause: errUnheard}
		}
		why := &fault.Error{What: "the command was not begun", Next: "on the host, look at what ends the login shell early (~/.bashrc), and for a command= in authorized_keys", Code: fault.Failed}
		r = Result{Outcome: Unreachable, Cause: why.Because(errNotBegun)}
	}
	if r.Outcome == Exited || r.Outcome == Signalled {
		f.out.close()
		f.errs.close()
	}
	return r
}
