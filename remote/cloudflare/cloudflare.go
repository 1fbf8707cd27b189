// Package cloudflare is the wire to the edge. Reads are repeated when that can help; a change is sent exactly once, with a permit, and an
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
	"github.com/cloudflare/cloudflare-go/v7/dns"
	"github.com/cloudflare/cloudflare-go/v7/option"
	"github.com/cloudflare/cloudflare-go/v7/page_rules"
	"github.com/cloudflare/cloudflare-go/v7/rulesets"
	"github.com/cloudflare/cloudflare-go/v7/ssl"
	"github.com/cloudflare/cloudflare-go/v7/user"
	"github.com/cloudflare/cloudflare-go/v7/zones"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/web"
)

const (
	readTimeout  = 20 * time.Second // of one try of a read
	writeTimeout = 40 * time.Second // of a change; what takes longer is unknown
	readTries    = 3
)

// Config says how the API is reached.
type Config struct {
	Token   func(context.Context) (string, error) // asked at every request, so that a replaced token is picked up
	URL     string                                // with its path: https://api.cloudflare.com/client/v4
	Zone    string                                // the zone's name
	Witness remote.Witness                        // hears of every request; nil means nobody does
	Waiting func(context.Context, web.Wait)       // told of every pause before it begins; nil means nobody looks. It must not block
}

// Client talks to the API about one zone. It is safe for concurrent use.
type Client struct {
	cfg   Config
	idle  *http.Transport // of the reads; changes keep no connection
	reads services
	once  services // what changes something: never repeated, not by the library, not by net/http

	mu     sync.Mutex
	zone   Zone // once it is known
	budget budget
}

// services are the parts of the API. The library's root client would bring all the others along.
type services struct {
	zones     *zones.ZoneService
	cache     *cache.CacheService
	dns       *dns.RecordService
	packs     *ssl.CertificatePackService
	phases    *rulesets.PhaseService
	pageRules *page_rules.PageRuleService
	tokens    *user.TokenService
}

func servicesOf(opts ...option.RequestOption) services {
	return services{
		zones: zones.NewZoneService(opts...), cache: cache.NewCacheService(opts...), dns: dns.NewRecordService(opts...), packs: ssl.NewCertificatePackService(opts...),
		phases: rulesets.NewPhaseService(opts...), pageRules: page_rules.NewPageRuleService(opts...), tokens: user.NewTokenService(opts...),
	}
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
	c.reads = servicesOf(base, c.by(c.idle), option.WithMaxRetries(0)) // repeated here, where the pause can be told
	c.once = servicesOf(base, c.by(web.Once{Shared: c.idle}), option.WithMaxRetries(0))
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
