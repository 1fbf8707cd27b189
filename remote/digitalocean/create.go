package digitalocean

import (
	"context"

	"github.com/digitalocean/godo"

	"github.com/vmtui/vmtui/remote"
)

// Creation is a droplet that is wanted.
type Creation struct {
	Name       string
	Region     string // slug
	Size       string // slug
	Image      int
	VPC        string   // id
	Tags       []string // those that do not exist are made
	Keys       []string // MD5 fingerprints of SSH keys that the account has
	UserData   string   // for first boot; it may hold secrets
	IPv6       bool
	Monitoring bool
	Backups    bool
}

// CreateDroplet asks for a new droplet and gives it as it is at that moment, mostly without addresses, with the action that makes it. When the outcome
// is unknown, Named finds what became of it; sending it again may make a second one.
func (c *Client) CreateDroplet(ctx context.Context, permit remote.Permit, want Creation) (d Droplet, action int, err error) {
	if want.Name == "" || want.Image <= 0 {
		return d, 0, c.fault("create the droplet", want.Name, errNobody)
	}
	err = c.change(ctx, permit, "create the droplet", want.Name, func(ctx context.Context, g *godo.Client) (*godo.Response, error) {
		made, resp, err := found(dropletOf)(g.Droplets.Create(ctx, want.request()))
		d = made
		if err == nil && resp.Links != nil {
			for _, l := range resp.Links.Actions {
				action = l.ID
			}
		}
		return resp, err
	})
	return d, action, err
}

func (want Creation) request() *godo.DropletCreateRequest {
	r := &godo.DropletCreateRequest{
		Name: want.Name, Region: want.Region, Size: want.Size, Image: godo.DropletCreateImage{ID: want.Image}, VPCUUID: want.VPC, Tags: want.Tags, UserData: want.UserData,
		IPv6: want.IPv6, Monitoring: want.Monitoring, Backups: want.Backups, SSHKeys: []godo.DropletCreateSSHKey{},
	}
	for _, k := range want.Keys {
		r.SSHKeys = append(r.SSHKeys, godo.DropletCreateSSHKey{Fingerprint: k})
	}
	return r
}

// DestroyDroplet takes a droplet away for good, with its disk and its addresses.
func (c *Client) DestroyDroplet(ctx context.Context, permit remote.Permit, droplet int) error {
	if droplet <= 0 {
		return c.fault("destroy the droplet", dropletName(droplet), errNobody)
	}
	return c.change(ctx, permit, "destroy the droplet", dropletName(droplet), func(ctx context.Context, g *godo.Client) (*godo.Response, error) {
		return g.Droplets.Delete(ctx, droplet)
	})
}

// Named lists the droplets of exactly that name. One that was just created may be listed only after a while.
func (c *Client) Named(ctx context.Context, name string) ([]Droplet, error) {
	all, err := pages(ctx, c, "look for droplets by name", name, func(ctx context.Context, g *godo.Client, o *godo.ListOptions) ([]godo.Droplet, *godo.Response, error) {
		return g.Droplets.ListByName(ctx, name, o)
	})
	return each(all, dropletOf), err
}
