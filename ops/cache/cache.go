// Package cache is the caches between Mastodon and its visitors: nginx's on each worker, the CDN before the Space, and the edge. It asks each layer what it
// answers, says which of them is wrong and by which rule, purges them in one act from the origin outwards, and proves what came of it.
package cache

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/cloudflare"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/page"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Host is a machine.
type Host interface {
	Look(ctx context.Context, c ssh.Command) ssh.Result
	Do(ctx context.Context, p remote.Permit, c ssh.Command) ssh.Result
}

// Edge is the part of the edge's API that is used here.
type Edge interface {
	Look(ctx context.Context) (cloudflare.Zone, error)
	Limits(ctx context.Context) (cloudflare.Limits, error)
	Verify(ctx context.Context) (cloudflare.Token, error)
	ProvePurge(ctx context.Context, p remote.Permit) error
	Purge(ctx context.Context, p remote.Permit, b cloudflare.Batch) error
	Setting(ctx context.Context, name string) (cloudflare.Setting, error)
	Set(ctx context.Context, p remote.Permit, name, value string) error
	Records(ctx context.Context) ([]cloudflare.Record, error)
	Certificates(ctx context.Context) ([]cloudflare.Certificate, error)
	CacheRules(ctx context.Context) ([]cloudflare.Rule, error)
	PageRules(ctx context.Context) ([]cloudflare.Rule, error)
}

// Provider is the part of the provider's API that is used here.
type Provider interface {
	Balancer(ctx context.Context, id string) (digitalocean.Balancer, error)
	Droplet(ctx context.Context, id int) (digitalocean.Droplet, error)
	CDNs(ctx context.Context) ([]digitalocean.CDN, error)
	PurgeCDN(ctx context.Context, p remote.Permit, cdn string, files []string) error
}

// Room is where the caches of one instance are seen and purged.
type Room struct {
	Config   *config.Config
	Operator string // "mike@laptop"
	Edge     Edge   // nil: none is configured
	Provider Provider
	Host     func(node string) Host
	Get      func(ctx context.Context, a page.Ask) (page.Answer, error)
	Door     *act.Door
	Journal  act.Journal
	Redact   func(string) string

	mu    sync.Mutex
	last  looks
	stale bool // a setting was switched since
}

// dir is where what was purged is remembered.
func (r *Room) dir() string { return filepath.Join(r.Config.StateDir, "purges") }

// zone is the name under which everything is purged; it is what is typed.
func (r *Room) zone() string {
	if r.Config.Cloudflare.Zone != "" {
		return r.Config.Cloudflare.Zone
	}
	return r.Config.Instance
}

// needEdge is the error of whoever wants the edge where there is none.
func (r *Room) needEdge() error {
	if r.Edge != nil {
		return nil
	}
	return &fault.Error{What: "no edge is configured", On: r.Config.Path(), Next: "add `cloudflare: {token: env:CLOUDFLARE_API_TOKEN, zone: …}` to the config", Code: fault.Usage}
}

// Address makes a whole URL of what an operator types: a path alone is of the instance, and so is an address of the configured site.
func (r *Room) Address(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	if strings.HasPrefix(typed, "/") && !strings.HasPrefix(typed, "//") {
		typed = "https://" + r.Config.Instance + typed
	}
	u, err := url.Parse(typed)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return "", &fault.Error{What: "no URL that could be asked for", On: typed, Next: "write a path such as /@picard, or a whole URL: https://" + r.Config.Instance + "/@picard", Code: fault.Usage}
	}
	if site, err := url.Parse(r.Config.Site); err == nil && u.Host == site.Host {
		u.Scheme, u.Host = "https", r.Config.Instance
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.Fragment = ""
	return u.String(), nil
}

// short is a moment in which a layer may be asked.
const short = 20 * time.Second
