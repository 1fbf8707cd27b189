package postgres

import (
	"context"
	"net"

	"github.com/vmtui/vmtui/remote"
)

// dial opens a connection that ends with the client at the latest: the library leaves broken ones to goroutines of their own.
func (c *Client) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ended := c.cfg.Witness.See(remote.Call{Wire: network + " " + addr, On: "postgresql", What: "connect"})
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)() //nolint:contextcheck // whichever ends first
	dial := c.cfg.Dial
	if dial == nil {
		dial = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: idleFor / 8, Interval: idleFor / 24, Count: 3}}).DialContext
	}
	conn, err := dial(ctx, network, addr)
	ended(remote.Done("connected", err))
	if err != nil {
		return nil, err
	}
	return c.keep(conn)
}

func (c *Client) keep(conn net.Conn) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done {
		_ = conn.Close()
		return nil, errClosed
	}
	k := &kept{Conn: conn, client: c}
	c.open[k] = true
	return k, nil
}

// kept is a connection that its client knows of.
type kept struct {
	net.Conn
	client *Client
}

// Close implements net.Conn.
func (k *kept) Close() error {
	k.client.mu.Lock()
	delete(k.client.open, k)
	k.client.mu.Unlock()
	return k.Conn.Close()
}
