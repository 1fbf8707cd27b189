// Package digitalocean is the wire to the provider's API. Reads are repeated when that can help; changes are sent exactly once, with a permit,
// and an outcome that nobody knows is called unknown.
package digitalocean

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/digitalocean/godo"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/web"
)

// DefaultURL is where the API lives unless the config points elsewhere.
const DefaultURL = "https://api.digitalocean.com"

const (
	defaultPoll  = 5 * time.Second
	readTimeout  = 20 * time.Second // of one try of a read
	writeTimeout = 40 * time.Second // of a change; what takes longer is unknown
	agent        = "vmtui"
)

// Wait is a pause that an operator should see.
type Wait = web.Wait

// Config says how the API is reached.
type Config struct {
	// Token gives the API token. It is asked at the first request, not before, and again after the API refused the token.
	Token func(context.Context) (string, error)
	URL   string        // scheme and host; empty means DefaultURL. The API's paths are absolute, so a path here is refused.
	Poll  time.Duration // pause between looks at something busy; 5 s when zero
	Rates string        // the file in which the processes of this machine share what they have sent to CDNs; empty keeps it within this one

	// Waiting is told of every pause before it begins, with the context of the request; nil means nobody looks. It must not block.
	Waiting func(context.Context, Wait)
	// Witness hears of every request, repetitions too; nil means nobody does.
	Witness remote.Witness
	Secrets *keys.Redactor // taken out of errors; may be nil
	// HTTP is the client that requests go through; nil means an own one. Its transport must be an *http.Transport or nil, because changes need
	// one that never repeats a request.
	HTTP *http.Client
}

// Client talks to the API of one account. It is safe for concurrent use.
type Client struct {
	reads   *godo.Client
	changes *godo.Client
	token   *token
	poll    time.Duration
	waiting func(context.Context, Wait)
	secrets *keys.Redactor
	idle    *http.Transport // of the reads; changes keep no connection

	flushing *flushing // of the CDNs
}

// New makes a client. It asks nobody anything yet.
func New(cfg Config) (*Client, error) {
	base, err := baseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	if cfg.Token == nil {
		return nil, &fault.Error{What: "no API token is configured", On: base, Next: "set digitalocean.token in the config", Code: fault.Usage}
	}
	shared, err := transportOf(cfg.HTTP)
	if err != nil {
		return nil, err
	}
	c := &Client{token: newToken(cfg.Token), poll: cfg.Poll, waiting: cfg.Waiting, secrets: cfg.Secrets, flushing: newFlushing(cfg.Rates)}
	if c.poll <= 0 {
		c.poll = defaultPoll
	}
	if c.waiting == nil {
		c.waiting = func(context.Context, Wait) {}
	}
	c.idle = shared.Clone()
	if c.reads, err = api(base, c.witnessed(cfg.Witness, c.idle)); err != nil {
		return nil, err
	}
	c.changes, err = api(base, c.witnessed(cfg.Witness, web.Once{Shared: shared}))
	return c, err
}

// Poll is the pause between looks at something busy.
func (c *Client) Poll() time.Duration { return c.poll }

// Close lets go of idle connections.
func (c *Client) Close() error {
	c.idle.CloseIdleConnections()
	return nil
}

// witnessed stands above the token, so that a witness never sees it.
func (c *Client) witnessed(tell remote.Witness, next http.RoundTripper) http.RoundTripper {
	return &web.Witnessed{
		Tell: tell, On: "digitalocean", Next: &bearer{token: c.token, next: next}, Hide: c.token.hide,
		Unsent: func(err error) bool {
			var token *tokenError
			return errors.As(err, &token)
		},
	}
}

func api(base string, rt http.RoundTripper) (*godo.Client, error) {
	hc := &http.Client{Transport: rt, CheckRedirect: web.Stay}
	g, err := godo.New(hc, godo.SetBaseURL(base+"/"), godo.SetUserAgent(agent))
	if err != nil {
		return nil, (&fault.Error{What: "cannot make the API client", On: base}).Because(err)
	}
	return g, nil
}

func baseURL(raw string) (string, error) {
	if raw == "" {
		return DefaultURL, nil
	}
	refuse := func(why string) (string, error) {
		return "", &fault.Error{What: "the API's URL cannot be used", On: "digitalocean.api_url", Why: why, Next: "write it like " + DefaultURL, Code: fault.Usage}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return refuse("it is not a URL")
	case (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		return refuse("it needs http:// or https:// and a host")
	case u.User != nil:
		return refuse("it must not hold a user or password")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return refuse("the API's paths are absolute: no path may follow the host")
	}
	return u.Scheme + "://" + u.Host, nil
}

func transportOf(hc *http.Client) (*http.Transport, error) {
	if hc == nil || hc.Transport == nil {
		return web.Transport(), nil
	}
	t, ok := hc.Transport.(*http.Transport)
	if !ok {
		return nil, fmt.Errorf("digitalocean: transport %T cannot be made to send a request only once", hc.Transport)
	}
	return t, nil
}
