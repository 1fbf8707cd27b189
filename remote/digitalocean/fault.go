package digitalocean

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/digitalocean/godo"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/web"
)

// What the API said, for errors.Is. Each means that nothing was changed.
var (
	// ErrBusy: the load balancer is still working on an earlier change. Asking again later is right.
	ErrBusy = errors.New("the load balancer is busy with an earlier change")
	// ErrPending: the droplet has an unfinished action.
	ErrPending = errors.New("the droplet has a pending event")
	// ErrLimited: too many requests in too short a time.
	ErrLimited = errors.New("rate limit")
	// ErrToken: the token is wrong, expired or revoked.
	ErrToken = errors.New("the API token was refused")
	// ErrNotFound: there is no such thing in this account.
	ErrNotFound = errors.New("not found")
	// ErrRefused: the API said no for any other reason.
	ErrRefused = errors.New("refused")
)

// fault says to an operator why a request failed. A fault that comes from below (a token's, a permit's) passes as it is.
func (c *Client) fault(what, on string, err error) error {
	var own *fault.Error
	if errors.As(err, &own) {
		return own
	}
	f := &fault.Error{What: what, On: on, Err: err, Code: fault.Failed}
	var answer *godo.ErrorResponse
	var asked *tokenError
	switch {
	case errors.As(err, &answer):
		c.answered(f, answer)
	case errors.As(err, &asked):
		f.Why, f.Next = "there is no API token: "+c.plain(asked), "look at what digitalocean.token in the config points to"
	case errors.Is(err, errNobody):
		f.Why, f.Code = err.Error(), fault.Usage
	case errors.Is(err, context.Canceled):
		f.Why, f.Next = "it was given up", "try again"
	case errors.Is(err, context.DeadlineExceeded):
		f.Why, f.Next = "no answer in time: "+c.plain(err), "look at the network and at the provider's status page"
	case errors.Is(err, web.ErrNoPermit):
		f.Why, f.Code = err.Error(), fault.Refused
	default:
		f.Why, f.Next = c.plain(err), "look at the network, digitalocean.api_url and the provider's status page"
	}
	return f
}

// unknown is a change that left and was not answered.
func (c *Client) unknown(what, on string, err error) error {
	why := c.plain(err)
	var answer *godo.ErrorResponse
	if errors.As(err, &answer) {
		why = c.words(answer)
	}
	return &fault.Error{
		What: what, On: on, Code: fault.Unknown, Err: errors.Join(remote.ErrUnknown, err),
		Why:  "the request left, but whether it was carried out is unknown: " + why,
		Next: "look at what the provider shows before doing it again",
	}
}

func (c *Client) answered(f *fault.Error, answer *godo.ErrorResponse) {
	kind := classify(answer)
	f.Err = errors.Join(kind, answer)
	f.Why = c.words(answer)
	switch {
	case errors.Is(kind, ErrBusy):
		f.Why = "the load balancer is busy with an earlier change"
		f.Next = "wait a moment and try again"
		f.Code = fault.Refused
	case errors.Is(kind, ErrPending):
		f.Why = "the droplet has an unfinished action: " + f.Why
		f.Next = "wait until it is finished, then try again"
		f.Code = fault.Refused
	case errors.Is(kind, ErrLimited):
		f.Next = "wait until the limit is over; other programs share it by using the same token"
	case errors.Is(kind, ErrToken):
		f.Why = "the API refused the token (401): it is wrong, expired or revoked"
		f.Next = "make a new token in the provider's panel (API, Tokens) and put it where digitalocean.token points"
	case errors.Is(kind, ErrNotFound):
		f.Next = "look at the id in the config, and whether the token belongs to the right team"
	case errors.Is(kind, ErrRefused):
		f.Next = refusedNext(answer.Response)
	default:
		f.Next = "look at the provider's status page and try again"
	}
}

func refusedNext(resp *http.Response) string {
	if resp.StatusCode != http.StatusForbidden {
		return "correct what the API complains about"
	}
	if needs := scopesOf(resp.Request); needs != "" {
		return "look at the scopes of the token; this needs " + needs
	}
	return "look at the scopes of the token"
}

// LimitedFor is how long the API asked to wait when it refused a request for its rate limit (ErrLimited); zero for any other error.
func LimitedFor(err error) time.Duration {
	var answer *godo.ErrorResponse
	if !errors.Is(err, ErrLimited) || !errors.As(err, &answer) {
		return 0
	}
	return web.RetryAfter(answer.Response.Header, time.Now())
}

// classify tells the refusals apart. A busy balancer and a token without the scope are both 403: only the text tells.
func classify(answer *godo.ErrorResponse) error {
	text := strings.ToLower(message(answer))
	switch code := answer.Response.StatusCode; {
	case code == http.StatusForbidden && strings.Contains(text, "processes previous actions"):
		return ErrBusy
	case code == http.StatusUnprocessableEntity && strings.Contains(text, "pending event"):
		return ErrPending
	case code == http.StatusTooManyRequests:
		return ErrLimited
	case code == http.StatusUnauthorized:
		return ErrToken
	case code == http.StatusNotFound:
		return ErrNotFound
	case code < http.StatusInternalServerError:
		return ErrRefused
	}
	return errServer
}

var errServer = errors.New("server error")

func message(answer *godo.ErrorResponse) string {
	if answer.Message == "" && answer.NestedError != nil {
		return answer.NestedError.Message
	}
	return answer.Message
}

// words is the API's own sentence with its status, short, and without the token should the API echo it.
func (c *Client) words(answer *godo.ErrorResponse) string {
	code := answer.Response.StatusCode
	text := c.redact(message(answer))
	if text == "" {
		return fmt.Sprintf("the API answered %d %s", code, http.StatusText(code))
	}
	return fmt.Sprintf("the API answered %d: %s", code, text)
}

// plain is the text of an error from below the API.
func (c *Client) plain(err error) string { return c.redact(web.Broke(err)) }

func (c *Client) redact(s string) string {
	return short(c.secrets.Redact(c.token.hide(clean.Line(s))), 300)
}

func short(s string, limit int) string {
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return string(r[:limit]) + "…"
}

// Answered reports that an error says what became of a change: the API refused it, and nothing was changed.
func Answered(err error) bool {
	var answer *godo.ErrorResponse
	return !errors.Is(err, remote.ErrUnknown) && errors.As(err, &answer) && web.Answered(answer.Response.StatusCode)
}
