package config

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
)

// check refuses what would fail later, at a worse moment. The first error wins: one thing to mend at a time, in the file's order.
func (c *Config) check(at position) error {
	for _, rule := range []func(position) error{
		c.checkInstance, c.checkNodes, c.checkRoles, c.checkSSH, c.checkProvider, c.checkBalancer, c.checkReimage, c.checkSidekiq, c.checkLease, c.checkStore, c.checkLook,
	} {
		if err := rule(at); err != nil {
			return err
		}
	}
	return nil
}

func (p position) wrong(yamlPath, why, next string) error {
	return &fault.Error{What: "config is not valid", On: p.of(yamlPath), Why: why, Next: next, Code: fault.Usage}
}

// variable is what may be the name of one in the environment.
var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// deep is a path that is at least two deep: in a cache files are removed.
var deep = regexp.MustCompile(`^(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*){2,}$`)

var hostname = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

func (c *Config) checkInstance(at position) error {
	if !hostname.MatchString(c.Instance) {
		return at.wrong("$.instance", fmt.Sprintf("instance is %q", c.Instance), "set it to the site's domain, e.g. `instance: vmst.io`")
	}
	if u, err := url.Parse(c.Site); err != nil || u.Host == "" {
		return at.wrong("$.site", fmt.Sprintf("site is %q", c.Site), "give the whole URL, e.g. https://vmst.io")
	}
	return nil
}

func (c *Config) checkSSH(at position) error {
	if t := c.SSH.Transport; t != TransportOwn && t != TransportOpenSSH {
		return at.wrong("$.ssh.transport", fmt.Sprintf("transport is %q", t), "write own, or openssh to go through your own ssh")
	}
	return nil
}

func (c *Config) checkNodes(at position) error {
	if len(c.Nodes) == 0 {
		return at.wrong("$.nodes", "no nodes", "list the exec node and the workers under `nodes:`, or let `vmtui init` do it")
	}
	names, droplets := map[string]bool{}, map[int]string{}
	for i, n := range c.Nodes {
		path := fmt.Sprintf("$.nodes[%d]", i)
		if err := n.check(at, path); err != nil {
			return err
		}
		if names[n.Name] {
			return at.wrong(path+".name", fmt.Sprintf("two nodes are named %q", n.Name), "give each node a name of its own")
		}
		names[n.Name] = true
		if other, taken := droplets[n.Droplet]; taken && n.Droplet != 0 {
			return at.wrong(path+".droplet", fmt.Sprintf("%s and %s have the same droplet %d", other, n.Name, n.Droplet), "look the ids up with `vmtui init` or in the control panel")
		}
		droplets[n.Droplet] = n.Name
	}
	return nil
}

func (n Node) check(at position, path string) error {
	switch {
	case !hostname.MatchString(n.Name):
		return at.wrong(path+".name", fmt.Sprintf("node %q has no usable name", n.Name), "use letters, digits, dots and dashes")
	case n.Role != RoleExec && n.Role != RoleWorker:
		return at.wrong(path+".role", fmt.Sprintf("%s has role %q", n.Name, n.Role), "use exec or worker")
	case n.SSH == "":
		return at.wrong(path+".ssh", n.Name+" has no ssh destination", "add `ssh:` with an alias of your ssh config or user@host:port")
	case n.Role == RoleWorker && n.Droplet <= 0:
		return at.wrong(path+".droplet", n.Name+" has no droplet id", "add `droplet:`; `vmtui init` finds it through the API")
	case n.Mastodon.Kind != KindNative && n.Mastodon.Kind != KindCompose:
		return at.wrong(path+".mastodon.kind", fmt.Sprintf("%s has mastodon kind %q", n.Name, n.Mastodon.Kind), "use native or compose")
	case n.Mastodon.Tootctl != "" && n.Mastodon.Tootctl != TootctlExec && n.Mastodon.Tootctl != TootctlRun:
		return at.wrong(path+".mastodon.tootctl", fmt.Sprintf("%s has tootctl %q", n.Name, n.Mastodon.Tootctl), "use exec for a running container or run for one of its own")
	case !strings.HasPrefix(n.Mastodon.Dir, "/"):
		return at.wrong(path+".mastodon.dir", fmt.Sprintf("%s has mastodon dir %q", n.Name, n.Mastodon.Dir), "give the absolute path on the node")
	}
	if n.Cache != NoCache && !deep.MatchString(n.Cache) {
		return at.wrong(path+".nginx_cache", fmt.Sprintf("%s has nginx_cache %q", n.Name, n.Cache), "give the directory of proxy_cache_path, which nothing else may be in, or none")
	}
	if !deep.MatchString(n.AccessLog) {
		return at.wrong(path+".access_log", fmt.Sprintf("%s has access_log %q", n.Name, n.AccessLog), "give the file that nginx's access_log names, by its whole path")
	}
	for name := range n.Mastodon.Env {
		if !variable.MatchString(name) {
			return at.wrong(path+".mastodon.env", fmt.Sprintf("%q is no variable's name", name), "use letters, digits and _")
		}
	}
	return nil
}

func (c *Config) checkRoles(at position) error {
	execs := 0
	for _, n := range c.Nodes {
		if n.Role == RoleExec {
			execs++
		}
	}
	if execs != 1 {
		return at.wrong("$.nodes", fmt.Sprintf("%s have the role exec", spelling.Count(execs, "node", "nodes")), "exactly one node is exec: it holds the lease and reaches Redis")
	}
	if len(c.Workers()) == 0 {
		return at.wrong("$.nodes", "no node has the role worker", "list the workers too")
	}
	return nil
}

var references = []string{"env:", "file:", "keyring:", "cmd:"}

