package cloudflare

import (
	"context"
	"fmt"

	cf "github.com/cloudflare/cloudflare-go/v7/cache"
	"github.com/cloudflare/cloudflare-go/v7/zones"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/web"
)

// MostURLs is how many URLs one purge may name, on every plan.
const MostURLs = 30

// Zone finds the zone's id by its name.
func (c *Client) Zone(ctx context.Context) (string, error) {
	c.mu.Lock()
	known := c.id
	c.mu.Unlock()
	if known != "" {
		return known, nil
	}
	if c.cfg.Zone == "" {
		return "", &fault.Error{What: "no zone is configured", On: "cloudflare.zone", Next: "set cloudflare.zone to the zone's name", Code: fault.Usage}
	}
	query := zones.ZoneListParams{}
	query.Name.Value, query.Name.Present = c.cfg.Zone, true
	page, err := c.zones.List(ctx, query)
	if err != nil {
		return "", c.fault("find the zone", err)
	}
	for _, z := range page.Result {
		if z.Name == c.cfg.Zone {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.id = z.ID
			return z.ID, nil
		}
	}
	return "", &fault.Error{What: "no such zone", On: c.cfg.Zone, Why: "the token sees none of that name", Next: "look at cloudflare.zone, and at the zones that the token may see"}
}

// PurgeURLs takes files out of the edge's cache. When the outcome is unknown, purging them again harms nobody but the origin.
func (c *Client) PurgeURLs(ctx context.Context, permit remote.Permit, urls []string) error {
	if len(urls) == 0 || len(urls) > MostURLs {
		return &fault.Error{What: "purge URLs", On: c.cfg.Zone, Why: fmt.Sprintf("%d URLs; one purge takes 1 to %d", len(urls), MostURLs), Next: "purge them in several steps", Code: fault.Usage}
	}
	body := cf.CachePurgeParamsBodyCachePurgeSingleFile{}
	body.Files.Value, body.Files.Present = urls, true
	return c.purge(ctx, permit, fmt.Sprintf("purge %d URLs", len(urls)), body)
}

// PurgeEverything empties the edge's cache of the zone: the origin has to answer everything for a while.
func (c *Client) PurgeEverything(ctx context.Context, permit remote.Permit) error {
	body := cf.CachePurgeParamsBodyCachePurgeEverything{}
	body.PurgeEverything.Value, body.PurgeEverything.Present = true, true
	return c.purge(ctx, permit, "purge everything", body)
}

// purge sends one purge, once. Its error is nil, a refusal, a plain failure, or wraps remote.ErrUnknown.
func (c *Client) purge(ctx context.Context, permit remote.Permit, what string, body cf.CachePurgeParamsBodyUnion) error {
	if permit == nil {
		return c.fault(what, web.ErrNoPermit)
	}
	zone, err := c.Zone(ctx)
	if err != nil {
		return err
	}
	ctx, sending := web.Begin(ctx, permit)
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	params := cf.CachePurgeParams{Body: body}
	params.ZoneID.Value, params.ZoneID.Present = zone, true
	if _, err = c.cache.Purge(ctx, params); err == nil {
		return nil
	}
	switch left, refused := sending.State(); {
	case refused != nil:
		return refused
	case !left, answered(err):
		return c.fault(what, err)
	}
	return c.unknown(what, err)
}
