package fleet

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// The roles of a node.
const (
	RoleExec   = "exec"
	RoleWorker = "worker"
)

// What a node is to the load balancer.
const (
	LBIn       = "in"       // a member, and serving as far as is known
	LBDraining = "draining" // a member that fails the balancer's check on purpose or not
	LBOut      = "out"      // a worker that is no member
	LBUnknown  = "unknown"  // nobody could tell lately
	LBNone     = "none"     // not a worker
)

// Looker is a host that commands can be run on, as remote/ssh's Host. When it also has `Link() ssh.Link`, the state of its connection is shown.
type Looker interface {
	Look(ctx context.Context, c ssh.Command) ssh.Result
}

// NodeConfig is a host that is watched.
type NodeConfig struct {
	Name      string
	Role      string // RoleExec or RoleWorker
	Dest      string // how it is reached, for showing
	Droplet   int    // the provider's id, 0 when it has none
	LameDuck  string // path of the flag file, empty when there is none
	Project   string // compose project; empty when Mastodon does not run in containers there
	Unit      string // systemd unit that runs Sidekiq on a host without containers, empty when there is none
	AccessLog string // nginx's
}

// Probe is a service that something can be said about.
type Probe struct {
	Name string // "redis"
	// Look says how it is, in a word or two, or why it is not well. It keeps to ctx.
	Look func(ctx context.Context) (string, error)
	Good func(state string) bool // whether what it says is well; nil: always
}

// Config is what is watched and how. Funcs may be nil: what cannot be looked at is left out. All funcs keep to their context.
type Config struct {
	Instance string
	Nodes    []NodeConfig
	Every    time.Duration // between looks; 5 s when zero
	Limit    time.Duration // of one look; 12 s when zero
	Cache    string        // file that keeps the last known state over a restart; empty means none

	Host     func(name string) Looker
	Balancer func(ctx context.Context) (Balancer, error)
	// Check repeats the balancer's own check of a worker: whether it passes.
	Check    func(ctx context.Context, node string) (bool, error)
	Services []Probe
	Site     func(ctx context.Context) (Site, error)
	Records  func(ctx context.Context) (Records, error)
	Sidekiqs func(ctx context.Context) ([]Sidekiq, error)
}

const (
	defaultEvery = 5 * time.Second
	defaultLimit = 12 * time.Second
	longestPause = 30 * time.Second // between looks at what does not answer
	savePause    = 30 * time.Second
	sparkline    = 30
)

// Describe turns the provider's balancer into the fleet's: members by the names of their nodes.
func Describe(b digitalocean.Balancer, nodes []NodeConfig) Balancer {
	out := Balancer{
		ID: b.ID, Name: b.Name, Status: b.Status, Tag: b.Tag, Members: make([]string, 0, len(b.DropletIDs)),
		Protocol: b.Check.Protocol, Port: b.Check.Port, Path: b.Check.Path,
		Interval: b.Check.Interval, Timeout: b.Check.Timeout, Unhealthy: b.Check.Unhealthy, Healthy: b.Check.Healthy,
	}
	for _, id := range b.DropletIDs {
		i := slices.IndexFunc(nodes, func(n NodeConfig) bool { return n.Droplet == id })
		if i < 0 {
			out.Members = append(out.Members, strconv.Itoa(id))
			continue
		}
		out.Members = append(out.Members, nodes[i].Name)
	}
	slices.Sort(out.Members)
	return out
}
