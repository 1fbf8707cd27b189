package ssh

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
)

// The states of a Link.
const (
	stateIdle       = "idle"
	stateConnecting = "connecting"
	stateUp         = "up"
	stateDown       = "down"
)

var (
	errClosed  = errors.New("the connections were closed")
	errDropped = errors.New("the connection was dropped on purpose")
)

// Host is one host and the one connection to it that everybody shares.
type Host struct {
	pool   *Pool
	name   string
	dest   string
	key    string
	forced *Host // the hop before, where the destination names it

	asking atomic.Int32 // logins that wait for a person or an agent

	mu      sync.Mutex
	route   *route
	via     *Host
	conn    *conn
	attempt *attempt
	failed  failure
	link    Link
}

// attempt is a dial under way, which all callers wait for together.
type attempt struct {
	cancel context.CancelFunc
	done   chan struct{}
	conn   *conn
	err    error
}

// failure is the last dial that failed, remembered for a moment so that a dead host fails fast.
type failure struct {
	err   error
	times int
	until time.Time
}

// Name is what operators call the host.
func (h *Host) Name() string { return h.name }

// Link is the state of the connection now.
func (h *Host) Link() Link {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.link
	if h.conn != nil {
		l.RTT = h.conn.rtt()
	}
	return l
}

// Addr is host:port after ssh_config; the destination as it was given when that cannot be resolved.
func (h *Host) Addr() string {
	r, err := h.resolved(h.pool.ctx)
	if err != nil {
		return h.dest
	}
	return r.addr()
}

// KnownAs is the name under which the host's key is pinned: Addr, unless ssh_config has a HostKeyAlias.
func (h *Host) KnownAs() string {
	r, err := h.resolved(h.pool.ctx)
	if err != nil {
		return h.dest
	}
	return r.knownAs
}

// Jumps are the hosts on the way to this one, outermost first.
func (h *Host) Jumps() ([]*Host, error) {
	var way []*Host
	for at := h; ; {
		r, err := at.resolved(h.pool.ctx)
		if err != nil {
			return nil, err
		}
		via, err := at.linkVia(r)
		if via == nil || err != nil {
			return way, err
		}
		way = append([]*Host{via}, way...)
		at = via
	}
}

// User is who we log in as; "" when that cannot be resolved.
func (h *Host) User() string {
	r, err := h.resolved(h.pool.ctx)
	if err != nil {
		return ""
	}
	return r.user
}

// PublicKeys lists, in authorized_keys form, the keys that this host is shown at login.
func (h *Host) PublicKeys(ctx context.Context) ([]string, error) {
	r, err := h.resolved(ctx)
	if err != nil {
		return nil, err
	}
	return h.pool.config.Identities.PublicKeysFor(ctx, r.wish)
}

// Drop forgets the connection and every failure, so that the next command logs in anew: for a machine that is being rebuilt, and after its
// key was renewed. Commands under way come back as Unknown.
func (h *Host) Drop() {
	h.hangUp(errDropped)
	h.mu.Lock()
	h.failed = failure{}
	h.mu.Unlock()
	if t := h.pool.config.Trust; t != nil {
		t.Reconsider(h.KnownAs())
	}
}

// hangUp ends the connection and the dial under way, without waiting for them.
func (h *Host) hangUp(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.attempt != nil {
		h.attempt.cancel()
		h.attempt = nil
	}
	if h.conn != nil {
		h.conn.close()
		h.conn = nil
	}
	h.setLink(Link{State: stateIdle, Err: why})
}

func (h *Host) setLink(l Link) {
	l.Since = time.Now()
	h.link = l
}

// connect gives the connection, dialling when there is none. It never waits longer than ctx; the dial itself goes on for the next caller.
func (h *Host) connect(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, h.unreachable(err)
	}
	c, a, err := h.join() //nolint:contextcheck // the dial outlives the caller who started it
	if c != nil || err != nil {
		return c, err
	}
	select {
	case <-a.done:
		return a.conn, a.err
	case <-ctx.Done():
		if h.asking.Load() > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, h.unanswered(ctx.Err())
		}
		return nil, h.unreachable(fmt.Errorf("still connecting: %w", ctx.Err()))
	}
}

