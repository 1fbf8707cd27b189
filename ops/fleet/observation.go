// Package fleet is the configured nodes and services and their latest observed state.
package fleet

import (
	"time"

	"github.com/vmtui/vmtui/ops/presence"
)

// Observation is a value, when it was seen, and why it could not be seen again since. The zero value has never been seen.
type Observation[T any] struct {
	Value T
	Seen  time.Time // of Value; zero means never
	Err   error     // of the last look; nil means Value is the last look's
	Wait  string    // why the look that is being taken takes so long, when that is known
}

// Age is how old the value is; a value never seen has no age.
func (o Observation[T]) Age(now time.Time) (time.Duration, bool) {
	return now.Sub(o.Seen), !o.Seen.IsZero()
}

// Stale reports that the last look failed, or that there was none.
func (o Observation[T]) Stale() bool { return o.Err != nil || o.Seen.IsZero() }

// Snapshot is the fleet as last observed. It is a value: readers keep it as long as they like.
type Snapshot struct {
	Instance string
	Nodes    []Node
	Balancer Observation[Balancer]
	Services []Service
	Site     Observation[Site]
	Holds    Observation[[]Hold]
	Lease    Observation[*Lease] // nil value: free
	Sidekiqs Observation[[]Sidekiq]
}

// Node is a host with a role and its latest observed state.
type Node struct {
	Name    string
	Role    string // "exec" or "worker"
	Dest    string // how it is reached
	Droplet int
	LB      string // "in", "draining", "out", "unknown", "none"
	Hold    *Hold
	Health  Observation[Health]
	Link    string // "up", "connecting", "down", "idle"
}

// Health is one look at a host.
type Health struct {
	BootID     string
	CPU        float64   // percent of all cores
	CPUs       []float64 // the last looks, oldest first, for a sparkline
	Mem        float64   // percent used
	Disk       float64   // percent used of /
	Load1      float64
	Web        int  // established connections of nginx to web
	Streaming  int  // the same to streaming
	Nginx      bool // running
	LameDuck   bool // the flag file is there
	Containers []Container
	RoundTrip  time.Duration
	LogLines   []string           // the last of the access log, oldest first
	Consoles   []presence.Console // open ones, on the exec node

	// Problems are the parts of the look that gave nothing usable, in plain words; their values are zero or those of the look before.
	Problems []string
}

// Container is one container of the instance's compose project.
type Container struct {
	Service string // compose service: web, streaming, sidekiq
	Name    string
	ID      string
	State   string // running, exited, …
	Health  string // healthy, unhealthy, starting or ""
	Image   string
	Status  string // docker's words: "Up 2 days (healthy)"
	CPU     string // docker stats, when known
	Mem     string
}

// Balancer is the load balancer as its provider tells it.
type Balancer struct {
	ID      string
	Name    string
	Status  string
	Tag     string
	Members []string // node names; a droplet that is no node of ours stands as its id
	// Health as the balancer checks it.
	Protocol  string
	Port      int
	Path      string
	Interval  time.Duration
	Timeout   time.Duration
	Unhealthy int
	Healthy   int
}

// Service is something the instance leans on.
type Service struct {
	Name  string // "load balancer", "redis", …
	State Observation[string]
	OK    bool
}

// Site is the public site, seen from here.
type Site struct {
	URL    string
	Status int
	Took   time.Duration
}

// Hold says that a worker is intentionally out, by whom and why. It does not expire.
type Hold struct {
	Worker string    `json:"worker"`
	By     string    `json:"by"`
	Why    string    `json:"why"`
	Since  time.Time `json:"since"`
	Run    string    `json:"run,omitempty"`
	Within string    `json:"within,omitempty"` // the run that Run is a step of: a roll has the lease, and not the runs it is made of
	Intent string    `json:"intent,omitempty"` // the rebuild's, while it is under way
}

// Of reports that it is a run's: its own, or that of a step of it.
func (h Hold) Of(run string) bool { return run != "" && (h.Run == run || h.Within == run) }

// Records are what stands on the exec node about who is at work and what is held. Either may be damaged while the other is not.
type Records struct {
	Holds    []Hold
	HoldsErr error
	Lease    *Lease // nil: free
	LeaseErr error
}

// Lease says who is at work.
type Lease struct {
	Owner   string    `json:"owner"`
	Host    string    `json:"host"`
	Run     string    `json:"run"`
	Token   uint64    `json:"token"`
	Renewed time.Time `json:"renewed"` // exec's clock
	Expires time.Time `json:"expires"` // exec's clock

	Left time.Duration `json:"-"` // until then, by exec's clock when it was read
}
