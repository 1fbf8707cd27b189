package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// inputs is what a run was made for: ids, not names, frozen in its header, so that a resume means the same things.
type inputs struct {
	Droplet  int      // of the target
	Private  string   // its private address, where the balancer's probe goes
	Public   string   // its public address
	Address  string   // host:port of its ssh
	KnownAs  string   // how the known hosts name it
	Balancer string   // id
	Tag      string   // the balancer's tag, when it selects by one
	Image    int      // id; 0 when the runbook gives no new disk
	ImageTag string   // the image's name, for people
	HostKeys []string // fingerprints trusted before
	Dead     bool     // the host did not answer when the run was made
	Why      string   // for the hold record
	Check    digitalocean.HealthCheck
	Proxy    bool              // the balancer sends a PROXY header
	Keeps    bool              // the balancer passes connections on, and not requests
	Redirect int               // the status by which its check is redirected, 0 when it is not
	Peers    map[string]string // private addresses by node name
	New      *proposal         `json:",omitempty"` // of a worker that is being made
}

// resolvedInput is the input of a run's header that holds all of them.
const resolvedInput = "resolved"

func (in inputs) encode() map[string]string {
	b, err := json.Marshal(in)
	if err != nil {
		return nil
	}
	return map[string]string{resolvedInput: string(b), "droplet": strconv.Itoa(in.Droplet), "balancer": in.Balancer, "image": in.ImageTag, "why": in.Why}
}

func decode(from map[string]string) (inputs, bool, error) {
	var in inputs
	raw, ok := from[resolvedInput]
	if !ok {
		return in, false, nil
	}
	if err := json.Unmarshal([]byte(raw), &in); err != nil {
		return in, true, (&fault.Error{What: "this run's inputs are unreadable", Next: "start a new run; the old one stays in the history"}).Because(err)
	}
	return in, true, nil
}

// recruit resolves the target into a crew: from the header of a run that is resumed, or else by asking the world once.
func recruit(ctx context.Context, d Deps, target string, given map[string]string, newDisk bool) (*crew, error) {
	node, ok := d.Config.Node(target)
	if !ok || node.Role != config.RoleWorker {
		return nil, unknownWorker(d.Config, target, ok)
	}
	if d.Config.LoadBalancer.ID == "" {
		return nil, &fault.Error{What: "no load balancer is configured", On: d.Config.Path(), Next: "add load_balancer and digitalocean, or run `vmtui init`", Code: fault.Usage}
	}
	c := &crew{Deps: d, node: node}
	in, resumed, err := decode(given)
	if err != nil || resumed {
		c.in = in
		return c, errors.Join(err, c.sameHost())
	}
	c.in.Why = given["why"]
	return c, c.resolve(ctx, given, newDisk)
}

// sameHost refuses a run whose target is not, by today's config, the host that it was made for: commands would go to one machine and API calls to another.
func (c *crew) sameHost() error {
	for _, x := range []struct{ what, then, now string }{
		{"droplet", strconv.Itoa(c.in.Droplet), strconv.Itoa(c.node.Droplet)},
		{"ssh address", c.in.Address, c.host().Addr()},
		{"name among the known hosts", c.in.KnownAs, c.host().KnownAs()},
	} {
		if x.then != x.now {
			return &fault.Error{What: "the run was made for another host", On: c.node.Name, Why: fmt.Sprintf("its %s was %s and is %s by now", x.what, x.then, x.now),
				Next: "put the config (or ssh_config) back as it was, or begin a new run", Code: fault.Refused}
		}
	}
	return nil
}

func unknownWorker(cfg *config.Config, target string, known bool) error {
	var names []string
	for _, n := range cfg.Workers() {
		names = append(names, n.Name)
	}
	why := "no node has that name"
	if known {
		why = "it is the exec node, which is never drained"
	}
	if target == "" {
		why = "no target was named"
	}
	return &fault.Error{What: "not a worker", On: target, Why: why, Next: "name one of " + strings.Join(names, ", "), Code: fault.Usage}
}

func (c *crew) resolve(ctx context.Context, given map[string]string, newDisk bool) error {
	in := &c.in
	lb, err := c.Cloud.Balancer(ctx, c.Config.LoadBalancer.ID)
	if err != nil {
		return err
	}
	droplet, err := c.Cloud.Droplet(ctx, c.node.Droplet)
	if err != nil {
		return err
	}
	in.Droplet, in.Private, in.Public = droplet.ID, droplet.PrivateIP, droplet.PublicIP
	in.Balancer, in.Tag, in.Check, in.Proxy, in.Keeps = lb.ID, lb.Tag, lb.Check, lb.ProxyProtocol, passesOn(lb)
	in.Address = c.host().Addr()
	in.KnownAs = c.host().KnownAs()
	in.HostKeys = c.Trust.Fingerprints(in.KnownAs)
	if err := c.findPeers(ctx); err != nil {
		return err
	}
	if in.Dead, err = c.dead(ctx); err != nil {
		return err
	}
	in.Redirect = c.redirected(ctx)
	if !newDisk {
		return nil
	}
	return c.findImage(ctx, given)
}

// redirected is the status by which the balancer's check is redirected, 0 when it is not, or when exec cannot tell: then the lame duck finds out.
func (c *crew) redirected(ctx context.Context) int {
	if c.in.Dead || c.in.Check.Protocol == "tcp" {
		return 0
	}
	h, err := c.probe(ctx, c.in.Private)
	if err != nil || !h.redirected() {
		return 0
	}
	return h.status
}

func (c *crew) findPeers(ctx context.Context) error {
	c.in.Peers = map[string]string{}
	for _, p := range c.peers() {
		d, err := c.Cloud.Droplet(ctx, p.Droplet)
		if err != nil {
			return err
		}
		c.in.Peers[p.Name] = d.PrivateIP
	}
	return nil
}

func (c *crew) findImage(ctx context.Context, given map[string]string) error {
	name := c.Config.Reimage.Image
	if given["image"] != "" {
		name = given["image"]
	}
	if name == "" {
		return &fault.Error{What: "no image to reimage from", On: c.Config.Path(), Next: "set reimage.image, or pass --set image=NAME", Code: fault.Usage}
	}
	img, err := c.Cloud.ImageByName(ctx, name)
	if err != nil {
		return err
	}
	c.in.Image, c.in.ImageTag = img.ID, img.Name
	return nil
}

// host and port of the target's ssh, as ssh-keyscan wants them.
func (in inputs) hostPort() (string, string) {
	host, port, err := net.SplitHostPort(in.Address)
	if err != nil {
		return in.Address, "22"
	}
	return host, port
}

// confirm is the word to type before the disk is destroyed: the name, or for a dead host, which cannot speak for itself, the provider's id.
func (c *crew) confirm() string {
	if c.in.Dead {
		return strconv.Itoa(c.in.Droplet)
	}
	return c.node.Name
}

func (c *crew) dropletName() string { return fmt.Sprintf("droplet %s (%s)", c.id(), c.node.Name) }
