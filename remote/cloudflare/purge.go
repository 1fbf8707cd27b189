package cloudflare

import (
	"context"
	"crypto/rand"
	"fmt"

	cf "github.com/cloudflare/cloudflare-go/v7/cache"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// Kind is what a purge goes by.
type Kind string

// The kinds.
const (
	URLs       Kind = "url"
	Prefixes   Kind = "prefix"
	Hosts      Kind = "host"
	Tags       Kind = "tag"
	Everything Kind = "everything"
)

// Batch is one purge: items of one kind, or everything.
type Batch struct {
	Kind  Kind
	Items []string
}

func (b Batch) what() string {
	if b.Kind == Everything {
		return "purge everything"
	}
	return fmt.Sprintf("purge %d by %s", len(b.Items), b.Kind)
}

// body is the batch as the API wants it.
func (b Batch) body() cf.CachePurgeParamsBodyUnion {
	switch b.Kind {
	case Prefixes:
		body := cf.CachePurgeParamsBodyCachePurgeFlexPurgeByPrefixes{}
		body.Prefixes.Value, body.Prefixes.Present = b.Items, true
		return body
	case Hosts:
		body := cf.CachePurgeParamsBodyCachePurgeFlexPurgeByHostnames{}
		body.Hosts.Value, body.Hosts.Present = b.Items, true
		return body
	case Tags:
		body := cf.CachePurgeParamsBodyCachePurgeFlexPurgeByTags{}
		body.Tags.Value, body.Tags.Present = b.Items, true
		return body
	case Everything:
		body := cf.CachePurgeParamsBodyCachePurgeEverything{}
		body.PurgeEverything.Value, body.PurgeEverything.Present = true, true
		return body
	}
	body := cf.CachePurgeParamsBodyCachePurgeSingleFile{}
	body.Files.Value, body.Files.Present = b.Items, true
	return body
}

// Purge sends one purge, once, at a rate that the plan allows. Its error is nil, a refusal, a plain failure, or wraps remote.ErrUnknown.
func (c *Client) Purge(ctx context.Context, permit remote.Permit, b Batch) error {
	if err := c.fits(ctx, b); err != nil {
		return err
	}
	return c.change(ctx, permit, errand{b.what(), "Zone.Cache Purge"}, func(ctx context.Context, zone string) error {
		params := cf.CachePurgeParams{Body: b.body()}
		params.ZoneID.Value, params.ZoneID.Present = zone, true
		_, err := c.once.cache.Purge(ctx, params)
		return err
	})
}

// fits refuses what the plan does not allow in one call, and waits where it is a matter of the rate.
func (c *Client) fits(ctx context.Context, b Batch) error {
	if b.Kind == Everything && len(b.Items) == 0 {
		b.Items = []string{"*"}
	}
	limits, err := c.Limits(ctx)
	if err != nil {
		return err
	}
	if most := limits.Most(b.Kind); len(b.Items) == 0 || len(b.Items) > most {
		return &fault.Error{What: b.what(), On: c.cfg.Zone, Why: fmt.Sprintf("one purge takes 1 to %d", most), Next: "purge them in several steps", Code: fault.Usage}
	}
	if err := c.keep(ctx, b); err != nil {
		return c.fault(errand{what: b.what()}, err)
	}
	return nil
}

// ProvePurge proves that the token may purge, which verifying it does not: it purges a URL that never was, and so changes nothing.
func (c *Client) ProvePurge(ctx context.Context, permit remote.Permit) error {
	return c.Purge(ctx, permit, Batch{Kind: URLs, Items: []string{"https://" + c.cfg.Zone + "/.vmtui/" + rand.Text()}})
}
