package digitalocean

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/vmtui/vmtui/keys/fault"
)

// token asks for the API token once, when it is first needed. The slot is a lock that can be waited for with a context: a keyring may ask its
// owner for a password, and nobody who gave up should stay in that queue.
type token struct {
	ask   func(context.Context) (string, error)
	slot  chan struct{}
	value atomic.Pointer[string] // nil until asked, and after it was refused
	last  atomic.Pointer[string] // the last one that was ever used, for taking it out of texts
}

func newToken(ask func(context.Context) (string, error)) *token {
	return &token{ask: ask, slot: make(chan struct{}, 1)}
}

func (t *token) get(ctx context.Context) (string, error) {
	if v := t.known(); v != "" {
		return v, nil
	}
	select {
	case t.slot <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-t.slot }()
	if v := t.known(); v != "" {
		return v, nil
	}
	v, err := t.ask(ctx)
	if err != nil {
		return "", &tokenError{err}
	}
	if v = strings.TrimSpace(v); v == "" || strings.ContainsAny(v, " \r\n\t") {
		return "", &tokenError{&fault.Error{What: "the API token is empty or not one word", On: "digitalocean.token", Next: "look at what the config's digitalocean.token points to"}}
	}
	t.last.Store(&v)
	t.value.Store(&v)
	return v, nil
}

// forget drops a token that was refused, so that a replaced one is picked up without a restart.
func (t *token) forget(refused string) {
	if v := t.value.Load(); v != nil && *v == refused {
		t.value.CompareAndSwap(v, nil)
	}
}

// known is the token if it was asked for already.
func (t *token) known() string {
	if v := t.value.Load(); v != nil {
		return *v
	}
	return ""
}

// hide takes the token out of a text.
func (t *token) hide(s string) string {
	if v := t.last.Load(); v != nil {
		return strings.ReplaceAll(s, *v, "[token]")
	}
	return s
}

// tokenError marks a failure to get the token: nothing was sent.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return e.err.Error() }
func (e *tokenError) Unwrap() error { return e.err }

// bearer adds the token to each request and drops it when it was refused.
type bearer struct {
	token *token
	next  http.RoundTripper
}

func (b *bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	v, err := b.token.get(req.Context())
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	out := req.Clone(req.Context())
	out.Header.Set("Authorization", "Bearer "+v)
	resp, err := b.next.RoundTrip(out)
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		b.token.forget(v)
	}
	return resp, err
}
