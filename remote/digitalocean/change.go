package digitalocean

import (
	"context"

	"github.com/digitalocean/godo"

	"github.com/vmtui/vmtui/remote"
)

// The whole load balancer is never written back: that call replaces everything, loses empty lists, and for a balancer with a tag sends both tag
// and ids. Members are added and removed one by one.

// AddDroplet makes a droplet a member of a load balancer that lists its members by id.
func (c *Client) AddDroplet(ctx context.Context, permit remote.Permit, balancer string, droplet int) error {
	if balancer == "" || droplet <= 0 {
		return c.fault("add the droplet to the load balancer", balancer, errNobody)
	}
	return c.change(ctx, permit, "add "+dropletName(droplet)+" to the load balancer", balancer, func(ctx context.Context, g *godo.Client) (*godo.Response, error) {
		return g.LoadBalancers.AddDroplets(ctx, balancer, droplet)
	})
}

// RemoveDroplet ends a droplet's membership of a load balancer that lists its members by id.
func (c *Client) RemoveDroplet(ctx context.Context, permit remote.Permit, balancer string, droplet int) error {
	if balancer == "" || droplet <= 0 {
		return c.fault("remove the droplet from the load balancer", balancer, errNobody)
	}
	return c.change(ctx, permit, "remove "+dropletName(droplet)+" from the load balancer", balancer, func(ctx context.Context, g *godo.Client) (*godo.Response, error) {
		return g.LoadBalancers.RemoveDroplets(ctx, balancer, droplet)
	})
}

// Rebuild gives a droplet a new disk made of an image. The old disk is gone for good. When the outcome is unknown, AdoptRebuild finds what
// became of it; sending it again may destroy a machine that is already coming up.
func (c *Client) Rebuild(ctx context.Context, permit remote.Permit, droplet, image int) (Action, error) {
	if droplet <= 0 || image <= 0 {
		return Action{}, c.fault("rebuild the droplet", dropletName(droplet), errNobody)
	}
	return c.acts(ctx, permit, "rebuild the droplet", droplet, func(ctx context.Context, g *godo.Client) (*godo.Action, *godo.Response, error) {
		return g.DropletActions.RebuildByImageID(ctx, droplet, image)
	})
}

// PowerOn powers a droplet on that is off. One that is on refuses it.
func (c *Client) PowerOn(ctx context.Context, permit remote.Permit, droplet int) (Action, error) {
	if droplet <= 0 {
		return Action{}, c.fault("power the droplet on", dropletName(droplet), errNobody)
	}
	return c.acts(ctx, permit, "power the droplet on", droplet, func(ctx context.Context, g *godo.Client) (*godo.Action, *godo.Response, error) {
		return g.DropletActions.PowerOn(ctx, droplet)
	})
}

// acts asks for an action of a droplet.
func (c *Client) acts(ctx context.Context, permit remote.Permit, what string, droplet int, ask func(context.Context, *godo.Client) (*godo.Action, *godo.Response, error)) (Action, error) {
	var out Action
	err := c.change(ctx, permit, what, dropletName(droplet), func(ctx context.Context, g *godo.Client) (*godo.Response, error) {
		a, resp, err := found(actionOf)(ask(ctx, g))
		out = a
		return resp, err
	})
	return out, err
}
