package cloudflare

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cloudflare/cloudflare-go/v7/cache"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/web"
)

// What the API said, for errors.Is. Each means that nothing was changed.
var (
	// ErrLimited: too many requests in too short a time.
	ErrLimited = errors.New("rate limit")
	// ErrToken: the token is wrong, expired or revoked.
	ErrToken = errors.New("the API token was refused")
	// ErrScope: the token may not do this.
	ErrScope = errors.New("the API token lacks a permission")
	// ErrRefused: the API said no for any other reason.
	ErrRefused = errors.New("refused")
)

// errand is what a request is for, and the token's permission that it needs.
type errand struct {
	what  string
	needs string // "Zone.Zone (read)"
}

// fault says to an operator why a request failed. A fault that comes from below passes as it is.
func (c *Client) fault(e errand, err error) error {
	var own *fault.Error
	if errors.As(err, &own) {
		return own
	}
	f := &fault.Error{What: e.what, On: c.cfg.Zone, Err: err, Code: fault.Failed}
	var answer *cache.Error
	var asked *tokenError
	switch {
	case errors.As(err, &answer):
		told(f, e, answer)
	case errors.As(err, &asked):
		f.Why, f.Next = "there is no API token: "+asked.Error(), "look at what cloudflare.token in the config points to"
	case errors.Is(err, web.ErrNoPermit):
		f.Why, f.Code = err.Error(), fault.Refused
	case errors.Is(err, context.Canceled):
		f.Why, f.Next = "it was given up", "try again"
	case errors.Is(err, context.DeadlineExceeded):
		f.Why, f.Next = "no answer in time", "look at the network and at Cloudflare's status page"
	default:
		f.Why, f.Next = clean.Line(web.Broke(err)), "look at the network, cloudflare.api_url and Cloudflare's status page"
	}
	return f
}

// told fills in what the API answered.
func told(f *fault.Error, e errand, answer *cache.Error) {
	f.Why = words(answer)
	kind := ErrRefused
	switch code := answer.StatusCode; {
	case code == http.StatusTooManyRequests:
		kind = ErrLimited
		f.Next = "wait " + RetryAfter(answer).String() + "; other programs share the limit by using the same token"
	case code == http.StatusUnauthorized, code == http.StatusForbidden && says(answer, 9109, "Invalid access token"), code == http.StatusBadRequest && says(answer, 6003, ""):
		kind = ErrToken
		f.Next = "make a new token in Cloudflare's panel (My Profile, API Tokens) and put it where cloudflare.token points"
	case code == http.StatusForbidden:
		kind = ErrScope
		f.Next = "give the token " + e.needs + " for this zone (My Profile, API Tokens); where it has that, make a new one"
	case code >= http.StatusInternalServerError:
		f.Next = "look at Cloudflare's status page and try again"
	default:
		f.Next = "correct what the API complains about"
	}
	f.Err = errors.Join(kind, answer)
}

// says reports that the answer bears an error of that number, in these words. A number alone does not tell: "Authentication error" (10000) is what a
// good token hears that lacks a permission, and 9109 is said to it and to a wrong one.
func says(answer *cache.Error, number int64, words string) bool {
	for _, e := range answer.Errors {
		if e.Code == number && strings.Contains(e.Message, words) {
			return true
		}
	}
	return false
}

// unknown is a change that left and was not answered.
func (c *Client) unknown(e errand, err error) error {
	why := clean.Line(web.Broke(err))
	var answer *cache.Error
	if errors.As(err, &answer) {
		why = words(answer)
	}
	return &fault.Error{
		What: e.what, On: c.cfg.Zone, Code: fault.Unknown, Err: errors.Join(remote.ErrUnknown, err),
		Why: "the request left, but whether it was carried out is unknown: " + why, Next: "look what is so now; doing it again harms nobody",
	}
}

// words is the API's own sentence with its status.
func words(answer *cache.Error) string {
	var said []string
	for _, e := range answer.Errors {
		said = append(said, fmt.Sprintf("%s (%d)", clean.Line(e.Message), e.Code))
	}
	if len(said) == 0 {
		said = []string{http.StatusText(answer.StatusCode)}
	}
	return fmt.Sprintf("the API answered %d: %s", answer.StatusCode, strings.Join(said, "; "))
}

// RetryAfter is how long the API wants to be left alone, by an error of its; zero when it asked for nothing.
func RetryAfter(err error) time.Duration {
	var answer *cache.Error
	if !errors.As(err, &answer) || answer.StatusCode != http.StatusTooManyRequests || answer.Response == nil {
		return 0
	}
	return web.RetryAfter(answer.Response.Header, time.Now())
}
