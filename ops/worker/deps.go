// Package worker holds the runbooks of a worker's maintenance: drain, reimage, return. Each step knows what it does to the world, how to see
// whether that is so, and how to take it back; the engine in ops/run walks them.
package worker

import (
	"context"
	"time"

	cryptossh "golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Host is a machine that commands can be run on.
type Host interface {
	Look(ctx context.Context, c ssh.Command) ssh.Result
	Do(ctx context.Context, p remote.Permit, c ssh.Command) ssh.Result
	Addr() string    // host:port as dialled
	KnownAs() string // how the known hosts name it
	// PublicKeys are the keys of ours that this host is shown, in authorized_keys form.
	PublicKeys(ctx context.Context) ([]string, error)
	Drop()
}

// Cloud is the part of the provider's API that the runbooks use.
type Cloud interface {
	Balancer(ctx context.Context, id string) (digitalocean.Balancer, error)
	Account(ctx context.Context) (digitalocean.Account, error)
	Droplet(ctx context.Context, id int) (digitalocean.Droplet, error)
	Droplets(ctx context.Context) ([]digitalocean.Droplet, error)
	Named(ctx context.Context, name string) ([]digitalocean.Droplet, error)
	DropletActions(ctx context.Context, id int) ([]digitalocean.Action, error)
	AdoptRebuild(ctx context.Context, droplet, after int) ([]digitalocean.Action, error)
	Action(ctx context.Context, id int) (digitalocean.Action, error)
	ImageByName(ctx context.Context, name string) (digitalocean.Image, error)
	TagUses(ctx context.Context, tag string) (digitalocean.TagUses, error)
	Backups(ctx context.Context, database string) ([]digitalocean.Backup, error)
	AddDroplet(ctx context.Context, p remote.Permit, balancer string, droplet int) error
	RemoveDroplet(ctx context.Context, p remote.Permit, balancer string, droplet int) error
	Tag(ctx context.Context, p remote.Permit, tag string, droplet int) error
	Untag(ctx context.Context, p remote.Permit, tag string, droplet int) error
	Rebuild(ctx context.Context, p remote.Permit, droplet, image int) (digitalocean.Action, error)
	PowerOn(ctx context.Context, p remote.Permit, droplet int) (digitalocean.Action, error)
	CreateDroplet(ctx context.Context, p remote.Permit, want digitalocean.Creation) (d digitalocean.Droplet, action int, err error)
	DestroyDroplet(ctx context.Context, p remote.Permit, droplet int) error
}

// Jobs is the part of Sidekiq that the runbooks use.
type Jobs interface {
	Processes(ctx context.Context) ([]sidekiq.Process, error)
	Quiet(ctx context.Context, p act.Permit, identities []string) error
	Work(ctx context.Context, identity string) ([]sidekiq.Job, error)
	PutBack(ctx context.Context, p act.Permit, jobs []sidekiq.Job) error
}

// Records are the lease's neighbours on the exec node.
type Records interface {
	Hold(ctx context.Context, worker string) (*fleet.Hold, error)
	SetHold(ctx context.Context, p act.Permit, h fleet.Hold) error
	ClearHold(ctx context.Context, p act.Permit, worker string) error
	Enter(ctx context.Context, p act.Permit, r keys.Renewal) error
	OnExec(ctx context.Context, p act.Permit, what, script string, args ...string) error
}

// Trust is what may be done to the known hosts.
type Trust interface {
	Fingerprints(host string) []string
	Entries(host string) ([]keys.Entry, error)
	Renew(ctx context.Context, w keys.Window) error
	Renewing(host string) (done func())
	Forget(ctx context.Context, host string) ([]keys.Entry, error)
}

// Deps is everything the runbooks act through.
type Deps struct {
	Config   *config.Config
	Operator string
	Host     func(node string) Host
	HostAt   func(name, destination string) Host // a machine that no config knows yet
	Cloud    Cloud
	Jobs     Jobs
	Records  Records
	Trust    Trust
}

// crew is one runbook's hands: the dependencies, the target, and what was resolved about it when the run was made.
type crew struct {
	Deps
	node config.Node
	in   inputs
	lost []sidekiq.Job // possibly: last seen in the hands of a process that vanished

	// What was seen while something else was waited for, in this process. It spares a wait, and nothing depends on it.
	beats   *heartbeats // of the target's Sidekiq
	counted *int        // requests that the target had answered, an interval of the balancer's check ago
	served  *comparison // of the target with its peers, since it serves again
}

// pace is how often a host is asked when the world gives no rhythm of its own.
const pace = time.Second

func (c *crew) host() Host { return c.Host(c.node.Name) }
func (c *crew) exec() Host { return c.Host(c.Config.Exec().Name) }

// peers are the other workers.
func (c *crew) peers() []config.Node {
	var out []config.Node
	for _, n := range c.Config.Workers() {
		if n.Name != c.node.Name {
			out = append(out, n)
		}
	}
	return out
}

// fingerprint is the SHA256 form that ssh itself prints.
func fingerprint(k cryptossh.PublicKey) string { return cryptossh.FingerprintSHA256(k) }
