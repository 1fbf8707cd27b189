package config

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/adrg/xdg"
)

// fill puts defaults where the file is silent and makes every path absolute.
func (c *Config) fill() error {
	def(&c.Site, "https://"+c.Instance)
	def(&c.Store, LocalStore)
	def(&c.StateDir, filepath.Join(xdg.StateHome, "vmtui", c.Instance))
	def(&c.SSH.Transport, TransportOwn)
	def(&c.SSH.Config, "~/.ssh/config")
	def(&c.SSH.KnownHosts, "~/.ssh/known_hosts")
	def(&c.SSH.Retry, 10*time.Second)
	def(&c.DigitalOcean.URL, "https://api.digitalocean.com")
	def(&c.DigitalOcean.Poll, 5*time.Second)
	c.LoadBalancer.MinHealthy = max(1, len(c.Workers())-1)
	if least := c.LoadBalancer.Least; least != nil {
		c.LoadBalancer.MinHealthy = *least
	}
	def(&c.LoadBalancer.DrainTimeout, 5*time.Minute)
	def(&c.LoadBalancer.LameDuck, "/var/lib/vmtui/lame-duck")
	def(&c.Reimage.Wait, 15*time.Minute)
	def(&c.Certificate.File, "certificates/fullchain.pem")
	def(&c.Certificate.Port, 443)
	def(&c.Reimage.Settle, time.Minute)
	def(&c.Upgrade.Backup, 24*time.Hour)
	def(&c.Cloudflare.URL, "https://api.cloudflare.com/client/v4")
	def(&c.Sidekiq.Via, c.Exec().Name)
	def(&c.Sidekiq.Redis, "redis://127.0.0.1:6379/0")
	def(&c.StoreVia, Direct)
	if c.StoreVia == RoleExec {
		c.StoreVia = c.Exec().Name
	}
	def(&c.Fleet.Every, 5*time.Second)
	def(&c.Lease.TTL, time.Minute)
	def(&c.Lease.Longest, 45*time.Second)
	c.Look.fill()
	if len(c.Reimage.Start) == 0 {
		c.Reimage.Start = []string{"web", "streaming", "sidekiq"}
	}
	for i := range c.Nodes {
		c.Nodes[i].fill()
	}
	return c.absolute()
}

func (n *Node) fill() {
	if n.Role == RoleWorker {
		def(&n.Mastodon.Kind, KindCompose)
		def(&n.Cache, "/var/cache/nginx")
	}
	def(&n.Cache, NoCache)
	def(&n.AccessLog, NginxLog)
	def(&n.Mastodon.Kind, KindNative)
	if n.Mastodon.Kind == KindCompose {
		def(&n.Mastodon.Dir, "/root/mastodon")
		def(&n.Mastodon.Project, filepath.Base(n.Mastodon.Dir))
		def(&n.Mastodon.Tootctl, TootctlExec)
		def(&n.Mastodon.Service, "web")
		return
	}
	def(&n.Mastodon.User, "mastodon")
	def(&n.Mastodon.Dir, "/home/mastodon/live")
}

func (c *Config) absolute() error {
	home, err := os.UserHomeDir()
	if err != nil {
		return err
	}
	base := filepath.Dir(c.path)
	for _, p := range []*string{&c.SSH.Config, &c.SSH.KnownHosts, &c.StateDir, &c.Reimage.Provision} {
		*p = resolve(*p, home, base)
	}
	for i := range c.SSH.Identities {
		c.SSH.Identities[i] = resolve(c.SSH.Identities[i], home, base)
	}
	return nil
}

// resolve expands ~ and anchors a relative path at the config file's directory.
func resolve(path, home, base string) string {
	switch {
	case path == "" || filepath.IsAbs(path):
		return path
	case path == "~" || strings.HasPrefix(path, "~/"):
		return filepath.Join(home, path[1:])
	}
	return filepath.Join(base, path)
}

func def[T comparable](at *T, value T) {
	var zero T
	if *at == zero {
		*at = value
	}
}