func (c *Config) checkProvider(at position) error {
	for path, ref := range map[string]string{"$.digitalocean.token": c.DigitalOcean.Token, "$.cloudflare.token": c.Cloudflare.Token} {
		if ref != "" && !slices.ContainsFunc(references, func(p string) bool { return strings.HasPrefix(ref, p) }) {
			return at.wrong(path, "a secret may not stand in the config file", "use env:NAME, file:PATH, keyring:NAME or cmd:COMMAND, and change the token: it has been written down")
		}
	}
	for path, raw := range map[string]string{"$.digitalocean.api_url": c.DigitalOcean.URL, "$.cloudflare.api_url": c.Cloudflare.URL} {
		if u, err := url.Parse(raw); err != nil || u.Host == "" || u.User != nil {
			return at.wrong(path, fmt.Sprintf("%q is not a URL", raw), "give scheme and host, without a password")
		}
	}
	return nil
}

func (c *Config) checkBalancer(at position) error {
	lb := c.LoadBalancer
	switch {
	case lb.ID == "" && c.DigitalOcean.Token != "":
		return at.wrong("$.load_balancer", "no load balancer id", "add `load_balancer: {id: …}`; `vmtui init` lists them")
	case lb.ID != "" && c.DigitalOcean.Token == "":
		return at.wrong("$.load_balancer", "a load balancer, but no digitalocean token to ask about it", "add `digitalocean: {token: env:DIGITALOCEAN_TOKEN}`")
	case lb.MinHealthy < 1:
		return at.wrong("$.load_balancer.min_healthy", "min_healthy is below 1", "at least one worker must go on serving")
	case lb.MinHealthy >= len(c.Workers()) && lb.ID != "":
		return at.wrong("$.load_balancer.min_healthy", fmt.Sprintf("min_healthy %d can never hold with %s while one is out", lb.MinHealthy, spelling.Count(len(c.Workers()), "worker", "workers")), "lower it, or list all workers")
	case lb.LameDuck != NoLameDuck && !strings.HasPrefix(lb.LameDuck, "/"):
		return at.wrong("$.load_balancer.lame_duck", fmt.Sprintf("lame_duck %q is not an absolute path", lb.LameDuck), "name the flag file that nginx looks for, or `none`")
	case lb.Front != "" && !wholeURL(lb.Front):
		return at.wrong("$.load_balancer.front", fmt.Sprintf("front is %q", lb.Front), "give scheme and address, e.g. https://203.0.113.4")
	case lb.DrainTimeout < 0:
		return at.wrong("$.load_balancer.drain_timeout", "negative", "write a duration such as 5m")
	}
	return nil
}

func wholeURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Host != "" && u.User == nil
}

func (c *Config) checkReimage(at position) error {
	for i, service := range c.Reimage.Start {
		if !hostname.MatchString(service) {
			return at.wrong(fmt.Sprintf("$.reimage.start[%d]", i), fmt.Sprintf("service %q", service), "name compose services, e.g. web, streaming, sidekiq")
		}
	}
	return nil
}

func (c *Config) checkSidekiq(at position) error {
	if _, ok := c.Node(c.Sidekiq.Via); !ok && c.Sidekiq.Via != "direct" {
		return at.wrong("$.sidekiq.via", fmt.Sprintf("no node is named %q", c.Sidekiq.Via), "name a node of this file, or `direct`")
	}
	if u, err := url.Parse(c.Sidekiq.Redis); err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			return at.wrong("$.sidekiq.redis", "a secret may not stand in the config file", "use env:NAME or file:PATH for the whole URL, and change the password: it has been written down")
		}
	}
	return nil
}

// The least that the lease may be: exec's clock counts whole seconds, and a request to the provider is given up after 40 s.
const (
	leastTTL     = 10 * time.Second
	leastLongest = 41 * time.Second
)

func (c *Config) checkLease(at position) error {
	switch l := c.Lease; {
	case l.TTL < leastTTL:
		return at.wrong("$.lease.ttl", fmt.Sprintf("ttl is %s", l.TTL), fmt.Sprintf("leave it out, or give it %s or more: it is renewed every quarter of it", leastTTL))
	case l.Longest < leastLongest:
		return at.wrong("$.lease.longest", fmt.Sprintf("longest is %s", l.Longest), fmt.Sprintf("leave it out, or give it %s or more: the request of a console that lost the lease may be under way for 40 s", leastLongest))
	}
	return nil
}

func (c *Config) checkStore(at position) error {
	if _, ok := c.Node(c.StoreVia); !ok && c.StoreVia != Direct {
		return at.wrong("$.store_via", fmt.Sprintf("no node is named %q", c.StoreVia), "write exec, the name of a node of this file, or direct")
	}
	switch {
	case c.Store == LocalStore && c.StoreVia != Direct:
		return at.wrong("$.store_via", "the store is on this machine: there is nothing to dial", "remove store_via, or name a PostgreSQL in store")
	case c.Store == LocalStore, slices.ContainsFunc(references, func(p string) bool { return strings.HasPrefix(c.Store, p) }):
		return nil
	}
	u, err := url.Parse(c.Store)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return at.wrong("$.store", "this store is not one this version knows", "use sqlite, postgres://USER@HOST/DATABASE, or env:NAME or file:PATH for such a URL")
	}
	_, has := u.User.Password()
	for _, key := range []string{"password", "sslpassword"} {
		has = has || u.Query().Has(key)
	}
	if has {
		return at.wrong("$.store", "a secret may not stand in the config file", "use env:NAME, file:PATH, keyring:NAME or cmd:COMMAND for the whole URL, and change the password: it has been written down")
	}
	return nil
}

// Shared reports that runs are kept in a store that a team shares.
func (c *Config) Shared() bool { return c.Store != LocalStore }
