package digitalocean

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/digitalocean/godo"

	"github.com/vmtui/vmtui/remote"
)

// TagUses tells what else hangs on a tag: untagging a droplet takes it out of all of these at once.
func (c *Client) TagUses(ctx context.Context, tag string) (TagUses, error) {
	droplets, err := pages(ctx, c, "list the droplets with the tag", tag, func(ctx context.Context, g *godo.Client, o *godo.ListOptions) ([]godo.Droplet, *godo.Response, error) {
		return g.Droplets.ListByTag(ctx, tag, o)
	})
	if err != nil {
		return TagUses{}, err
	}
	databases, err := c.trusting(ctx, tag)
	if err != nil {
		return TagUses{}, err
	}
	balancers, err := c.Balancers(ctx)
	if err != nil {
		return TagUses{}, err
	}
	balancers = slices.DeleteFunc(balancers, func(b Balancer) bool { return b.Tag != tag })
	ids := each(balancers, func(b Balancer) string { return b.ID })
	return TagUses{Tag: tag, Droplets: each(droplets, dropletOf), Databases: databases, Balancers: ids}, nil
}

// trusting names the databases whose trusted sources name the tag.
func (c *Client) trusting(ctx context.Context, tag string) ([]string, error) {
	all, err := c.databases(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, d := range all {
		rules, err := read(ctx, c, "read the trusted sources", d.Name, func(ctx context.Context, g *godo.Client) ([]godo.DatabaseFirewallRule, *godo.Response, error) {
			return g.Databases.GetFirewallRules(ctx, d.ID)
		})
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(rules, func(r godo.DatabaseFirewallRule) bool { return r.Type == "tag" && r.Value == tag }) {
			out = append(out, text(d.Name))
		}
	}
	return out, nil
}

// Tag puts a tag on a droplet: with a balancer that selects by tag, this adds it.
func (c *Client) Tag(ctx context.Context, permit remote.Permit, tag string, droplet int) error {
	if tag == "" || droplet <= 0 {
		return c.fault("tag the droplet", dropletName(droplet), errNobody)
	}
	req := &godo.TagResourcesRequest{Resources: tagged(droplet)}
	return c.change(ctx, permit, "tag the droplet with "+tag, dropletName(droplet), func(ctx context.Context, g *godo.Client) (*godo.Response, error) {
		return g.Tags.TagResources(ctx, tag, req)
	})
}

// Untag takes a tag off a droplet: with a balancer that selects by tag, this removes it. Ask TagUses first.
func (c *Client) Untag(ctx context.Context, permit remote.Permit, tag string, droplet int) error {
	if tag == "" || droplet <= 0 {
		return c.fault("untag the droplet", dropletName(droplet), errNobody)
	}
	req := &godo.UntagResourcesRequest{Resources: tagged(droplet)}
	return c.change(ctx, permit, "take the tag "+tag+" off the droplet", dropletName(droplet), func(ctx context.Context, g *godo.Client) (*godo.Response, error) {
		return g.Tags.UntagResources(ctx, tag, req)
	})
}

func tagged(droplet int) []godo.Resource {
	return []godo.Resource{{ID: strconv.Itoa(droplet), Type: godo.DropletResourceType}}
}

var errNobody = errors.New("nothing is named to be changed; nothing was sent")
