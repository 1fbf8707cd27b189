// Package redis is the wire to the Redis that Sidekiq lives in. It connects when it is first asked, through whatever dialler it was given, and
// sends a change once and only with a permit.
package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// Dialer opens the connection, for example through an SSH host. Network is "tcp" or "unix". The connection must bear deadlines.
type Dialer func(ctx context.Context, network, addr string) (net.Conn, error)

const (
	dialTimeout  = 10 * time.Second // through a jump host and SSH that may have to log in first
	replyTimeout = 5 * time.Second
	atOnce       = 2 // requests in flight, and connections kept
)

// Config says where Redis is.
type Config struct {
	// URL gives redis://[user:password@]host[:port][/db], rediss:// for TLS, or unix://[user:password@]/path[?db=n], as seen from where Dial dials.
	// It is asked at the first request, not before: it may have to run a command for a secret.
	URL  func(context.Context) (string, error)
	Dial Dialer // nil dials from here
	// Witness hears of every round trip; nil means nobody does.
	Witness remote.Witness
	Secrets *keys.Redactor // taken out of errors and of what a witness is told; may be nil
}

// At is a URL that is known.
func At(url string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return url, nil }
}

// Client talks to one Redis database. It is safe for concurrent use.
type Client struct {
	cfg  Config
	turn chan struct{}

	mu     sync.Mutex
	opt    *goredis.Options // nil until the URL was given
	rdb    *goredis.Client  // nil until asked, and after a failed dial
	closed bool
}

var quietOnce sync.Once

// New asks and connects to nothing yet.
func New(cfg Config) *Client {
	// The library writes to stderr on its own, across whatever is drawn there.
	quietOnce.Do(func() { goredis.SetLogger(nobody{}) })
	return &Client{cfg: cfg, turn: make(chan struct{}, atOnce)}
}

// options reads the URL once. Its errors never show it: there is a password in it.
func (c *Client) options(ctx context.Context) (*goredis.Options, error) {
	c.mu.Lock()
	opt := c.opt
	c.mu.Unlock()
	if opt != nil {
		return opt, nil
	}
	url, err := c.cfg.URL(ctx)
	if err != nil {
		return nil, err
	}
	if opt, err = parse(url); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opt = opt
	return opt, nil
}

// Check reads the URL and says what is wrong with it; it connects to nothing.
func (c *Client) Check(ctx context.Context) error {
	_, err := c.options(ctx)
	return err
}

// tuned are the library's options as they are used here.
func tuned(opt goredis.Options, dial Dialer) *goredis.Options {
	opt.Dialer = dialer(dial, opt.TLSConfig)
	opt.Protocol = 2 // no HELLO: Redis 5 and proxies do not know it
	opt.DisableIdentity = true
	opt.MaxRetries = -1 // repetitions are made here, and for reads only
	opt.DialerRetries = 1
	opt.DialTimeout, opt.ReadTimeout, opt.WriteTimeout = dialTimeout, replyTimeout, replyTimeout
	opt.ContextTimeoutEnabled = true
	opt.ConnMaxIdleTime = 2 * time.Minute
	opt.MinIdleConns, opt.MaxIdleConns = 0, atOnce
	// The library's pool starts a goroutine that dials for ever once PoolSize dials failed. What bounds the connections is `turn`; the pool is
	// only made too large for that to happen before it is thrown away.
	opt.PoolSize, opt.PipelinePoolSize = 16, -1
	opt.MaintNotificationsConfig = noMaintenance()
	return &opt
}

// unnamed is what Redis is called before its URL was read.
const unnamed = "redis"

// Name is where Redis is, without user or password; "redis" until that is known.
func (c *Client) Name() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.opt == nil {
		return unnamed
	}
	return c.opt.Addr
}

// Close ends all connections. Requests after it fail.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.rdb == nil {
		return nil
	}
	err := c.rdb.Close()
	c.rdb = nil
	return err
}

var errClosed = errors.New("the connection was closed")

// take waits for a turn and gives the library's client.
func (c *Client) take(ctx context.Context) (*goredis.Client, error) {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	opt, err := c.options(ctx)
	if err != nil {
		<-c.turn
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		<-c.turn
		return nil, errClosed
	}
	if c.rdb == nil {
		c.rdb = goredis.NewClient(tuned(*opt, c.cfg.Dial))
	}
	return c.rdb, nil
}

// give ends a turn. A client that could not dial is thrown away with what its pool remembers.
func (c *Client) give(used *goredis.Client, err error) {
	<-c.turn
	var dial *dialError
	if !errors.As(err, &dial) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rdb == used {
		c.rdb = nil
		_ = used.Close()
	}
}

func parse(raw string) (*goredis.Options, error) {
	bad := func(why string) error {
		return &fault.Error{What: "the Redis URL cannot be used", On: "sidekiq.redis", Why: why, Next: "write it like redis://127.0.0.1:6379/0", Code: fault.Usage}
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, bad("it is not a URL")
	}
	switch u.Scheme {
	case "redis", "rediss", "unix":
	default:
		return nil, bad("it must begin with redis://, rediss:// or unix://")
	}
	opt, err := goredis.ParseURL(u.String())
	if err != nil {
		return nil, bad("host, port, database or an option in it is wrong")
	}
	return opt, nil
}

func dialer(dial Dialer, config *tls.Config) func(context.Context, string, string) (net.Conn, error) {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, &dialError{err}
		}
		if config == nil {
			return conn, nil
		}
		secure := tls.Client(conn, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, &dialError{err}
		}
		return secure, nil
	}
}

// dialError marks that no connection came about: nothing was sent.
type dialError struct{ err error }

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

type nobody struct{}

func (nobody) Printf(context.Context, string, ...any) {}
