package worker

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// The balancer's own probe, repeated from exec: private address, its protocol, port and path, no Host or SNI of ours.
const (
	httpProbe = `curl -sS -o /dev/null -w '%{http_code} %{time_total}' "$@"`
	tcpProbe  = `nc -z -w "$1" "$2" "$3"`
)

// NoAnswer are curl's exit statuses when nobody answered as HTTP: refused, timed out, no TLS, nothing said, cut off. Who asks whether somebody does has
// an answer in each of them.
func NoAnswer() []int { return []int{7, 28, 35, 52, 56} }

// health is what the balancer would see.
type health struct {
	status int    // of an HTTP check; 0 when nothing answered
	up     bool   // the balancer would call it healthy
	detail string // in words
}

// redirected: the provider's pages disagree whether such an answer is healthy, so it is taken for neither.
func (h health) redirected() bool { return h.status >= 300 && h.status < 400 }

// probeCommand is the probe of one member, as a command for exec.
func (in inputs) probeCommand(address string) ssh.Command {
	seconds := strconv.Itoa(max(1, int(math.Ceil(in.Check.Timeout.Seconds()))))
	if in.Check.Protocol == "tcp" {
		return ssh.Command{For: "repeat the balancer's check", Script: tcpProbe, Args: []string{seconds, address, strconv.Itoa(in.Check.Port)}, Answers: []int{1}}
	}
	return ssh.Command{
		For: "repeat the balancer's check", Script: httpProbe, Args: append(in.curlFlags(in.Check), "-m", seconds, probeURL(in.Check, address)), Answers: NoAnswer(),
	}
}

// curlFlags speak to a member as the balancer does: any certificate will do, and a backend that expects a PROXY header gets one.
func (in inputs) curlFlags(check digitalocean.HealthCheck) []string {
	var flags []string
	if check.Protocol == "https" {
		flags = append(flags, "-k")
	}
	if in.Proxy {
		flags = append(flags, "--haproxy-protocol")
	}
	return flags
}

func probeURL(check digitalocean.HealthCheck, address string) string {
	return fmt.Sprintf("%s://%s:%d%s", check.Protocol, address, check.Port, check.Path)
}

// probe asks exec what the balancer would see at address. Only an unreachable exec is an error: a probe that fails is an answer.
func (c *crew) probe(ctx context.Context, address string) (health, error) {
	res := c.exec().Look(ctx, c.in.probeCommand(address))
	if res.Outcome != ssh.Exited {
		return health{}, res.Err("repeating the balancer's probe", c.Config.Exec().Name)
	}
	if c.in.Check.Protocol == "tcp" {
		return health{up: res.OK(), detail: map[bool]string{true: "accepts connections", false: "refuses connections"}[res.OK()]}, nil
	}
	status, _ := answerOf(res.Stdout)
	if status == 0 {
		return health{detail: "no answer"}, nil
	}
	// Only 200-299 is taken as healthy here.
	return health{status: status, up: status >= 200 && status < 300, detail: "answers " + strconv.Itoa(status)}, nil
}

// answerOf is what curl says of an answer: its status, 0 when there was none, and how long it took.
func answerOf(out string) (status int, took time.Duration) {
	if _, err := fmt.Sscan(out, &status); err != nil {
		return 0, 0
	}
	var seconds float64
	if _, err := fmt.Sscan(out, &status, &seconds); err != nil {
		return status, 0
	}
	return status, time.Duration(seconds * float64(time.Second))
}

// healthyPeers probes every other worker that is a member of the balancer.
func (c *crew) healthyPeers(ctx context.Context) (healthy, unhealthy []string, err error) {
	lb, err := c.Cloud.Balancer(ctx, c.in.Balancer)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range c.peers() {
		h, err := c.peerHealth(ctx, lb, p)
		if err != nil {
			return nil, nil, err
		}
		if h.up {
			healthy = append(healthy, p.Name)
			continue
		}
		unhealthy = append(unhealthy, p.Name+" ("+h.detail+")")
	}
	return healthy, unhealthy, nil
}

func (c *crew) peerHealth(ctx context.Context, lb digitalocean.Balancer, p config.Node) (health, error) {
	if !lb.Has(p.Droplet) {
		return health{detail: "not in the load balancer"}, nil
	}
	return c.probe(ctx, c.in.Peers[p.Name])
}

// budget refuses to go on unless enough members other than the target are healthy right now. Membership alone proves nothing.
func (c *crew) budget(ctx context.Context) (string, error) {
	healthy, unhealthy, err := c.healthyPeers(ctx)
	if err != nil {
		return "", err
	}
	need := c.Config.LoadBalancer.MinHealthy
	if len(healthy) < need {
		return "", &fault.Error{
			What: "too few healthy workers would remain", On: c.node.Name,
			Why:  fmt.Sprintf("%d required besides %s, healthy: %s; not: %s", need, c.node.Name, list(healthy), list(unhealthy)),
			Next: "bring the others back first (`vmtui status`), or lower load_balancer.min_healthy if you mean it", Code: fault.Refused,
		}
	}
	return fmt.Sprintf("%d healthy besides %s (%s), %d required", len(healthy), c.node.Name, list(healthy), need), nil
}

// afford is the budget once more, just before something is sent that needs it.
func (c *crew) afford(ctx context.Context, w *run.Walk) error {
	said, err := c.budget(ctx)
	if err == nil {
		w.Out("budget: %s", said)
	}
	return err
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// drainTime is how long the balancer takes to notice a failing member, by its own settings, with one interval to spare.
func (c *crew) drainTime() time.Duration {
	return c.in.Check.DrainTime() + c.in.Check.Interval
}

func round(d time.Duration) string { return spelling.Span(d) }
