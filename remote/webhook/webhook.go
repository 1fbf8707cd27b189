// Package webhook is the wire to whoever wants to be told: one POST of JSON, sent once, with a permit. The address is a secret.
package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/web"
)

const (
	timeout  = 30 * time.Second
	saidMost = 4 << 10 // of an answer that nobody reads
)

// Client posts to webhooks.
type Client struct {
	witness remote.Witness
	shared  *http.Transport
}

// New makes a client. Witness hears of every post; nil means nobody does.
func New(witness remote.Witness) *Client { return &Client{witness: witness, shared: web.Transport()} }

// Post sends a JSON document to an address, once. name stands for the address wherever it would be shown. The error is nil, a refusal, a plain
// failure, or wraps remote.ErrUnknown.
func (c *Client) Post(ctx context.Context, permit remote.Permit, address, name string, body []byte) error {
	f := &fault.Error{What: "post to the webhook", On: name, Code: fault.Failed}
	u, err := url.Parse(address)
	switch {
	case permit == nil:
		f.Code = fault.Refused
		return f.Because(web.ErrNoPermit)
	case err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "":
		f.Why, f.Next, f.Code = "what it names is no http or https address", "look at what "+name+" holds", fault.Usage
		return f
	}
	ctx, sending := web.Begin(ctx, permit)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	status, err := c.send(ctx, u, name, body)
	left, refused := sending.State()
	switch {
	case refused != nil:
		return refused
	case err == nil && status < http.StatusMultipleChoices:
		return nil
	case err == nil && web.Answered(status):
		f.Why, f.Next = "it answered "+http.StatusText(status), "look at what it expects: the address may be revoked, or the document of another shape"
		return f
	case err == nil:
		f.Why = "it answered " + http.StatusText(status)
	default:
		f.Why = without(err)
	}
	f.Next = "look at the network and at the service behind it"
	if !left {
		return f
	}
	f.Code, f.Err = fault.Unknown, remote.ErrUnknown
	f.Why, f.Next = "the request left, but whether it was taken is unknown: "+f.Why, "look whether the notice came before you send it again"
	return f
}

func (c *Client) send(ctx context.Context, to *url.URL, name string, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "vmtui")
	rt := &web.Witnessed{
		Tell: c.witness, On: "webhook", Next: web.Once{Shared: c.shared}, Hide: func(string) string { return "no answer" },
		Where: func(*http.Request) (string, string) { return "POST " + name, "POST " + name },
	}
	resp, err := (&http.Client{Transport: rt, CheckRedirect: web.Stay}).Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, saidMost)) // the status has said it
	return resp.StatusCode, nil
}

// without is an error's text without the address, which net/http puts before it.
func without(err error) string {
	var about *url.Error
	if errors.As(err, &about) {
		err = about.Err
	}
	var op interface{ Timeout() bool }
	if errors.As(err, &op) && op.Timeout() {
		return "no answer in time"
	}
	return "no connection, or it broke off"
}
