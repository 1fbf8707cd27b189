package digitalocean

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/digitalocean/godo"

	"github.com/vmtui/vmtui/remote"
)

var errNoPermit = errors.New("a change without a permit")

// single is a copy of a transport that cannot repeat a request: net/http repeats only on a connection that was used before (or in HTTP/2), so
// each request gets a fresh one, in HTTP/1.
func single(shared *http.Transport) *http.Transport {
	t := shared.Clone()
	t.DisableKeepAlives = true
	t.ForceAttemptHTTP2 = false
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	if t.TLSClientConfig != nil {
		t.TLSClientConfig.NextProtos = []string{"http/1.1"}
	}
	return t
}

type sendingKey struct{}

// sending is what became of one change: whether its permit held, and whether its bytes left.
type sending struct {
	permit remote.Permit

	mu      sync.Mutex
	left    bool
	refused error
}

func (s *sending) state() (left bool, refused error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left, s.refused
}

// pass asks the permit once, when the connection stands and its first byte is about to be written.
func (s *sending) pass(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left || s.refused != nil {
		return errors.Join(s.refused, errAgain(s.left))
	}
	if s.refused = s.permit.Check(ctx); s.refused == nil {
		s.left = true
	}
	return s.refused
}

func errAgain(left bool) error {
	if left {
		return errors.New("a change is sent only once")
	}
	return nil
}

// sendOnce lets the bytes of a change leave when its permit holds, and never twice. Each change has a transport of its own, so that no
// connection of another request can come in between.
type sendOnce struct{ shared *http.Transport }

func (o *sendOnce) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	s, ok := ctx.Value(sendingKey{}).(*sending)
	if !ok || s.permit == nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, errNoPermit
	}
	once := single(o.shared)
	guard(once, func() error { return s.pass(ctx) })
	out := req.Clone(ctx)
	out.GetBody = nil
	return once.RoundTrip(out)
}

// guard puts a gate before the first byte that a transport writes: after dialling and TLS, so that nothing slow lies between the permit and
// the request. Through a proxy the gate stands before the first byte to the proxy.
func guard(t *http.Transport, pass func() error) {
	dial, config := t.DialContext, t.TLSClientConfig
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &gate{Conn: conn, pass: pass}, nil
	}
	t.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		secure := tls.Client(conn, named(config, addr))
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return &gate{Conn: secure, pass: pass}, nil
	}
}

// named is a TLS configuration that expects the certificate of the host in addr.
func named(config *tls.Config, addr string) *tls.Config {
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if config != nil {
		out = config.Clone()
	}
	if host, _, err := net.SplitHostPort(addr); err == nil && out.ServerName == "" {
		out.ServerName = host
	}
	out.NextProtos = []string{"http/1.1"}
	return out
}

// gate is a connection whose first byte needs a pass.
type gate struct {
	net.Conn
	pass func() error
	open bool // written by the transport's one writer
}

func (g *gate) Write(p []byte) (int, error) {
	if !g.open {
		if err := g.pass(); err != nil {
			return 0, err
		}
		g.open = true
	}
	return g.Conn.Write(p)
}

// change sends one change, once. Its error is nil, a refusal, a plain failure, or wraps remote.ErrUnknown.
func (c *Client) change(ctx context.Context, permit remote.Permit, what, on string, call func(context.Context, *godo.Client) (*godo.Response, error)) error {
	if permit == nil {
		return c.fault(what, on, errNoPermit)
	}
	if _, err := c.token.get(ctx); err != nil {
		return c.fault(what, on, err)
	}
	s := &sending{permit: permit}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, sendingKey{}, s), writeTimeout)
	defer cancel()
	_, err := call(ctx, c.changes)
	if err == nil {
		return nil
	}
	left, refused := s.state()
	var answer *godo.ErrorResponse
	switch {
	case refused != nil:
		return refused
	case errors.As(err, &answer) && answer.Response.StatusCode < 500 && answer.Response.StatusCode != http.StatusRequestTimeout:
		return c.fault(what, on, err)
	case !left:
		return c.fault(what, on, err)
	}
	return c.unknown(what, on, err)
}

// pause waits, having said so. It gives the context's error when that ends first.
func (c *Client) pause(ctx context.Context, w Wait) error {
	w.Until = time.Now().Add(w.For)
	c.waiting(ctx, w)
	t := time.NewTimer(w.For)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
