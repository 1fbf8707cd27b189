// Package web is what the wires that speak HTTP share: a request that changes something leaves once, when its permit holds, and a witness
// hears of every request.
package web

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"

	"github.com/vmtui/vmtui/remote"
)

// ErrNoPermit refuses a change that nobody permitted.
var ErrNoPermit = errors.New("a change without a permit")

type sendingKey struct{}

// Sending is what became of one change: whether its permit held, and whether its bytes left.
type Sending struct {
	permit remote.Permit

	mu      sync.Mutex
	left    bool
	refused error
}

// Begin marks the requests of a context as one change, which leaves when the permit holds.
func Begin(ctx context.Context, permit remote.Permit) (context.Context, *Sending) {
	s := &Sending{permit: permit}
	return context.WithValue(ctx, sendingKey{}, s), s
}

// sendingOf is the change that a request belongs to; nil for a request that reads.
func sendingOf(ctx context.Context) *Sending {
	s, _ := ctx.Value(sendingKey{}).(*Sending)
	return s
}

// State says whether the change's first byte left, and why its permit did not hold.
func (s *Sending) State() (left bool, refused error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left, s.refused
}

// pass asks the permit once, when the connection stands and its first byte is about to be written.
func (s *Sending) pass(ctx context.Context) error {
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

// Once lets the bytes of a change leave when its permit holds, and never twice. Each change has a transport of its own, so that no connection
// of another request can come in between.
type Once struct{ Shared *http.Transport }

// RoundTrip implements http.RoundTripper.
func (o Once) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	s := sendingOf(ctx)
	if s == nil || s.permit == nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, ErrNoPermit
	}
	once := single(o.Shared)
	guard(once, func() error { return s.pass(ctx) })
	out := req.Clone(ctx)
	out.GetBody = nil
	return once.RoundTrip(out)
}

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

// Stay is an http.Client's CheckRedirect that follows none: a redirect would carry a secret to wherever it points, and a 307 would send a
// change twice.
func Stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Transport is a copy of net/http's own.
func Transport() *http.Transport {
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		return t.Clone()
	}
	return &http.Transport{Proxy: http.ProxyFromEnvironment}
}
