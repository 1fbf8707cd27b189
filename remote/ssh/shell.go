package ssh

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// ErrHungUp is the cause of a shell's end that the operator wanted.
var ErrHungUp = errors.New("hung up")

// Size is a terminal's, in cells.
type Size struct{ Cols, Rows int }

// Terminal is the operator's own, for a shell. What a shell writes goes to it as it comes: it is a terminal's business, and nothing else sees it.
type Terminal struct {
	Ready   func() error // called once the host has been reached, just before the shell starts
	In      io.Reader    // read from then on, and by nobody any more when Shell has returned
	Stop    func()       // makes In's Read return
	Out     io.Writer
	Name    string // TERM
	Size    Size
	Resized <-chan Size // may be nil
	Agent   bool        // with the operator's agent within its reach
}

// Shell opens the login shell of the host on a terminal and returns when it has ended. Cancelling ctx hangs up, and so does ~. at the beginning of a line, as
// in ssh; what runs in the foreground there gets the hangup then. A connection that is lost is Unknown.
func (h *Host) Shell(ctx context.Context, permit remote.Permit, t Terminal) Result {
	if permit == nil {
		return Result{Outcome: Unreachable, Cause: &fault.Error{What: "shell not opened", On: h.name, Why: "nobody permitted it", Code: fault.Refused}}
	}
	ended := h.pool.config.Witness.See(remote.Call{Wire: "ssh", On: h.name, What: "an interactive shell", Changes: true})
	began := time.Now()
	r := h.openShell(ctx, permit, t)
	r.Took = time.Since(began)
	ended(r.ending())
	return r
}

func (h *Host) openShell(ctx context.Context, permit remote.Permit, t Terminal) Result {
	s, err := h.session(ctx, toStay)
	if err != nil {
		return Result{Outcome: Unreachable, Cause: h.unreachable(err)}
	}
	stdin, err := s.StdinPipe()
	if err == nil {
		err = h.equip(ctx, s, t)
	}
	if err == nil && t.Ready != nil {
		err = t.Ready()
	}
	if err == nil {
		err = permit.Check(ctx)
	}
	if err != nil {
		h.abandon(s)
		return Result{Outcome: Unreachable, Cause: h.unreachable(err)}
	}
	s.Stdout, s.Stderr = t.Out, t.Out
	return h.converse(ctx, s, stdin, t)
}

// equip asks for the terminal, and for the agent if it is wanted.
func (h *Host) equip(ctx context.Context, s *session, t Terminal) error {
	if t.Agent {
		if err := h.lendAgent(ctx, s); err != nil {
			return err
		}
	}
	return h.ask(ctx, func() error { return s.RequestPty(t.Name, t.Size.Rows, t.Size.Cols, ssh.TerminalModes{}) })
}

// ask makes a request that may never be answered, within ctx.
func (h *Host) ask(ctx context.Context, request func() error) error {
	answer := make(chan error, 1)
	if !h.pool.crew.run(func() { answer <- request() }) {
		return errClosed
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// converse runs the shell.
func (h *Host) converse(ctx context.Context, s *session, stdin io.WriteCloser, t Terminal) Result {
	s.leave = sync.OnceFunc(s.leave)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	hangUp := func() { cancel(ErrHungUp) }
	ended, read := make(chan error, 1), make(chan struct{})
	started := h.pool.crew.run(func() {
		defer s.leave()
		err := s.Shell()
		if err == nil {
			err = s.Wait()
		}
		ended <- err
		_ = s.Close()
	}) && h.pool.crew.run(func() {
		defer close(read)
		_, _ = io.Copy(stdin, &escapes{from: t.In, hangUp: hangUp, fresh: true})
		_ = stdin.Close()
	})
	if !started {
		h.abandon(s)
		return Result{Outcome: Unreachable, Cause: h.unreachable(errClosed)}
	}
	h.pool.crew.run(func() { s.follow(ctx, t.Resized) })
	defer awaited(h.pool, read, h.pool.pace.grace, nil)
	defer t.Stop() // or the next key would still be the shell's
	select {
	case err := <-ended:
		return h.answer(err)
	case <-ctx.Done():
		h.pool.crew.run(func() { _ = s.Close() })
		return Result{Outcome: Unknown, Cause: context.Cause(ctx)}
	}
}

// follow tells the host each size of the terminal, one after the other: the last must be what it keeps.
func (s *session) follow(ctx context.Context, sizes <-chan Size) {
	for {
		select {
		case size, open := <-sizes:
			if !open {
				return
			}
			_ = s.WindowChange(size.Rows, size.Cols)
		case <-ctx.Done():
			return
		}
	}
}

// escapes passes on what is typed, except for ~. at the beginning of a line, which hangs up; ~~ is a ~.
type escapes struct {
	from   io.Reader
	hangUp func()
	fresh  bool // at the beginning of a line
	tilde  bool // after a ~ there
}

// Read reads at most half of p, since a ~ that was held back may come out as well.
func (e *escapes) Read(p []byte) (int, error) {
	typed := make([]byte, max(1, len(p)/2))
	n, err := e.from.Read(typed)
	out := p[:0]
	for _, c := range typed[:n] {
		switch {
		case e.tilde && c == '.':
			e.hangUp()
			return len(out), io.EOF
		case e.fresh && !e.tilde && c == '~':
			e.tilde = true
			continue
		case e.tilde && c != '~':
			out = append(out, '~')
		}
		e.tilde, e.fresh = false, c == '\r' || c == '\n'
		out = append(out, c)
	}
	return len(out), err
}
