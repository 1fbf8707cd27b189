package worker

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	cryptossh "golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// proposal is what a worker that is not there yet will be made like, resolved when the run was made.
type proposal struct {
	Model      string // the peer that it is made like
	ModelID    int    // its droplet
	Region     string
	Size       string
	VPC        string
	Tags       []string // but for the balancer's, which comes last
	IPv6       bool
	Monitoring bool
	Backups    bool
	SSH        string // its ssh destination, with {private} and {public} for its addresses
	Data       string // whose user data first boot gets: asModel or nobodys
}

// The facts of a creation, by which a run knows its droplet before any config does.
const (
	factDroplet = "droplet"
	factPrivate = "private-address"
	factPublic  = "public-address"
	factOldKeys = "keys-pinned-before" // under the address that it was given, from a machine that had it before
	factAsked   = "create-asked"
)

// propose resolves a worker that shall be: from the header of a run that is resumed, or else by asking the world once.
func propose(ctx context.Context, d Deps, name string, given map[string]string) (*crew, error) {
	in, resumed, err := decode(given)
	if err != nil {
		return nil, err
	}
	if d.Config.LoadBalancer.ID == "" {
		return nil, &fault.Error{What: "no load balancer is configured", On: d.Config.Path(), Next: "add load_balancer and digitalocean, or run `vmtui init`", Code: fault.Usage}
	}
	if resumed {
		return expect(d, name, in), nil
	}
	if _, taken := d.Config.Node(name); taken || name == "" {
		return nil, &fault.Error{What: "not a new name", On: name, Why: "a new worker needs a name that the config does not have", Next: "name it so that its number goes on: vmtui run " + Add + " worker-4", Code: fault.Usage}
	}
	in.New, in.Why = &proposal{}, given["why"]
	if in.Why == "" {
		in.Why = "it is being added"
	}
	c := expect(d, name, in)
	return c, c.model(ctx, given)
}

// expect makes a crew for a node that no config knows. Whoever is asked for it meets it in a config of its own, beside the others.
func expect(d Deps, name string, in inputs) *crew {
	cfg := *d.Config
	cfg.Nodes = slices.DeleteFunc(slices.Clone(cfg.Nodes), func(n config.Node) bool { return n.Name == name })
	c := &crew{Deps: d, in: in, node: config.Node{Name: name, Role: config.RoleWorker}}
	if like, known := d.Config.Node(in.New.Model); known {
		c.takeAfter(like)
	}
	cfg.Nodes = append(cfg.Nodes, c.node)
	c.Config = &cfg
	c.Host = func(node string) Host {
		if node == name {
			return d.HostAt(name, c.node.SSH)
		}
		return d.Host(node)
	}
	return c
}

// takeAfter makes the new node's Mastodon and nginx those of another.
func (c *crew) takeAfter(n config.Node) {
	c.node.Mastodon, c.node.Cache, c.node.AccessLog = n.Mastodon, n.Cache, n.AccessLog
}

// unknown stands for the address that only the provider can say.
const unknown = "ADDRESS"

// model resolves what the new worker is made like: the first worker of the config, or the one that was named.
func (c *crew) model(ctx context.Context, given map[string]string) error {
	like := c.peers()[0]
	if given["like"] != "" {
		n, known := c.Config.Node(given["like"])
		if !known || n.Role != config.RoleWorker {
			return unknownWorker(c.Config, given["like"], known)
		}
		like = n
	}
	lb, err := c.Cloud.Balancer(ctx, c.Config.LoadBalancer.ID)
	if err != nil {
		return err
	}
	d, err := c.Cloud.Droplet(ctx, like.Droplet)
	if err != nil {
		return err
	}
	c.takeAfter(like)
	c.in.Private, c.in.KnownAs = unknown, unknown
	c.in.Balancer, c.in.Tag, c.in.Check, c.in.Proxy = lb.ID, lb.Tag, lb.Check, lb.ProxyProtocol
	*c.in.New = proposal{
		Model: like.Name, ModelID: d.ID, Region: d.Region, Size: d.Size, VPC: d.VPC, Data: orModel(given["user_data"]),
		Tags: slices.DeleteFunc(slices.Clone(d.Tags), func(t string) bool { return t == lb.Tag || strings.HasPrefix(t, runTag) }),
		IPv6: slices.Contains(d.Features, "ipv6"), Monitoring: slices.Contains(d.Features, "monitoring"), Backups: slices.Contains(d.Features, "backups"),
	}
	if c.in.New.SSH, err = destination(like, d, given["ssh"]); err != nil {
		return err
	}
	if err := c.findPeers(ctx); err != nil {
		return err
	}
	return c.findImage(ctx, given)
}

