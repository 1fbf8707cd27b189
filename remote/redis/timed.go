package redis

import (
	"net"
	"os"
	"sync"
	"time"
)

// timed gives deadlines to a connection that refuses them, as one through SSH does: a timer closes it. A connection that missed its deadline is
// thrown away anyhow.
func timed(conn net.Conn) net.Conn {
	if conn.SetDeadline(time.Time{}) == nil {
		return conn
	}
	t := &timedConn{Conn: conn}
	t.read.late, t.write.late = t.expire, t.expire
	return t
}

type timedConn struct {
	net.Conn
	read, write alarm

	mu      sync.Mutex
	expired bool
}

func (t *timedConn) expire() {
	t.mu.Lock()
	t.expired = true
	t.mu.Unlock()
	_ = t.Conn.Close()
}

func (t *timedConn) cause(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil && t.expired {
		return os.ErrDeadlineExceeded
	}
	return err
}

func (t *timedConn) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	return n, t.cause(err)
}

func (t *timedConn) Write(p []byte) (int, error) {
	n, err := t.Conn.Write(p)
	return n, t.cause(err)
}

func (t *timedConn) Close() error {
	t.read.set(time.Time{})
	t.write.set(time.Time{})
	return t.Conn.Close()
}

func (t *timedConn) SetDeadline(at time.Time) error {
	t.read.set(at)
	t.write.set(at)
	return nil
}

func (t *timedConn) SetReadDeadline(at time.Time) error  { t.read.set(at); return nil }
func (t *timedConn) SetWriteDeadline(at time.Time) error { t.write.set(at); return nil }

// alarm calls late when the time set last has come; the zero time is never.
type alarm struct {
	late func()

	mu    sync.Mutex
	timer *time.Timer
}

func (a *alarm) set(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timer != nil {
		a.timer.Stop()
		a.timer = nil
	}
	if !at.IsZero() {
		a.timer = time.AfterFunc(max(time.Until(at), 0), a.late)
	}
}
