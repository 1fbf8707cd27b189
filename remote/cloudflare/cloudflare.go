// Package cloudflare is the wire to the edge. Reads are repeated when that can help; a purge is sent exactly once, with a permit, and an
// outcome that nobody knows is called unknown.
package cloudflare

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/cloudflare/cloudflare-go/v7/cache"
	"github.com/cloudflare/cloudflare-go/v7/option"
	"github.com/cloudflare/cloudflare-go/v7/zones"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/web"
)

const (
	readTimeout  = 20 * time.Second // of one try of a read
	writeTimeout = 40 * time.Second // of a change; what takes longer is unknown
	readRetries  = 2
)

// Config says how the API is reached.
type Config struct {
	Token   func(context.Context) (string, error) // asked at every request, so that a replaced token is picked up
	URL     string                                // with its path: https://api.cloudflare.com/client/v4
	Zone    string                                // the zone's name
	Witness remote.Witness                        // hears of every request; nil means nobody does
}

// Client talks to the API about one zone. It is safe for concurrent use.
type Client struct {
	cfg   Config
	idle  *http.Transport // of the reads; changes keep no connection
	zones *zones.ZoneService
	cache *cache.CacheService

	mu sync.Mutex
	id string // of the zone, once it is known
}

// New makes a client. It asks nobody anything yet.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(cfg.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return nil, &fault.Error{What: "the API's URL cannot be used", On: "cloudflare.api_url", Why: "it needs a scheme and a host, and no password", Next: "write it like https://api.cloudflare.com/client/v4", Code: fault.Usage}
	case cfg.Token == nil:
		return nil, &fault.Error{What: "no API token is configured", On: cfg.URL, Next: "set cloudflare.token in the config", Code: fault.Usage}
	}
	c := &Client{cfg: cfg, idle: web.Transport()}
	base := option.WithBaseURL(strings.TrimSuffix(cfg.URL, "/") + "/")
	c.zones = zones.NewZoneService(base, c.by(c.idle), option.WithMaxRetries(readRetries), option.WithRequestTimeout(readTimeout))
	// A change is never repeated: not by the library, not by net/http.
	c.cache = cache.NewCacheService(base, c.by(web.Once{Shared: c.idle}), option.WithMaxRetries(0))
	return c, nil
}

func (c *Client) by(next http.RoundTripper) option.RequestOption {
	rt := &web.Witnessed{Tell: c.cfg.Witness, On: "cloudflare", Next: bearer{token: c.cfg.Token, next: next}}
	return option.WithHTTPClient(&http.Client{Transport: rt, CheckRedirect: web.Stay})
}

// Close lets go of idle connections.
func (c *Client) Close() error {
	c.idle.CloseIdleConnections()
	return nil
}

// bearer adds the token to each request.
type bearer struct {
	token func(context.Context) (string, error)
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := b.token(req.Context())
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, &tokenError{err}
	}
	out := req.Clone(req.Context())
	out.Header.Set("Authorization", "Bearer "+token)
	return b.next.RoundTrip(out)
}

// tokenError marks a failure to get the token: nothing was sent.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return e.err.Error() }
func (e *tokenError) Unwrap() error { return e.err }