// The two kinds of user data.
const (
	asModel = "peer"
	nobodys = "none"
)

func orModel(given string) string {
	if given == nobodys {
		return nobodys
	}
	return asModel
}

// destination is how the new worker is reached: as its model is, when that is by one of its addresses.
func destination(like config.Node, d digitalocean.Droplet, given string) (string, error) {
	if strings.Contains(given, "{private}") || strings.Contains(given, "{public}") {
		return given, nil
	}
	rest := like.SSH
	user, host, found := strings.Cut(rest, "@")
	if !found {
		user, host = "", rest
	}
	address, port, _ := strings.Cut(host, ":")
	place := map[string]string{d.PrivateIP: "{private}", d.PublicIP: "{public}"}[address]
	if given != "" || address == "" || place == "" {
		return "", &fault.Error{
			What: "how to reach the new worker is not known", On: like.Name, Why: fmt.Sprintf("%s is reached as %q, which says nothing of another machine", like.Name, like.SSH),
			Next: "say it with its address left open: --set 'ssh=root@{private}:22', or {public}", Code: fault.Usage,
		}
	}
	if user != "" {
		place = user + "@" + place
	}
	if port != "" {
		place += ":" + port
	}
	return place, nil
}

// learn tells the crew what the run has learnt of its droplet, and reports whether it has learnt its addresses yet.
func (c *crew) learn(fact func(string) string) bool {
	id, err := strconv.Atoi(fact(factDroplet))
	if err != nil || fact(factPrivate) == "" {
		return false
	}
	c.in.Droplet, c.in.Private, c.in.Public = id, fact(factPrivate), fact(factPublic)
	c.node.Droplet = id
	c.node.SSH = strings.NewReplacer("{private}", c.in.Private, "{public}", c.in.Public).Replace(c.in.New.SSH)
	c.in.Address, c.in.KnownAs = c.host().Addr(), c.host().KnownAs()
	c.in.HostKeys = strings.Fields(fact(factOldKeys))
	return true
}

// onceKnown is a step on the new worker: it is built anew with what has been learnt, whenever it is asked something.
func (c *crew) onceKnown(build func() run.Step) run.Step {
	s := build()
	first := s
	s.Plan = func(ctx context.Context) ([]string, error) { return build().Plan(ctx) }
	s.Observe = func(ctx context.Context, w *run.Walk) (run.Finding, error) {
		if !c.learn(w.Fact) {
			return pending("the droplet is not there yet"), nil
		}
		if now := build(); now.Observe != nil {
			return now.Observe(ctx, w)
		}
		return pending("not done yet"), nil
	}
	if first.Do != nil {
		s.Do = func(ctx context.Context, w *run.Walk) error {
			c.learn(w.Fact)
			return build().Do(ctx, w)
		}
	}
	if first.Verify != nil {
		s.Verify = func(w *run.Walk) run.Check {
			c.learn(w.Fact)
			return build().Verify(w)
		}
	}
	if first.Undo != nil {
		s.Undo = func(ctx context.Context, w *run.Walk) error {
			c.learn(w.Fact)
			return build().Undo(ctx, w)
		}
	}
	return s
}

// fingerprintsOf are the MD5 fingerprints, by which the provider knows keys, of lines in authorized_keys form.
func fingerprintsOf(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if key, _, _, _, err := cryptossh.ParseAuthorizedKey([]byte(line)); err == nil {
			all = append(all, cryptossh.FingerprintLegacyMD5(key))
		}
	}
	return all
}
