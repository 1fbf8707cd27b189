package ssh

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// wire is what a dial brings: a connection, and how it is kept and ended.
type wire struct {
	*ssh.Client
	echo func() error // one round trip to the host; a refusal is an answer too
	end  func()       // ends what carries the connection, when it is over
}

// own is a connection that we made ourselves.
func own(client *ssh.Client) *wire {
	echo := func() error {
		_, _, err := client.SendRequest("keepalive@openssh.com", true, nil)
		return err
	}
	return &wire{Client: client, echo: echo, end: func() {}}
}

// conn is a connection that is up, or was.
type conn struct {
	host    *Host
	client  *wire
	slots   chan struct{} // one for every open session
	streams chan struct{} // one for every one of them that may take long
	enders  chan struct{} // one for every session that ends what another one began
	dead    chan struct{} // closed when the connection has ended
	trip    atomic.Int64  // last keepalive, ns
	lend    lend
}

// adopt gives a new connection its keepalive and its watcher. The pool is not closed yet: to hang up on this host it waits for h.mu.
func (h *Host) adopt(client *wire) *conn {
	c := &conn{
		host: h, client: client, dead: make(chan struct{}),
		slots: make(chan struct{}, maxSessions), streams: make(chan struct{}, maxStreams), enders: make(chan struct{}, maxEnders),
	}
	h.pool.crew.run(func() {
		err := client.Wait()
		close(c.dead)
		h.lost(c, err)
		client.end()
	})
	h.pool.crew.run(c.keepAlive)
	return c
}

func (c *conn) rtt() time.Duration { return time.Duration(c.trip.Load()) }

// close ends the connection without waiting: through a jump host that is gone even closing can block.
func (c *conn) close() {
	if !c.host.pool.crew.run(func() { _ = c.client.Close() }) {
		_ = c.client.Close()
	}
}

// keepAlive ends the connection when the host stays silent; that is what frees everybody who waits on a black-holed link.
func (c *conn) keepAlive() {
	tick := time.NewTicker(c.host.pool.pace.ping)
	defer tick.Stop()
	for c.answers() {
		select {
		case <-tick.C:
		case <-c.dead:
			return
		}
	}
	_ = c.client.Close()
}

// answers sends one keepalive. Any reply, a refusal too, means alive.
func (c *conn) answers() bool {
	began, reply := time.Now(), make(chan error, 1)
	if !c.host.pool.crew.run(func() { reply <- c.client.echo() }) {
		return false
	}
	late := time.NewTimer(c.host.pool.pace.pong)
	defer late.Stop()
	select {
	case err := <-reply:
		c.trip.Store(int64(time.Since(began)))
		return err == nil
	case <-late.C:
	case <-c.dead:
	}
	return false
}

// session is an open session and its place in the connection.
type session struct {
	*ssh.Session
	conn  *conn
	leave func()
}

// use is what a session is for, and so which of a connection's places it takes.
type use int

const (
	toRun  use = iota // a command
	toStay            // what may take long: a stream, a shell, a copy
	toEnd             // ending a command that was cancelled, which has a place still
)

// open takes a place and opens a session within ctx. A place is given back only when its session is closed, so that the host's own limit
// is never met.
func (c *conn) open(ctx context.Context, u use) (*session, error) {
	leave, err := c.enter(ctx, u)
	if err != nil {
		return nil, err
	}
	s, err := within(ctx, c, c.client.NewSession, func(s *ssh.Session) { _ = s.Close() }, leave)
	if err != nil {
		return nil, err
	}
	return &session{s, c, leave}, nil
}

func (c *conn) enter(ctx context.Context, u use) (leave func(), err error) {
	switch u {
	case toRun:
		return c.take(ctx, c.slots)
	case toEnd:
		return c.take(ctx, c.enders)
	}
	first, err := c.take(ctx, c.streams)
	if err != nil {
		return nil, err
	}
	second, err := c.take(ctx, c.slots)
	if err != nil {
		first()
		return nil, err
	}
	return func() { second(); first() }, nil
}

func (c *conn) take(ctx context.Context, places chan struct{}) (leave func(), err error) {
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.dead:
		return nil, net.ErrClosed
	}
}

// tunnel opens a connection from the host on; "tcp" only.
func (c *conn) tunnel(ctx context.Context, network, addr string) (net.Conn, error) {
	open := func() (net.Conn, error) { return c.client.Dial(network, addr) }
	return within(ctx, c, open, func(n net.Conn) { _ = n.Close() }, func() {})
}

// within runs a blocking request no longer than ctx and the connection. What comes too late is undone; failed is called once nothing was opened.
func within[T any](ctx context.Context, c *conn, open func() (T, error), undo func(T), failed func()) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var none T
	got, gone := make(chan answer), make(chan struct{})
	defer close(gone)
	started := c.request(func() {
		v, err := open()
		if err != nil {
			defer failed()
		}
		select {
		case got <- answer{v, err}:
		case <-gone:
			if err == nil {
				undo(v)
				failed()
			}
		}
	})
	if !started {
		failed()
		return none, errClosed
	}
	select {
	case a := <-got:
		return a.value, a.err
	case <-ctx.Done():
		return none, ctx.Err()
	case <-c.dead:
		return none, net.ErrClosed
	}
}

// request does what asks the host for a channel, or reports that the pool is closed. The library can lose such a request: one that is written between the
// end of its reading and the end of its writing is answered by nobody, ever, the end of the connection included. What has not come back soon after that
// is let go of, or who closes the pool would wait for it for ever.
func (c *conn) request(ask func()) bool {
	return c.host.pool.crew.run(func() {
		over := make(chan struct{})
		go func() {
			defer close(over)
			ask()
		}()
		select {
		case <-over:
			return
		case <-c.dead:
		}
		late := time.NewTimer(c.host.pool.pace.grace)
		defer late.Stop()
		select {
		case <-over:
		case <-late.C:
		}
	})
}

// isRefusal reports that the host itself said no to a channel, over a connection that works.
func isRefusal(err error) bool {
	var refused *ssh.OpenChannelError
	return errors.As(err, &refused)
}
