package cloudflare

import (
	"context"
	"errors"

	"github.com/cloudflare/cloudflare-go/v7/cache"

	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/web"
)

// change sends one change about the zone, once. Its error is nil, a refusal, a plain failure, or wraps remote.ErrUnknown.
func (c *Client) change(ctx context.Context, permit remote.Permit, e errand, call func(ctx context.Context, zone string) error) error {
	if permit == nil {
		return c.fault(e, web.ErrNoPermit)
	}
	zone, err := c.Zone(ctx)
	if err != nil {
		return err
	}
	ctx, sending := web.Begin(ctx, permit)
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err = call(ctx, zone); err == nil {
		return nil
	}
	switch left, refused := sending.State(); {
	case refused != nil:
		return refused
	case !left, answered(err):
		return c.fault(e, err)
	}
	return c.unknown(e, err)
}

// Answered reports that an error says what became of a change: the API refused it, and nothing was changed.
func Answered(err error) bool { return !errors.Is(err, remote.ErrUnknown) && answered(err) }

// answered reports an error that says what became of the request.
func answered(err error) bool {
	var answer *cache.Error
	return errors.As(err, &answer) && web.Answered(answer.StatusCode)
}
