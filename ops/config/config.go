// Package config is the operator's one file: which instance, which nodes, how to reach them, and how careful to be.
package config

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
)

// Config is the file as the operator's guide describes it, with defaults filled in and every name checked.
type Config struct {
	Instance     string            `yaml:"instance"`
	Site         string            `yaml:"site"` // public URL to look at; https://INSTANCE by default
	Nodes        []Node            `yaml:"nodes"`
	SSH          SSH               `yaml:"ssh"`
	DigitalOcean DigitalOcean      `yaml:"digitalocean"`
	LoadBalancer LoadBalancer      `yaml:"load_balancer"`
	Reimage      Reimage           `yaml:"reimage"`
	Certificate  Certificate       `yaml:"certificate"`
	Upgrade      Upgrade           `yaml:"upgrade"`
	Cloudflare   Cloudflare        `yaml:"cloudflare"`
	Sidekiq      Sidekiq           `yaml:"sidekiq"`
	Fleet        Fleet             `yaml:"fleet"`
	Lease        Lease             `yaml:"lease"`
	Store        string            `yaml:"store"`     // sqlite, postgres://…, or a secret reference to such a URL
	StoreVia     string            `yaml:"store_via"` // the node whose network reaches that PostgreSQL, or direct
	ReadOnly     bool              `yaml:"read_only"`
	StateDir     string            `yaml:"state_dir"`
	Bindings     map[string]string `yaml:"bindings"`
	Color        string            `yaml:"color"`
	Operator     string            `yaml:"operator"` // who you are to the others; the login name by default
	Look         `yaml:",inline"`

	path string
	at   position
}

// Path is the file the configuration came from.
func (c *Config) Path() string { return c.path }

// Blame says in an error which line of the file it comes from: what a line names may turn out to be wrong only when it is used.
func (c *Config) Blame(yamlPath string, err error) error {
	var blamed []error
	for _, f := range fault.All(err) {
		told := *f
		told.On = strings.TrimPrefix(told.On+", "+c.at.of(yamlPath), ", ")
		blamed = append(blamed, &told)
	}
	if len(blamed) == 1 {
		return blamed[0]
	}
	return errors.Join(blamed...)
}

// Where is FILE:LINE of a value, or of what holds it.
func (c *Config) Where(yamlPath string) string { return c.at.of(yamlPath) }

// Node is a host with a role.
type Node struct {
	Name     string   `yaml:"name"`
	Role     string   `yaml:"role"` // exec or worker
	SSH      string   `yaml:"ssh"`  // an alias of ssh_config, or [user@]host[:port]
	Droplet  int      `yaml:"droplet"`
	Mastodon Mastodon `yaml:"mastodon"`
	Cache    string   `yaml:"nginx_cache"` // the directory of nginx's own cache, or none

	AccessLog string `yaml:"access_log"` // what nginx writes of each request
}

// Mastodon says how Mastodon runs on a node.
type Mastodon struct {
	Kind    string `yaml:"kind"` // native or compose
	User    string `yaml:"user"`
	Dir     string `yaml:"dir"`
	Project string `yaml:"project"` // the compose project

	Env     map[string]string `yaml:"env"`     // more of tootctl's environment; no secrets: what runs is shown
	Rbenv   string            `yaml:"rbenv"`   // rbenv's root, ~/.rbenv of the user by default
	Tootctl string            `yaml:"tootctl"` // compose: exec in a running container, or run in a new one
	Service string            `yaml:"service"` // compose: whose container or image, web by default
}

// SSH is how hosts are reached and trusted.
type SSH struct {
	Transport  string        `yaml:"transport"` // own, or openssh: over the operator's ssh
	Config     string        `yaml:"config"`
	KnownHosts string        `yaml:"known_hosts"`
	Identities []string      `yaml:"identities"`
	Agent      *bool         `yaml:"agent"`
	Retry      time.Duration `yaml:"retry"` // between full logins after a reboot; OpenSSH >= 9.8 penalises anything hastier than 10s
}

// UseAgent reports whether the agent of SSH_AUTH_SOCK is asked for keys; it is, unless the file says no.
func (s SSH) UseAgent() bool { return s.Agent == nil || *s.Agent }

// The ways in which connections are made.
const (
	TransportOwn     = "own"
	TransportOpenSSH = "openssh"
)

// OtherKnownHosts is the file with the hosts' keys when it is not the one that ssh uses by itself.
func (s SSH) OtherKnownHosts() string {
	if home, err := os.UserHomeDir(); err == nil && s.KnownHosts == filepath.Join(home, ".ssh", "known_hosts") {
		return ""
	}
	return s.KnownHosts
}

// DigitalOcean is the provider's API.
type DigitalOcean struct {
	Token string        `yaml:"token"` // a reference: env:, file:, keyring: or cmd:
	URL   string        `yaml:"api_url"`
	Poll  time.Duration `yaml:"poll"` // between looks at an action
}

