package cloudflare

import (
	"context"
	"errors"
	"net/http"

	"github.com/cloudflare/cloudflare-go/v7/cache"
	"github.com/cloudflare/cloudflare-go/v7/packages/pagination"

	"github.com/vmtui/vmtui/remote/web"
)

// read asks until there is an answer, a refusal, or no tries are left. Every pause is told before it begins.
func read[T any](ctx context.Context, c *Client, e errand, call func(context.Context) (T, error)) (T, error) {
	for try := 1; ; try++ {
		v, err := once(ctx, call)
		if err == nil {
			return v, nil
		}
		w, again := repeat(err, try)
		if !again || try >= readTries || ctx.Err() != nil {
			return v, c.fault(e, err)
		}
		w.What, w.Try = e.what, try
		if w.Pause(ctx, c.cfg.Waiting) != nil {
			return v, c.fault(e, errors.Join(ctx.Err(), err))
		}
	}
}

func once[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return call(ctx)
}

// repeat says whether asking again can help, and after what pause.
func repeat(err error, try int) (web.Wait, bool) {
	var answer *cache.Error
	var asked *tokenError
	switch {
	case errors.As(err, &answer) && answer.StatusCode == http.StatusTooManyRequests:
		d := RetryAfter(err)
		return web.Wait{Why: "rate limit", For: d}, d <= web.Patience
	case errors.As(err, &answer):
		return web.Wait{Why: "server error", For: web.BackOff(try)}, answer.StatusCode >= http.StatusInternalServerError
	case errors.As(err, &asked):
		return web.Wait{}, false
	}
	return web.Wait{Why: "connection lost", For: web.BackOff(try)}, true
}

// mostPages bounds a list that would not end.
const mostPages = 200

// pages reads a list to its end.
func pages[T any](ctx context.Context, c *Client, e errand, page func(ctx context.Context, number float64) (*pagination.V4PagePaginationArray[T], error)) ([]T, error) {
	var all []T
	for n := 1; n <= mostPages; n++ {
		p, err := read(ctx, c, e, func(ctx context.Context) (*pagination.V4PagePaginationArray[T], error) { return page(ctx, float64(n)) })
		if err != nil {
			return nil, err
		}
		all = append(all, p.Result...)
		if len(p.Result) == 0 || int64(len(p.Result)) < p.ResultInfo.PerPage || p.ResultInfo.PerPage == 0 {
			return all, nil
		}
	}
	return nil, c.fault(e, errors.New("the list does not end"))
}
