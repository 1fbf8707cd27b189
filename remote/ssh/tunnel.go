package ssh

import (
	"context"
	"net"
	"os"
	"sync"
	"time"

	"github.com/vmtui/vmtui/remote"
)

// Dial connects from the host on to addr, as it is seen there (direct-tcpip); network is "tcp". The connection bears deadlines; one that passes
// in the middle of a read or write closes it, for there is no other way to end that.
func (h *Host) Dial(ctx context.Context, network, addr string) (_ net.Conn, err error) {
	ended := h.pool.config.Witness.See(remote.Call{Wire: "ssh", On: h.name, What: "connect on to " + addr})
	defer func() { ended(remote.Done("connected", err)) }()
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
		return nil, &net.OpError{Op: "dial", Net: network, Addr: there(addr), Err: h.plainly(err)}
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
	read, write limit
}

// SetDeadline sets both deadlines.
func (t *tunnel) SetDeadline(at time.Time) error {
	_ = t.SetReadDeadline(at)
	return t.SetWriteDeadline(at)
}

// SetReadDeadline bounds the read under way and those that follow. The zero time is no bound.
func (t *tunnel) SetReadDeadline(at time.Time) error { t.read.set(at, t.Conn); return nil }

// SetWriteDeadline bounds the write under way and those that follow. The zero time is no bound.
func (t *tunnel) SetWriteDeadline(at time.Time) error { t.write.set(at, t.Conn); return nil }

// Read reports a missed deadline as os.ErrDeadlineExceeded.
func (t *tunnel) Read(p []byte) (int, error) { return t.read.within(t.Conn.Read, p) }

// Write reports a missed deadline as os.ErrDeadlineExceeded.
func (t *tunnel) Write(p []byte) (int, error) { return t.write.within(t.Conn.Write, p) }

// Close takes the deadlines with it.
func (t *tunnel) Close() error {
	_ = t.SetDeadline(time.Time{})
	return t.Conn.Close()
}

// limit is one direction's deadline. A deadline that passes while nothing is read or written harms nobody: an idle connection keeps the one that
// its last user set.
type limit struct {
	mu     sync.Mutex
	at     time.Time
	timer  *time.Timer
	busy   int
	missed bool
}

func (l *limit) set(at time.Time, conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	if l.at = at; at.IsZero() {
		return
	}
	l.timer = time.AfterFunc(time.Until(at), func() {
		if l.strikes(at) {
			_ = conn.Close()
		}
	})
}

// strikes reports that the deadline has come upon something under way.
func (l *limit) strikes(at time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.missed = l.missed || l.busy > 0 && l.at.Equal(at)
	return l.missed
}

// within does one read or write under the deadline.
func (l *limit) within(do func([]byte) (int, error), p []byte) (int, error) {
	l.mu.Lock()
	late := !l.at.IsZero() && !time.Now().Before(l.at)
	if !late {
		l.busy++
	}
	l.mu.Unlock()
	if late {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := do(p)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy--
	if err != nil && l.missed {
		err = os.ErrDeadlineExceeded
	}
	return n, err
}
