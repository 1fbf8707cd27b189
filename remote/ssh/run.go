package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/clean"
)

// openTries is how often a session is asked for again when the host refuses one, because somebody else's or our own last ones still count.
const openTries = 5

// Look runs a command that only reads. Cancelling ctx ends it on the host too.
func (h *Host) Look(ctx context.Context, c Command) Result {
	return h.collect(ctx, task{command: c})
}

// Do runs a command that changes something. The permit is checked when everything is ready, just before the command leaves; when it
// refuses, nothing was sent and the result is Unreachable with the refusal as its cause. Once the command has left, only an exit status or
// a signal is an answer; everything else, cancelling too, is Unknown.
func (h *Host) Do(ctx context.Context, permit remote.Permit, c Command) Result {
	if permit == nil {
		return Result{Outcome: Unreachable, Cause: &fault.Error{What: "command not sent", On: h.name, Why: "nobody permitted it", Code: fault.Refused}}
	}
	return h.collect(ctx, task{command: c, permit: permit})
}

// collect keeps what a task says.
func (h *Host) collect(ctx context.Context, t task) Result {
	ended := h.see(t.command, t.permit != nil)
	out, errs := newBounded(t.command.Limit), newBounded(t.command.Limit)
	t.out, t.errs = out, errs
	res := h.run(ctx, t)
	h.hand(t.command, out)
	res.Stdout, res.Stderr = h.said(out), h.said(errs)
	res.Dropped = out.missing() + errs.missing()
	ended(res.ending(t.command.Answers...))
	return res
}

// Stream runs a command that only reads and hands on every line of both outputs, cleaned, as it comes: one call at a time, none after
// Stream returns. A slow line function slows the command down. Result has no Stdout; Stderr is kept too, for the reason of a failure.
func (h *Host) Stream(ctx context.Context, c Command, line func(line string)) Result {
	ended := h.see(c, false)
	c.Tether = c.Tether || len(c.Stdin) == 0 // nothing is left running that nobody reads
	tap := &tap{fn: line}
	errs := newBounded(c.Limit)
	secrets := h.pool.config.Secrets
	lines, complaints := clean.NewSplitter(0, secrets, tap.line), clean.NewSplitter(0, secrets, tap.line)
	if c.Colours {
		lines.KeepColours()
		complaints.KeepColours()
	}
	res := h.run(ctx, task{command: c, use: toStay, out: lines, errs: io.MultiWriter(errs, complaints)})
	if res.Outcome == Exited || res.Outcome == Signalled {
		_, _ = lines.Close(), complaints.Close()
	}
	tap.close()
	res.Stderr, res.Dropped = h.said(errs), errs.missing()
	ended(res.ending(c.Answers...))
	return res
}

// task is a command with everything it needs.
type task struct {
	command   Command
	permit    remote.Permit
	use       use
	out, errs io.Writer
}

// run takes a task through to its result.
func (h *Host) run(ctx context.Context, t task) Result {
	began := time.Now()
	res := h.attend(ctx, t)
	res.Took = time.Since(began)
	return res
}

func (h *Host) attend(ctx context.Context, t task) Result {
	mark := newMark()
	line, err := t.command.line(mark)
	sent := portable(line)
	if err == nil {
		err = h.discreet(line)
	}
	if err == nil {
		err = tooLong(sent, h.name)
	}
	if err != nil {
		return Result{Outcome: Unreachable, Cause: err}
	}
	s, err := h.session(ctx, t.use)
	if err != nil {
		return Result{Outcome: Unreachable, Cause: h.unreachable(err)}
	}
	stdin, err := s.StdinPipe()
	if err == nil && t.command.Agent {
		err = h.lendAgent(ctx, s)
	}
	if err == nil && t.permit != nil {
		err = t.permit.Check(ctx)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		h.abandon(s)
		return Result{Outcome: Unreachable, Cause: err}
	}
	e := execution{line: sent, stdin: stdin, input: t.command.Stdin, tether: t.command.held(), ender: Command{
		For: "end what was cancelled", Script: ender, Args: []string{marked(mark)}, Sudo: t.command.Sudo, Tether: true,
	}}
	before := forewords{newForeword(mark, t.out), newForeword(mark, t.errs)}
	s.Stdout, s.Stderr = before.out, before.errs
	if !t.command.Sudo {
		return h.spoken(before.verdict(h.underWay(ctx, s, e, t), s.conn.answers))
	}
	e.door = h.newDoorway(ctx, mark, stdin, t.errs)
	s.Stderr = e.door
	return h.spoken(e.door.verdict(h.underWay(ctx, s, e, t)))
}

// underWay executes a command that is counted until it has ended, however that comes; what ends another one counts with that.
func (h *Host) underWay(ctx context.Context, s *session, e execution, t task) Result {
	if t.use == toEnd {
		return h.execute(ctx, s, e, func(fate) {})
	}
	b := h.pool.bouts.enter(ctx, h.leftBy(t))
	return h.execute(ctx, s, e, func(f fate) { h.pool.bouts.leave(b, f) })
}

// session opens a session, over a new connection when the old one turns out to be dead: nothing was sent yet.
func (h *Host) session(ctx context.Context, u use) (*session, error) {
	renewed := false
	for try := 1; ; try++ {
		c, err := h.connect(ctx)
		if err != nil {
			return nil, err
		}
		s, err := c.open(ctx, u)
		switch {
		case err == nil:
			return s, nil
		case ctx.Err() != nil:
			return nil, fmt.Errorf("still opening a session: %w", ctx.Err())
		case isRefusal(err) && try < openTries:
			if err := pause(ctx, jitter(time.Duration(try)*100*time.Millisecond)); err != nil {
				return nil, err
			}
		case isRefusal(err) || renewed || errors.Is(err, errClosed):
			return nil, fmt.Errorf("no session to be had: %w", err)
		default:
			renewed = true
			h.forget(c)
		}
	}
}