// unanswered is a login that goes on, and that somebody could not wait for: the host is not what is missing.
func (h *Host) unanswered(err error) error {
	return &fault.Error{What: "the login is not over", On: h.name, Err: err, Why: "a question, or what was asked of the SSH agent, is not answered yet",
		Next: "answer it; ssh-add -l shows whether the agent still does", Code: fault.Failed}
}

// join finds the connection, the remembered failure, or the dial to wait for, which it starts if need be.
func (h *Host) join() (*conn, *attempt, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.conn != nil:
		return h.conn, nil, nil
	case h.attempt != nil:
		return nil, h.attempt, nil
	case time.Now().Before(h.failed.until):
		return nil, nil, h.failed.err
	}
	ctx, cancel := context.WithCancel(h.pool.ctx)
	a := &attempt{cancel: cancel, done: make(chan struct{})}
	if !h.pool.crew.run(func() { h.pursue(ctx, a) }) {
		cancel()
		return nil, nil, h.unreachable(errClosed)
	}
	h.attempt = a
	h.setLink(Link{State: stateConnecting})
	return nil, a, nil
}

// pursue carries one dial through.
func (h *Host) pursue(ctx context.Context, a *attempt) {
	defer a.cancel()
	client, err := h.dial(ctx)
	h.deliver(a, client, err)
}

// deliver hands over what a dial brought, and ends what nobody wants any more: here, since nothing new is begun for a pool that is being closed.
func (h *Host) deliver(a *attempt, client *wire, err error) {
	if !h.settle(a, client, err) && client != nil {
		_ = client.Close()
		client.end()
	}
}

// settle keeps a dial's connection and tells everybody who waits for it, or why there is none.
func (h *Host) settle(a *attempt, client *wire, err error) (kept bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer close(a.done)
	if err == nil && (h.attempt != a || h.pool.ctx.Err() != nil) {
		err = &dialError{err: errDropped}
	}
	if err != nil {
		a.err = h.unreachable(err)
		h.remember(a, err)
		return false
	}
	h.attempt = nil
	h.failed = failure{}
	a.conn = h.adopt(client)
	h.conn = a.conn
	h.setLink(Link{State: stateUp})
	return true
}

// remember keeps a failed dial for a moment: briefly when nothing listened, longer when a login failed, because sshd punishes those.
func (h *Host) remember(a *attempt, err error) {
	if h.attempt != a {
		return
	}
	h.attempt = nil
	h.failed.times++
	base, most := h.pool.config.Retry/10, h.pool.config.Retry
	var d *dialError
	if errors.As(err, &d) && d.reached {
		base, most = h.pool.config.Retry, 4*h.pool.config.Retry
	}
	wait := min(base<<min(h.failed.times-1, 10), most)
	h.failed.err, h.failed.until = a.err, time.Now().Add(jitter(wait))
	h.setLink(Link{State: stateDown, Err: a.err})
}

// lost is called when a connection ended.
func (h *Host) lost(c *conn, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conn != c {
		return
	}
	h.conn = nil
	h.setLink(Link{State: stateDown, Err: h.unreachable(fmt.Errorf("the connection was lost: %w", err))})
}

// unreachable dresses an error for operators, unless it is dressed already.
func (h *Host) unreachable(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		if errors.Is(err, ErrSilent) && !errors.Is(f, ErrSilent) {
			dressed := *f
			dressed.Err = err
			f = &dressed
		}
		return h.plainFault(f)
	}
	f = &fault.Error{What: "no SSH connection", On: h.name, Next: "see whether the host is up: " + ByHand(h.dest)}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		f.Why = "no answer in time"
	case errors.Is(err, context.Canceled):
		f.Why, f.Next, f.Code = "given up", "", fault.Interrupted
	}
	return f.Because(h.plainly(err))
}
