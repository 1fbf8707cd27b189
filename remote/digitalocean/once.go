package digitalocean

import (
	"context"
	"errors"

	"github.com/digitalocean/godo"

	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/web"
)

// change sends one change, once. Its error is nil, a refusal, a plain failure, or wraps remote.ErrUnknown.
func (c *Client) change(ctx context.Context, permit remote.Permit, what, on string, call func(context.Context, *godo.Client) (*godo.Response, error)) error {
	if permit == nil {
		return c.fault(what, on, web.ErrNoPermit)
	}
	if _, err := c.token.get(ctx); err != nil {
		return c.fault(what, on, err)
	}
	ctx, s := web.Begin(ctx, permit)
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	_, err := call(ctx, c.changes)
	if err == nil {
		return nil
	}
	left, refused := s.State()
	var answer *godo.ErrorResponse
	switch {
	case refused != nil:
		return refused
	case errors.As(err, &answer) && web.Answered(answer.Response.StatusCode):
		return c.fault(what, on, err)
	case !left:
		return c.fault(what, on, err)
	}
	return c.unknown(what, on, err)
}
