package worker

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
)

// parity proves the worker equal to a peer before it may serve a page or take a job.
func (c *crew) parity() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "parity", Title: "Prove it equal to its peers", Kind: run.Read, Skip: true, NoUndo: "it changed nothing",
			Why: "A worker with other code, configuration or time serves wrong pages and spoils jobs, while its health path says OK.", Panes: []string{"host", "containers"},
		},
		Deadline: 5 * time.Minute,
		Plan: plan(
			c.node.Name+"$ findmnt -n -o FSTYPE "+c.node.Mastodon.Dir+"   (docker would create absent folders on the local disk)",
			c.node.Name+"$ PING to Redis at 127.0.0.1:6379   (a tunnel that accepts and closes passes a TCP check)",
			"sha256sum of .env.production, docker-compose.yml and nginx's certificates, clock, image digests: equal to a peer's",
			c.node.Name+"$ df -P /",
		),
		Do: func(ctx context.Context, w *run.Walk) error {
			peer, err := c.referee(ctx, w)
			if err != nil {
				return err
			}
			return doChecks(c.parityChecks(peer))(ctx, w)
		},
	}
}

// referee is a healthy peer to compare with, "" when the worker stands alone.
func (c *crew) referee(ctx context.Context, w *run.Walk) (string, error) {
	healthy, unhealthy, err := c.healthyPeers(ctx)
	if err != nil || len(healthy) > 0 {
		return first(healthy), err
	}
	w.Out("warning: no healthy peer to compare with: %s", list(unhealthy))
	return "", nil
}

func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

func (c *crew) parityChecks(peer string) []check {
	checks := []check{{"mount", c.checkMount}, {"redis", c.checkTunnel}, {"disk", c.checkDisk}, {"pulled", c.checkPulled}}
	if peer == "" {
		return checks
	}
	compared := func(what, script string) check {
		return check{what, func(ctx context.Context) (string, error) { return c.same(ctx, peer, what, script) }}
	}
	return append(checks,
		compared("configuration", `cd "$1" && sha256sum .env.production docker-compose.yml`),
		compared("certificates", certificatesScript),
		compared("images", imagesScript),
		check{"clock", func(ctx context.Context) (string, error) { return c.checkClock(ctx, peer) }},
	)
}

// imagesScript prints each image the compose file names with its local digest.
const imagesScript = `cd "$1" && for i in $(docker compose -p "$2" config --images | sort -u); do echo "$i $(docker image inspect --format '{{.Id}}' "$i" 2>/dev/null || echo absent)"; done`

// certificatesScript prints the digest of each certificate that nginx is configured with. A key is not read.
const certificatesScript = `nginx -T 2>/dev/null | sed -n 's/^[[:space:]]*ssl_certificate[[:space:]][[:space:]]*\([^;]*\);.*/\1/p' | sort -u | while read -r f; do sha256sum "$f"; done`

// checkPulled makes sure that every image is there: what is pulled only when it is needed is pulled when a registry says 429.
func (c *crew) checkPulled(ctx context.Context) (string, error) {
	out, err := c.ask(ctx, "looking for the images", imagesScript, c.node.Mastodon.Dir, c.node.Mastodon.Project)
	if err != nil {
		return "", err
	}
	var missing []string
	for line := range strings.Lines(out) {
		if image, absent := strings.CutSuffix(strings.TrimSpace(line), " absent"); absent {
			missing = append(missing, image)
		}
	}
	if len(missing) > 0 || out == "" {
		return "", &fault.Error{What: "images are not pulled", On: c.node.Name, Why: list(missing) + " of those that the compose file names", Next: "run `docker compose pull` there, then retry"}
	}
	return "every image is there", nil
}

// same compares what a script says of the target's Mastodon with what it says of the peer's. $1 is its directory there, $2 its compose project.
func (c *crew) same(ctx context.Context, peer, what, script string) (string, error) {
	say := func(on config.Node) (string, error) {
		return askOn(ctx, c.Host(on.Name), on.Name, "reading "+what, script, on.Mastodon.Dir, on.Mastodon.Project)
	}
	mine, err := say(c.node)
	if err != nil {
		return "", err
	}
	other, _ := c.Config.Node(peer)
	theirs, err := say(other)
	if err != nil {
		return "", err
	}
	if mine != theirs {
		return "", &fault.Error{What: "the worker differs from its peer", On: c.node.Name, Why: fmt.Sprintf("%s: here %q, on %s %q", what, mine, peer, theirs), Next: "mend the image or the provisioning, then retry"}
	}
	return "equal to " + peer, nil
}