// forget takes a dead connection out of use before its watcher does.
func (h *Host) forget(c *conn) {
	c.close()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conn == c {
		h.conn = nil
		h.setLink(Link{State: stateDown, Err: h.unreachable(errors.New("the connection was lost"))})
	}
}

// abandon closes a session in which nothing was started.
func (h *Host) abandon(s *session) {
	end := func() {
		_ = s.Close()
		s.leave()
	}
	if !h.pool.crew.run(end) {
		end()
	}
}

// execution is what is sent in a session.
type execution struct {
	line   string
	stdin  io.WriteCloser
	input  []byte
	tether bool
	door   *doorway // sudo's, if it is asked
	ender  Command  // ends what it started; a tethered one needs none
}

// execute sends the command and waits for its end or for ctx. Ended is called once, when nothing more is done about it.
func (h *Host) execute(ctx context.Context, s *session, e execution, ended func(fate)) Result {
	answers := make(chan Result, 1)
	started := h.pool.crew.run(func() {
		defer s.leave()
		answers <- h.answer(h.play(s, e))
		_ = s.Close()
	})
	if !started {
		h.abandon(s)
		ended(isGone)
		return Result{Outcome: Unreachable, Cause: h.unreachable(errClosed)}
	}
	select {
	case r := <-answers:
		ended(r.fate())
		return r
	case <-ctx.Done():
	}
	select {
	case r := <-answers: // both at once: an answer is worth more
		ended(r.fate())
		return r
	default:
	}
	if !h.pool.crew.run(func() { ended(h.cutOff(s, e, answers)) }) { //nolint:contextcheck // ctx is over: that is why
		ended(isUnsure)
	}
	return Result{Outcome: Unknown, Cause: fmt.Errorf("given up while it ran: %w", ctx.Err())}
}

// errNotStarted is the host's refusal to run a command at all; the library's own text would repeat the command.
var errNotStarted = errors.New("the host refuses to run commands")

// play starts the command, sends its input whole and waits for its end.
func (h *Host) play(s *session, e execution) error {
	if err := s.Start(e.line); err != nil {
		if strings.HasPrefix(err.Error(), "ssh: command ") {
			return errNotStarted
		}
		return err
	}
	over := make(chan struct{})
	defer close(over)
	if !e.tether {
		h.pool.crew.run(func() {
			if e.door.admitted(over) {
				_, _ = e.stdin.Write(e.input)
			}
			_ = e.stdin.Close()
		})
	}
	return s.Wait()
}

// cutOff ends a command that nobody waits for any more, and then its session: a tethered one by the end of its input; any other by a signal and, since
// that may do nothing or reach a part of it, by looking for what it started.
func (h *Host) cutOff(s *session, e execution, answers <-chan Result) fate {
	defer func() { _ = s.Close() }()
	if e.tether {
		h.pool.crew.run(func() { _ = e.stdin.Close() }) // it may block on a dead link
		r, _ := awaited(h.pool, answers, h.pool.pace.tether, nil)
		return r.fate()
	}
	h.pool.crew.run(func() { _ = s.Signal(ssh.SIGTERM) })
	if r, _ := awaited(h.pool, answers, h.pool.pace.grace, h.pool.leaving.Done()); r.OK() {
		return isGone // it was faster, and what it leaves behind it means to
	}
	return h.end(s.conn, e.ender)
}

// awaited is what comes; nothing does when it is late, when there is a hurry, or when nobody may wait any more.
func awaited[T any](p *Pool, comes <-chan T, most time.Duration, hurry <-chan struct{}) (it T, came bool) {
	late := time.NewTimer(most)
	defer late.Stop()
	select {
	case it = <-comes:
		return it, true
	case <-late.C:
	case <-hurry:
	case <-p.ctx.Done():
	}
	return it, false
}

// end runs an ender, over the connection that the command came by. Others may be waiting to do the same.
func (h *Host) end(c *conn, ender Command) fate {
	select {
	case <-c.dead:
		return isUnsure
	case <-h.pool.ctx.Done():
		return isUnsure
	default:
	}
	ctx, cancel := context.WithTimeout(h.pool.ctx, h.pool.pace.tether*maxSessions/maxEnders)
	defer cancel()
	switch r := h.collect(ctx, task{command: ender, use: toEnd}); {
	case r.OK():
		return isGone
	case r.Outcome == Exited && r.Code == 1:
		return isRunning
	}
	return isUnsure
}

// answer reads the end of a command. Only a status or a signal is one.
func (h *Host) answer(err error) Result {
	var exit *ssh.ExitError
	switch {
	case err == nil:
		return Result{Outcome: Exited}
	case errors.As(err, &exit) && exit.Signal() != "":
		return Result{Outcome: Signalled, Signal: h.plain(exit.Signal())}
	case errors.As(err, &exit):
		return Result{Outcome: Exited, Code: exit.ExitStatus()}
	case errors.Is(err, errNotStarted):
		return Result{Outcome: Unreachable, Cause: h.unreachable(err)}
	}
	return Result{Outcome: Unknown, Cause: fmt.Errorf("no exit status came back: %w", h.plainly(err))}
}
