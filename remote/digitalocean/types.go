package digitalocean

import (
	"time"

	"github.com/digitalocean/godo"
)

// Account is whose token it is.
type Account struct {
	Email        string
	Team         string
	Status       string // "active", "warning", "locked"
	DropletLimit int
}

// Balancer is a load balancer. DropletIDs is membership, not health.
type Balancer struct {
	ID            string
	Name          string
	Status        string // "new", "active", "errored"
	IP            string
	IPv6          string // empty where it has none
	Tag           string // members are selected by this tag; empty when they are listed by id
	DropletIDs    []int
	Check         HealthCheck
	ProxyProtocol bool
	RedirectHTTP  bool
	Forwarding    []Rule
}

// Has reports that a droplet is a member.
func (b Balancer) Has(droplet int) bool {
	for _, id := range b.DropletIDs {
		if id == droplet {
			return true
		}
	}
	return false
}

// Rule forwards an entry port to a port of the members.
type Rule struct {
	EntryProtocol  string
	EntryPort      int
	TargetProtocol string
	TargetPort     int
	Passthrough    bool // TLS is ended by the members
}

// HealthCheck is how the balancer asks whether a member is well.
type HealthCheck struct {
	Protocol  string // "http", "https", "tcp"
	Path      string // empty for tcp
	Port      int
	Interval  time.Duration
	Timeout   time.Duration
	Unhealthy int // failures in a row until a member is out
	Healthy   int // successes in a row until it is in again
}

// DrainTime is how long the balancer may go on sending requests to a member that began to fail its check: a failure may begin just after a good
// check, and each failing check may use its whole timeout.
func (h HealthCheck) DrainTime() time.Duration {
	return time.Duration(h.Unhealthy)*h.Interval + h.Timeout
}

// EntryTime is how long the balancer may take until it sends requests to a member that passes its check.
func (h HealthCheck) EntryTime() time.Duration {
	return time.Duration(h.Healthy)*h.Interval + h.Timeout
}

// Droplet is a machine.
type Droplet struct {
	ID        int
	Name      string
	Status    string // "new", "active", "off", "archive"
	PublicIP  string
	PrivateIP string
	Image     Image
	Tags      []string
	Locked    bool      // an action is under way
	Region    string    // slug
	Size      string    // slug
	VPC       string    // id
	Features  []string  // "ipv6", "monitoring", "backups", …
	Volumes   []string  // ids of block storage that is attached
	Created   time.Time // zero when unknown
}

// Action is something the provider does or did to a resource.
type Action struct {
	ID        int
	Type      string    // "rebuild", "power_off", …
	Status    string    // "in-progress", "completed", "errored"
	Started   time.Time // zero when unknown
	Completed time.Time // zero while it is under way
	Resource  int       // the droplet's id
}

// Off is the status of a droplet that is powered off.
const Off = "off"

// The statuses of an action. Any other is one that nobody here knows, and neither success nor failure.
const (
	InProgress = "in-progress"
	Completed  = "completed"
	Errored    = "errored"
)

// Finished reports that the action will not change any more. Only Completed is success.
func (a Action) Finished() bool { return a.Status == Completed || a.Status == Errored }

// Image is what a disk can be made of.
type Image struct {
	ID           int
	Name         string
	Slug         string
	Distribution string // the OS family: "Debian"
	Type         string // "base", "snapshot", "backup", "custom"
}

// Backup is one that the provider keeps of a managed database.
type Backup struct {
	Made time.Time
	GB   float64
}

// TagUses is what hangs on a tag.
type TagUses struct {
	Tag       string
	Droplets  []Droplet // that carry it
	Databases []string  // names of the databases whose trusted sources name it
	Balancers []string  // ids of the load balancers that select their members by it
}

func balancerOf(l godo.LoadBalancer) Balancer {
	b := Balancer{
		ID: text(l.ID), Name: text(l.Name), Status: text(l.Status), IP: text(l.IP), IPv6: text(l.IPv6), Tag: text(l.Tag), DropletIDs: l.DropletIDs,
		ProxyProtocol: l.EnableProxyProtocol, RedirectHTTP: l.RedirectHttpToHttps,
	}
	if h := l.HealthCheck; h != nil {
		b.Check = HealthCheck{
			Protocol: text(h.Protocol), Path: text(h.Path), Port: h.Port, Unhealthy: h.UnhealthyThreshold, Healthy: h.HealthyThreshold,
			Interval: time.Duration(h.CheckIntervalSeconds) * time.Second, Timeout: time.Duration(h.ResponseTimeoutSeconds) * time.Second,
		}
	}
	for _, r := range l.ForwardingRules {
		b.Forwarding = append(b.Forwarding, Rule{
			EntryProtocol: text(r.EntryProtocol), EntryPort: r.EntryPort,
			TargetProtocol: text(r.TargetProtocol), TargetPort: r.TargetPort, Passthrough: r.TlsPassthrough,
		})
	}
	return b
}

func dropletOf(d godo.Droplet) Droplet {
	out := Droplet{
		ID: d.ID, Name: text(d.Name), Status: text(d.Status), Locked: d.Locked, Size: text(d.SizeSlug), VPC: text(d.VPCUUID),
		Features: each(d.Features, text), Volumes: each(d.VolumeIDs, text),
	}
	if d.Region != nil {
		out.Region = text(d.Region.Slug)
	}
	if at, err := time.Parse(time.RFC3339, d.Created); err == nil {
		out.Created = at
	}
	if d.Networks != nil {
		public, _ := d.PublicIPv4() // fails only without networks
		private, _ := d.PrivateIPv4()
		out.PublicIP, out.PrivateIP = text(public), text(private)
	}
	if d.Image != nil {
		out.Image = imageOf(*d.Image)
	}
	for _, t := range d.Tags {
		out.Tags = append(out.Tags, text(t))
	}
	return out
}

func actionOf(a godo.Action) Action {
	out := Action{ID: a.ID, Type: text(a.Type), Status: text(a.Status), Resource: a.ResourceID}
	if a.StartedAt != nil {
		out.Started = a.StartedAt.Time
	}
	if a.CompletedAt != nil {
		out.Completed = a.CompletedAt.Time
	}
	return out
}

func imageOf(i godo.Image) Image {
	return Image{ID: i.ID, Name: text(i.Name), Slug: text(i.Slug), Distribution: text(i.Distribution), Type: text(i.Type)}
}

func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, a := range in {
		out = append(out, f(a))
	}
	return out
}
