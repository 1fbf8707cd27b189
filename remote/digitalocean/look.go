package digitalocean

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/digitalocean/godo"
)

// Account tells whose token it is; the cheapest proof that the token works.
func (c *Client) Account(ctx context.Context) (Account, error) {
	return read(ctx, c, "read the account", "the provider", func(ctx context.Context, g *godo.Client) (Account, *godo.Response, error) {
		a, resp, err := g.Account.Get(ctx)
		if err == nil && a == nil {
			err = errEmpty
		}
		if err != nil {
			return Account{}, resp, err
		}
		out := Account{Email: text(a.Email), Status: text(a.Status), DropletLimit: a.DropletLimit}
		if a.Team != nil {
			out.Team = text(a.Team.Name)
		}
		return out, resp, nil
	})
}

// Balancer reads one load balancer.
func (c *Client) Balancer(ctx context.Context, id string) (Balancer, error) {
	return read(ctx, c, "read the load balancer", id, func(ctx context.Context, g *godo.Client) (Balancer, *godo.Response, error) {
		return found(balancerOf)(g.LoadBalancers.Get(ctx, id))
	})
}

// Balancers reads all load balancers of the account.
func (c *Client) Balancers(ctx context.Context) ([]Balancer, error) {
	all, err := pages(ctx, c, "list the load balancers", "the account", func(ctx context.Context, g *godo.Client, o *godo.ListOptions) ([]godo.LoadBalancer, *godo.Response, error) {
		return g.LoadBalancers.List(ctx, o)
	})
	return each(all, balancerOf), err
}

// Droplet reads one droplet.
func (c *Client) Droplet(ctx context.Context, id int) (Droplet, error) {
	return read(ctx, c, "read the droplet", dropletName(id), func(ctx context.Context, g *godo.Client) (Droplet, *godo.Response, error) {
		return found(dropletOf)(g.Droplets.Get(ctx, id))
	})
}

// Droplets reads all droplets of the account.
func (c *Client) Droplets(ctx context.Context) ([]Droplet, error) {
	all, err := pages(ctx, c, "list the droplets", "the account", func(ctx context.Context, g *godo.Client, o *godo.ListOptions) ([]godo.Droplet, *godo.Response, error) {
		return g.Droplets.List(ctx, o)
	})
	return each(all, dropletOf), err
}

// DropletActions reads what was and is done to a droplet, the newest first.
func (c *Client) DropletActions(ctx context.Context, droplet int) ([]Action, error) {
	all, err := pages(ctx, c, "list the droplet's actions", dropletName(droplet), func(ctx context.Context, g *godo.Client, o *godo.ListOptions) ([]godo.Action, *godo.Response, error) {
		return g.Droplets.Actions(ctx, droplet, o)
	})
	if err != nil {
		return nil, err
	}
	out := each(all, actionOf)
	slices.SortFunc(out, func(a, b Action) int { return cmp.Compare(b.ID, a.ID) })
	return slices.CompactFunc(out, func(a, b Action) bool { return a.ID == b.ID }), nil
}

// Action reads one action. A caller that waits for one looks again every Poll until it is Finished.
func (c *Client) Action(ctx context.Context, id int) (Action, error) {
	return read(ctx, c, "read the action", fmt.Sprintf("action %d", id), func(ctx context.Context, g *godo.Client) (Action, *godo.Response, error) {
		return found(actionOf)(g.Actions.Get(ctx, id))
	})
}

// AdoptRebuild lists the rebuilds of a droplet that are newer than the action that was its newest before, newest first. A rebuild whose answer
// was lost is the sole one listed; it may be listed only after a while, and two are a conflict.
func (c *Client) AdoptRebuild(ctx context.Context, droplet, after int) ([]Action, error) {
	all, err := c.DropletActions(ctx, droplet)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(a Action) bool { return a.ID <= after || a.Type != "rebuild" }), nil
}

var errEmpty = errors.New("the answer is empty")

// found turns the API's pointer into a value, and an answer without the thing into an error.
func found[A, B any](turn func(A) B) func(*A, *godo.Response, error) (B, *godo.Response, error) {
	return func(a *A, resp *godo.Response, err error) (B, *godo.Response, error) {
		var none B
		if err == nil && a == nil {
			err = errEmpty
		}
		if err != nil {
			return none, resp, err
		}
		return turn(*a), resp, nil
	}
}

func dropletName(id int) string { return fmt.Sprintf("droplet %d", id) }
