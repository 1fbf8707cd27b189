package cloudflare

import (
	"context"
	"time"

	"github.com/cloudflare/cloudflare-go/v7/user"

	"github.com/vmtui/vmtui/remote/clean"
)

// Token is what the API says of the token. That it is active says nothing of what it may do.
type Token struct {
	Status  string    // "active", "disabled", "expired"
	Expires time.Time // zero: never
}

// Verify asks about the token.
func (c *Client) Verify(ctx context.Context) (Token, error) {
	t, err := read(ctx, c, errand{"verify the token", "nothing"}, func(ctx context.Context) (*user.TokenVerifyResponse, error) { return c.reads.tokens.Verify(ctx) })
	if err != nil {
		return Token{}, err
	}
	return Token{Status: clean.Line(string(t.Status)), Expires: t.ExpiresOn}, nil
}
