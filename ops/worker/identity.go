package worker

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

const metadata = `curl -fsS -m 5 http://169.254.169.254/metadata/v1/`

// identity proves that the droplet the API will act on is the host that ssh talks to. A dead host cannot say who it is: then the provider's id,
// name and address must agree with the config, and the operator types the id.
func (c *crew) identity(ctx context.Context) error {
	d, err := c.onRecord(ctx)
	if err != nil {
		return err
	}
	if c.in.Dead {
		return c.deadIdentity(ctx, d)
	}
	said, err := c.ask(ctx, "asking the host for its droplet id", metadata+"id")
	if err != nil {
		return err
	}
	if said != strconv.Itoa(c.in.Droplet) {
		return c.mistaken(fmt.Sprintf("ssh reaches droplet %s, the plan is for droplet %d", said, c.in.Droplet))
	}
	return nil
}

// onRecord is the droplet as the provider has it, if it is still the one that the config means.
func (c *crew) onRecord(ctx context.Context) (digitalocean.Droplet, error) {
	d, err := c.Cloud.Droplet(ctx, c.in.Droplet)
	if err == nil && c.node.Droplet != c.in.Droplet {
		err = c.mistaken(fmt.Sprintf("the config says droplet %d now, the run was made for %d", c.node.Droplet, c.in.Droplet))
	}
	return d, err
}

func (c *crew) deadIdentity(ctx context.Context, d digitalocean.Droplet) error {
	host, _ := c.in.hostPort()
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		addresses = []string{host}
	}
	for _, a := range addresses {
		if a == d.PrivateIP || a == d.PublicIP {
			return c.sameName(d)
		}
	}
	return c.mistaken(fmt.Sprintf("droplet %d has the addresses %s and %s, ssh goes to %s", d.ID, d.PrivateIP, d.PublicIP, host))
}

func (c *crew) sameName(d digitalocean.Droplet) error {
	if d.Name == c.node.Name || strings.HasSuffix(d.Name, "-"+c.node.Name) || strings.HasPrefix(d.Name, c.node.Name+".") {
		return nil
	}
	return c.mistaken(fmt.Sprintf("droplet %d is named %q at the provider", d.ID, d.Name))
}

func (c *crew) mistaken(why string) error {
	return &fault.Error{What: "this may be the wrong machine", On: c.node.Name, Why: why, Next: "compare the config with the provider's control panel; nothing was changed", Code: fault.Refused}
}