// mountOf is the file system that is mounted on a node's Mastodon, "" when none is.
func (c *crew) mountOf(ctx context.Context, n config.Node) (string, error) {
	return askOn(ctx, c.Host(n.Name), n.Name, "looking for the shared directory", `findmnt -n -o FSTYPE "$1" || true`, n.Mastodon.Dir)
}

func filesystem(kind string) string {
	if kind == "" {
		return "the local disk"
	}
	return kind
}

func (c *crew) checkMount(ctx context.Context) (string, error) {
	kind, err := c.mountOf(ctx, c.node)
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(kind, "nfs") {
		return c.notMounted(ctx, kind)
	}
	return c.node.Mastodon.Dir + " is " + kind, nil
}

// notMounted refuses when the peers have the directory on NFS and this worker does not.
func (c *crew) notMounted(ctx context.Context, kind string) (string, error) {
	for _, p := range c.peers() {
		theirs, err := c.mountOf(ctx, p)
		if err == nil && theirs != kind {
			return "", &fault.Error{What: "the shared directory is not mounted", On: c.node.Name, Why: fmt.Sprintf("%s is on %s here, and on %s on %s", c.node.Mastodon.Dir, filesystem(kind), filesystem(theirs), p.Name), Next: "mount it (check the NFS export's list of addresses), then retry"}
		}
	}
	return c.node.Mastodon.Dir + " is local, as on its peers", nil
}

func (c *crew) checkTunnel(ctx context.Context) (string, error) {
	out, err := c.ask(ctx, "asking Redis", `printf 'PING\r\nQUIT\r\n' | nc -w 3 127.0.0.1 6379 || true`)
	if err != nil {
		return "", err
	}
	// A server that asks for a password has answered: the tunnel works.
	if strings.HasPrefix(out, "+PONG") || strings.HasPrefix(out, "-NOAUTH") {
		return "answers through the tunnel", nil
	}
	return "", &fault.Error{What: "Redis does not answer through the tunnel", On: c.node.Name, Why: fmt.Sprintf("PING to 127.0.0.1:6379 gave %q", out), Next: "look at stunnel there: systemctl status stunnel4; then retry"}
}

// full is how many percent of a disk may be used before a worker is not trusted with traffic.
const full = 90

func (c *crew) checkDisk(ctx context.Context) (string, error) {
	out, err := c.ask(ctx, "looking at the disk", `df -P / | tail -n 1`)
	if err != nil {
		return "", err
	}
	fields := strings.Fields(out)
	if len(fields) < 5 {
		return "", fmt.Errorf("looking at the disk of %s: %q", c.node.Name, out)
	}
	used, err := strconv.Atoi(strings.TrimSuffix(fields[4], "%"))
	if err != nil {
		return "", fmt.Errorf("looking at the disk of %s: %q", c.node.Name, out)
	}
	if used >= full {
		return "", &fault.Error{What: "the disk is nearly full", On: c.node.Name, Why: fields[4] + " used", Next: "make room, then retry"}
	}
	return fields[4] + " used", nil
}

// skew is how far a clock may be off its peer's before tokens and signatures fail.
const skew = 5

func (c *crew) checkClock(ctx context.Context, peer string) (string, error) {
	began := time.Now()
	mine, err := c.count(ctx, "reading the clock", "date +%s")
	if err != nil {
		return "", err
	}
	out, err := askOn(ctx, c.Host(peer), peer, "reading the clock", "date +%s")
	if err != nil {
		return "", err
	}
	theirs, err := strconv.Atoi(out)
	if err != nil {
		return "", fmt.Errorf("reading the clock of %s: %q", peer, out)
	}
	off := max(mine-theirs, theirs-mine)
	if off > skew+int(time.Since(began).Seconds()) {
		return "", &fault.Error{What: "the clock is wrong", On: c.node.Name, Why: fmt.Sprintf("%d s off %s's", off, peer), Next: "start its time service, then retry"}
	}
	return fmt.Sprintf("within %d s of %s's", off, peer), nil
}
