package ssh

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// tries is how often a server is dialled that hangs up before it says who it is, as sshd does to some when many come at once, or while a person answers.
const tries = 3

// dialError says how far a dial came.
type dialError struct {
	err     error
	reached bool // something listened
	again   bool // to be tried again at once
	silent  bool // nothing came back in time, or nobody listens
}

// ErrSilent is in the error of a host that gave no sign of life: nobody listens, or nothing came back in time. A host that refused our key, showed another
// key than the one trusted, has a name that cannot be resolved, or hides behind a jump host that does not answer, is not silent.
var ErrSilent = errors.New("no sign of life")

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// Is makes a silent host's error one of ErrSilent.
func (e *dialError) Is(target error) bool { return target == ErrSilent && e.silent } // this is what errors.Is asks

// dial resolves the host, goes through its jump hosts and logs in.
func (h *Host) dial(ctx context.Context) (*wire, error) {
	if h.pool.config.Transport == OpenSSH {
		return h.borrow(ctx)
	}
	if c := h.pool.config; c.Trust == nil || c.Identities == nil {
		return nil, &fault.Error{What: "nobody to trust and nobody to be", On: h.name, Why: "the pool was made without Trust or Identities", Code: fault.Usage}
	}
	r, via, err := h.path(ctx)
	if err != nil {
		return nil, err
	}
	leave, err := h.pass(ctx, r, via)
	if err != nil {
		return nil, err
	}
	defer leave()
	for try := 1; ; try++ {
		client, err := h.dialOnce(ctx, r, via, leave)
		if err == nil {
			return own(client), nil
		}
		var d *dialError
		if try == tries || !errors.As(err, &d) || !d.again {
			return nil, err
		}
		if pause(ctx, jitter(time.Duration(try)*200*time.Millisecond)) != nil {
			return nil, err
		}
	}
}

// path is where to go and through whom. The jump host is connected before any gate is taken: its own dial needs one.
func (h *Host) path(ctx context.Context) (*route, *Host, error) {
	r, err := h.resolved(ctx)
	if err != nil {
		return nil, nil, err
	}
	via, err := h.linkVia(r)
	if err != nil || via == nil {
		return r, via, err
	}
	if _, err = via.connect(ctx); err != nil {
		err = behind(err)
	}
	return r, via, err
}

// behind is the error of a jump host, which says nothing of the host behind it.
func behind(err error) error {
	f := *fault.Of(err)
	f.Err = nil
	return &f
}

// pass takes a place among the dials to the target and among those through its jump host. It may be left more than once.
func (h *Host) pass(ctx context.Context, r *route, via *Host) (leave func(), err error) {
	to, err := h.pool.gates.enter(ctx, "to "+r.addr())
	if err != nil {
		return nil, err
	}
	if via == nil {
		return sync.OnceFunc(to), nil
	}
	through, err := h.pool.gates.enter(ctx, "via "+via.key)
	if err != nil {
		to()
		return nil, err
	}
	return sync.OnceFunc(func() { through(); to() }), nil
}

func (h *Host) dialOnce(ctx context.Context, r *route, via *Host, leave func()) (_ *ssh.Client, err error) {
	ended := h.pool.config.Witness.See(remote.Call{Wire: "ssh", On: h.name, What: "log in at " + r.addr() + " as " + r.user})
	defer func() { ended(remote.Done("logged in", err)) }()
	raw, err := h.reach(ctx, r, via)
	if err != nil {
		return nil, via.between(&dialError{err: err, silent: noAnswer(ctx, err)})
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := &login{host: h, route: r, ctx: ctx, cancel: cancel, leave: leave}
	client, err := h.logIn(l, raw)
	if err != nil {
		_ = raw.Close()
		again := !l.sawKey() && hungUp(err) || l.outwaited(err)
		return nil, via.between(&dialError{err: err, reached: true, again: again, silent: l.late.Load() && !l.sawKey()})
	}
	return client, nil
}

// between tells a host that gave no sign of life from the jump host before it that gives none any more. Nil is no jump host.
func (h *Host) between(d *dialError) error {
	if h == nil || !d.silent || h.answers() {
		return d
	}
	return &dialError{err: &fault.Error{What: "the jump host does not answer any more", On: h.name, Next: "see whether it is up: " + ByHand(h.dest)}}
}

// answers asks the host for a sign of life, over the connection that there is.
func (h *Host) answers() bool {
	h.mu.Lock()
	c := h.conn
	h.mu.Unlock()
	return c != nil && c.answers()
}

// logIn waits for its turn among the hosts that are logged in to. The jump host is connected already, so that nobody waits for who waits for them.
func (h *Host) logIn(l *login, raw net.Conn) (*ssh.Client, error) {
	select {
	case h.pool.logins <- struct{}{}:
		over, pass := sync.OnceFunc(func() { <-h.pool.logins }), l.leave
		defer over()
		l.leave = func() { over(); pass() }
		return l.login(raw)
	case <-l.ctx.Done():
		return nil, l.ctx.Err()
	}
}

// noAnswer reports an error of a connection that a host did not accept, while ctx was still good.
func noAnswer(ctx context.Context, err error) bool {
	var network net.Error
	switch {
	case ctx.Err() != nil:
		return false
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EHOSTDOWN):
		return true
	}
	var open *ssh.OpenChannelError // through a jump host, which could not reach it
	if errors.As(err, &open) {
		return open.Reason == ssh.ConnectionFailed
	}
	var name *net.DNSError
	return !errors.As(err, &name) && errors.As(err, &network) && network.Timeout()
}

// reach opens the wire itself.
func (h *Host) reach(ctx context.Context, r *route, via *Host) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, h.pool.pace.connect)
	defer cancel()
	if via == nil {
		return new(net.Dialer).DialContext(ctx, "tcp", r.addr())
	}
	c, err := via.connect(ctx)
	if err != nil {
		return nil, behind(err)
	}
	return c.tunnel(ctx, "tcp", r.addr())
}