// LoadBalancer is the balancer before the workers.
type LoadBalancer struct {
	ID           string        `yaml:"id"`
	Least        *int          `yaml:"min_healthy"` // as the file has it; nil where it is silent
	MinHealthy   int           `yaml:"-"`           // healthy members that must remain besides the one that leaves
	DrainTimeout time.Duration `yaml:"drain_timeout"`
	Front        string        `yaml:"front"`     // where the balancer itself is asked, past the edge; its address by the API where the file is silent
	LameDuck     string        `yaml:"lame_duck"` // flag file on the worker that makes nginx fail the balancer's check; "none" when there is none
}

// Reimage is how a worker gets its new disk.
type Reimage struct {
	Image     string        `yaml:"image"`     // name, slug or id
	Wait      time.Duration `yaml:"wait"`      // for the new disk to answer
	Provision string        `yaml:"provision"` // script, relative to this file; it must start nothing
	Start     []string      `yaml:"start"`     // compose services, in order; sidekiq is always last
	Settle    time.Duration `yaml:"settle"`    // how long at most a returned worker is watched against its peers
}

// Certificate is the one that the workers serve.
type Certificate struct {
	File string `yaml:"file"` // on the workers; relative to the directory of their Mastodon
	Port int    `yaml:"port"` // where nginx serves TLS
}

// Upgrade is how Mastodon comes to its next version.
type Upgrade struct {
	DBHost string `yaml:"db_host"` // of the database itself, for migrations: a transaction pool loses their locks; "" leaves it as it is
	DBPort int    `yaml:"db_port"` // the same; 0 leaves it as it is
	DBName string `yaml:"db_name"` // the real database behind the pool's name; "" leaves it as it is

	Database string        `yaml:"database"`   // the managed one, as the provider calls it: its backups are looked at; "" where it is not the provider's
	Backup   time.Duration `yaml:"backup_age"` // how old its newest backup may be
}

// Direct is the environment by which a command reaches the database itself.
func (u Upgrade) Direct() []string {
	var env []string
	add := func(name, value string) {
		if value != "" && value != "0" {
			env = append(env, name+"="+value)
		}
	}
	add("DB_HOST", u.DBHost)
	add("DB_PORT", strconv.Itoa(u.DBPort))
	add("DB_NAME", u.DBName)
	return env
}

// Cloudflare is the edge.
type Cloudflare struct {
	Token string `yaml:"token"`
	Zone  string `yaml:"zone"`
	URL   string `yaml:"api_url"`
}

// Sidekiq is where the job queues live.
type Sidekiq struct {
	Via       string `yaml:"via"`   // the node whose network reaches Redis
	Redis     string `yaml:"redis"` // URL as seen from there; may be a secret reference
	Namespace string `yaml:"namespace"`
}

// Fleet is how often the fleet is looked at.
type Fleet struct {
	Every time.Duration `yaml:"every"`
}

// Lease is how long the right to be at work lasts.
type Lease struct {
	TTL     time.Duration `yaml:"ttl"`     // a renewal's; renewed every quarter of it
	Longest time.Duration `yaml:"longest"` // the longest request that may still be on the wire when a lease ends; a takeover waits it out
}

// Exec is the node with the exec role. Load has made sure that there is exactly one.
func (c *Config) Exec() Node {
	for _, n := range c.Nodes {
		if n.Role == RoleExec {
			return n
		}
	}
	return Node{}
}

// Node finds a node by name.
func (c *Config) Node(name string) (Node, bool) {
	for i := range c.Nodes {
		if c.Nodes[i].Name == name {
			return c.Nodes[i], true
		}
	}
	return Node{}, false
}

// NoNode refuses a name that no node has, and says which there are.
func (c *Config) NoNode(name string) error { return c.none("no such node", name, c.Nodes) }

// NoWorker refuses a name that no worker has, and says which there are.
func (c *Config) NoWorker(name string) error { return c.none("no such worker", name, c.Workers()) }

func (c *Config) none(what, name string, there []Node) error {
	names := make([]string, len(there))
	for i, n := range there {
		names[i] = n.Name
	}
	return &fault.Error{What: what, On: name, Why: c.path + " names none so", Next: "name one of " + strings.Join(names, ", "), Code: fault.Usage}
}

// Workers are the nodes with the worker role, in the file's order.
func (c *Config) Workers() []Node {
	var out []Node
	for _, n := range c.Nodes {
		if n.Role == RoleWorker {
			out = append(out, n)
		}
	}
	return out
}

// The roles of a node and the kinds of a Mastodon.
const (
	RoleExec    = "exec"
	RoleWorker  = "worker"
	KindNative  = "native"
	KindCompose = "compose"
	NoLameDuck  = "none"
	NoCache     = "none"
	NginxLog    = "/var/log/nginx/access.log" // as Debian builds nginx
	TootctlExec = "exec"
	TootctlRun  = "run"
	Direct      = "direct" // dialled from here
	LocalStore  = "sqlite"
)
