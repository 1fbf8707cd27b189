package worker

import (
	"context"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// owning is a provider that has this droplet.
type owning struct {
	Cloud
	droplet digitalocean.Droplet
}

func (c owning) Droplet(context.Context, int) (digitalocean.Droplet, error) { return c.droplet, nil }

// The droplet that would be destroyed must be the host that ssh reaches. A dead host cannot say so: its id, name and address must agree.
func TestTheDropletIsTheHost(t *testing.T) {
	right := digitalocean.Droplet{ID: 3164495, Name: "worker-2", PrivateIP: "10.0.0.12"}
	named := func(name, address string) digitalocean.Droplet {
		return digitalocean.Droplet{ID: 3164495, Name: name, PrivateIP: address}
	}
	for name, x := range map[string]struct {
		droplet digitalocean.Droplet
		says    string // the host, of its own id
		change  func(*crew)
		refuses string
	}{
		"the same":                    {right, "3164495", nil, ""},
		"another droplet answers":     {right, "3164496", nil, "ssh reaches droplet 3164496"},
		"nobody knows":                {right, "", nil, "ssh reaches droplet "},
		"the config was changed":      {right, "3164495", func(c *crew) { c.node.Droplet = 7 }, "the config says droplet 7"},
		"dead, all agrees":            {right, "", func(c *crew) { c.in.Dead = true }, ""},
		"dead, named for an instance": {named("vmst-worker-2", "10.0.0.12"), "", func(c *crew) { c.in.Dead = true }, ""},
		"dead, another name":          {named("worker-3", "10.0.0.12"), "", func(c *crew) { c.in.Dead = true }, "is named"},
		"dead, another address":       {named("worker-2", "10.0.0.99"), "", func(c *crew) { c.in.Dead = true }, "has the addresses"},
	} {
		c := sample(t)
		c.Cloud, c.Host = owning{droplet: x.droplet}, func(string) Host { return saying{out: x.says} }
		if x.change != nil {
			x.change(c)
		}
		err := c.identity(t.Context())
		if (err == nil) != (x.refuses == "") || err != nil && (fault.CodeOf(err) != fault.Refused || !strings.Contains(fault.Of(err).Why, x.refuses)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheExecNodeIsNeverATarget(t *testing.T) {
	c := sample(t)
	for target, why := range map[string]string{"exec": "never drained", "worker-9": "no node has that name", "": "no target was named"} {
		_, err := recruit(t.Context(), c.Deps, target, nil, true)
		if fault.CodeOf(err) != fault.Usage || !strings.Contains(fault.Of(err).Why, why) {
			t.Errorf("%q: %v", target, err)
		}
	}
}
