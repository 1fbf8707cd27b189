package digitalocean

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/digitalocean/godo"

	"github.com/vmtui/vmtui/remote/web"
)

const (
	readTries = 5
	perPage   = 200
	maxPages  = 1000
)

// read asks until there is an answer, a refusal, or no tries are left.
func read[T any](ctx context.Context, c *Client, what, on string, call func(context.Context, *godo.Client) (T, *godo.Response, error)) (T, error) {
	// The token is asked for outside of a try's time: a keyring may be waiting for its owner's password.
	if _, err := c.token.get(ctx); err != nil {
		var none T
		return none, c.fault(what, on, err)
	}
	for try := 1; ; try++ {
		v, err := once(ctx, c, call)
		if err == nil {
			return v, nil
		}
		w, again := repeat(err, try)
		if !again || try >= readTries || ctx.Err() != nil {
			return v, c.fault(what, on, err)
		}
		w.What, w.Try = what, try
		if w.Pause(ctx, c.waiting) != nil {
			return v, c.fault(what, on, errors.Join(ctx.Err(), err))
		}
	}
}

func once[T any](ctx context.Context, c *Client, call func(context.Context, *godo.Client) (T, *godo.Response, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	v, _, err := call(ctx, c.reads)
	return v, err
}

// repeat says whether asking again can help, and after what pause.
func repeat(err error, try int) (Wait, bool) {
	var answer *godo.ErrorResponse
	if errors.As(err, &answer) {
		switch code := answer.Response.StatusCode; {
		case code == http.StatusTooManyRequests:
			d := web.RetryAfter(answer.Response.Header, time.Now())
			return Wait{Why: "rate limit", For: d}, d <= web.Patience
		case code >= 500:
			return Wait{Why: "server error", For: web.BackOff(try)}, true
		}
		return Wait{}, false
	}
	var asked *tokenError
	var arg *godo.ArgError
	if errors.As(err, &asked) || errors.As(err, &arg) {
		return Wait{}, false
	}
	return Wait{Why: "connection lost", For: web.BackOff(try)}, true
}

// pages reads a list to its end. Of the link to the next page only the number is used: the token goes nowhere else.
func pages[T any](ctx context.Context, c *Client, what, on string, call func(context.Context, *godo.Client, *godo.ListOptions) ([]T, *godo.Response, error)) ([]T, error) {
	var all []T
	for page, n := 1, 0; n < maxPages; n++ {
		next := 0
		part, err := read(ctx, c, what, on, func(ctx context.Context, g *godo.Client) ([]T, *godo.Response, error) {
			items, resp, err := call(ctx, g, &godo.ListOptions{Page: page, PerPage: perPage})
			next = nextPage(resp)
			return items, resp, err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
		if next <= page {
			return all, nil
		}
		page = next
	}
	return nil, c.fault(what, on, errors.New("the list does not end"))
}

func nextPage(resp *godo.Response) int {
	if resp == nil || resp.Links == nil || resp.Links.Pages == nil || resp.Links.Pages.Next == "" {
		return 0
	}
	u, err := url.Parse(resp.Links.Pages.Next)
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(u.Query().Get("page"))
	if err != nil {
		return 0
	}
	return n
}
