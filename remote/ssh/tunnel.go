package ssh

import (
	"context"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Dial connects from the host on to addr, as it is seen there (direct-tcpip); network is "tcp". The connection bears deadlines, but one
// that is missed closes it.
func (h *Host) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := h.connect(ctx)
	if err != nil {
		return nil, err
	}
	n, err := c.tunnel(ctx, network, addr)
	if err != nil && !isRefusal(err) && ctx.Err() == nil {
		h.forget(c)
		if c, err = h.connect(ctx); err == nil {
			n, err = c.tunnel(ctx, network, addr)
		}
	}
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: there(addr), Err: err}
	}
	return &tunnel{Conn: n}, nil
}

// there is an address as the host sees it.
type there string

func (there) Network() string  { return "tcp" }
func (a there) String() string { return string(a) }

// tunnel gives a channel the deadlines that it lacks.
type tunnel struct {
	net.Conn
	missed      atomic.Bool
	mu          sync.Mutex
	read, write *time.Timer
}

// SetDeadline sets both deadlines.
func (t *tunnel) SetDeadline(at time.Time) error {
	_ = t.SetReadDeadline(at)
	return t.SetWriteDeadline(at)
}

// SetReadDeadline closes the connection at a time, unless it is moved or taken back before.
func (t *tunnel) SetReadDeadline(at time.Time) error { return t.set(&t.read, at) }

// SetWriteDeadline closes the connection at a time, unless it is moved or taken back before.
func (t *tunnel) SetWriteDeadline(at time.Time) error { return t.set(&t.write, at) }

func (t *tunnel) set(timer **time.Timer, at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if *timer != nil {
		(*timer).Stop()
		*timer = nil
	}
	if !at.IsZero() {
		*timer = time.AfterFunc(time.Until(at), func() {
			t.missed.Store(true)
			_ = t.Conn.Close()
		})
	}
	return nil
}

// Read reports a missed deadline as os.ErrDeadlineExceeded.
func (t *tunnel) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	return n, t.explain(err)
}

// Write reports a missed deadline as os.ErrDeadlineExceeded.
func (t *tunnel) Write(p []byte) (int, error) {
	n, err := t.Conn.Write(p)
	return n, t.explain(err)
}

func (t *tunnel) explain(err error) error {
	if err != nil && t.missed.Load() {
		return os.ErrDeadlineExceeded
	}
	return err
}

// Close takes the deadlines with it.
func (t *tunnel) Close() error {
	_ = t.SetDeadline(time.Time{})
	return t.Conn.Close()
}
