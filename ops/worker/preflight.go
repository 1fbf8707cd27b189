package worker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// preflight is all or nothing: whatever would make the walk lose something is found before anything is touched.
func (c *crew) preflight(newDisk bool) run.Step {
	checks := []check{
		{"identity", c.checkIdentity}, {"budget", c.budget}, {"provider", c.checkActions}, {"balancer", c.checkBalancer},
		{"scheduler", c.checkScheduler}, {"people", c.checkPeople}, {"grace", c.checkGrace}, {"log", c.checkLog},
	}
	if newDisk {
		checks = append(checks, check{"image", c.checkImage}, check{"way back in", c.checkKeys})
	}
	if c.in.Dead {
		checks = append([]check{{"dead", c.checkDead}}, checks...)
	}
	s := run.Step{
		StepInfo: run.StepInfo{
			ID: "preflight", Title: "Look before touching anything", Kind: run.Read,
			Why:   "Whatever could go wrong later is cheaper to find now. Nothing is changed.",
			Panes: []string{"balancer", "sidekiq"}, NoUndo: "it changed nothing",
		},
		Deadline: 3 * time.Minute,
		Plan:     plan(c.preflightPlan(newDisk)...),
		Observe:  foresee(checks),
		Do:       c.mourn(doChecks(checks)),
	}
	if c.in.Dead {
		s.Title = "Look before touching anything: the host is dead"
		s.Why = c.node.Name + " does not answer. Its steps on the host cannot be done, jobs it had in hand may be lost, and its identity rests on the provider's word: the droplet's id will have to be typed."
	}
	return s
}

func (c *crew) preflightPlan(newDisk bool) []string {
	exec := c.Config.Exec().Name
	lines := []string{
		fmt.Sprintf("%s$ %sid   must be %d", c.node.Name, metadata, c.in.Droplet),
		fmt.Sprintf("GET /v2/droplets/%d, its actions, GET /v2/load_balancers/%s", c.in.Droplet, c.in.Balancer),
		fmt.Sprintf("%s$ the balancer's own probe of each other worker: %s", exec, probeURL(c.in.Check, "PEER")),
		"redis: SMEMBERS processes (who else runs the scheduler queue)",
	}
	if !c.in.Dead {
		lines = append(lines, fmt.Sprintf("%s$ ps, and what cron has: whose tootctl, tmux or apt is at work", c.node.Name),
			fmt.Sprintf("%s$ grep stop_grace_period %s/docker-compose.yml; nginx -T | grep access_log   must name %s", c.node.Name, c.node.Mastodon.Dir, c.node.AccessLog))
	}
	if newDisk {
		lines = append(lines, fmt.Sprintf("image %s = id %d, same OS family; one of our keys among the droplet's", c.in.ImageTag, c.in.Image))
	}
	if c.in.Dead {
		lines[0] = fmt.Sprintf("cannot ask %s: host is dead; the provider's id, name and address must agree with the config", c.node.Name)
	}
	return lines
}

func (c *crew) checkIdentity(ctx context.Context) (string, error) {
	if err := c.identity(ctx); err != nil {
		return "", err
	}
	if c.in.Dead {
		return fmt.Sprintf("the provider says that droplet %d is %s at %s; the host itself does not answer", c.in.Droplet, c.node.Name, c.in.Private), nil
	}
	return fmt.Sprintf("ssh and the API mean the same machine: droplet %d", c.in.Droplet), nil
}

func (c *crew) checkActions(ctx context.Context) (string, error) {
	actions, err := c.Cloud.DropletActions(ctx, c.in.Droplet)
	if err != nil {
		return "", err
	}
	if a, busy := underWay(actions); busy {
		return "", &fault.Error{What: "the provider is at work on this droplet", On: c.dropletName(), Why: fmt.Sprintf("action %d, %s, since %s", a.ID, a.Type, a.Started.Format(time.TimeOnly)), Next: "wait for it, or find out who started it", Code: fault.Refused}
	}
	return "no action is pending", nil
}

func (c *crew) checkBalancer(ctx context.Context) (string, error) {
	lb, err := c.Cloud.Balancer(ctx, c.in.Balancer)
	if err != nil {
		return "", err
	}
	said := fmt.Sprintf("%s checks %s every %s, out after %s (%s), in after %s", lb.Name, probeURL(lb.Check, c.in.Private), lb.Check.Interval, spelling.Count(lb.Check.Unhealthy, "failure", "failures"), round(lb.Check.DrainTime()), spelling.Count(lb.Check.Healthy, "success", "successes"))
	if lb.Tag == "" {
		return said, nil
	}
	uses, err := c.tagUses(ctx, lb)
	return said + "\n" + uses, err
}

// checkTag looks once more, just before the tag goes, at what hangs on it: somebody may have hung something there since the preflight.
func (c *crew) checkTag(ctx context.Context) (string, error) {
	if c.in.Tag == "" {
		return "members are listed by id", nil
	}
	return c.tagUses(ctx, digitalocean.Balancer{ID: c.in.Balancer, Tag: c.in.Tag})
}

// tagUses shows what else the balancer's tag drives: untagging cuts that off as well.
func (c *crew) tagUses(ctx context.Context, lb digitalocean.Balancer) (string, error) {
	uses, err := c.Cloud.TagUses(ctx, lb.Tag)
	if err != nil {
		return "", err
	}
	others := slices.DeleteFunc(uses.Balancers, func(id string) bool { return id == lb.ID })
	if len(uses.Databases) > 0 {
		return "", &fault.Error{What: "untagging would cut off more than the load balancer", On: c.node.Name,
			Why:  fmt.Sprintf("the tag %q also lets it reach the databases %s", lb.Tag, strings.Join(uses.Databases, ", ")),
			Next: "give the databases a tag or rule of their own, so that jobs are not cut off in the middle", Code: fault.Refused}
	}
	// The API's description that this program keeps to knows no firewalls: what it would be answered there could not be held against anything.
	said := fmt.Sprintf("warning: cloud firewalls are not looked at; see in the control panel (Networking, Firewalls) that none applies to the tag %q, which goes with the removal", lb.Tag)
	if len(others) > 0 {
		return fmt.Sprintf("warning: the tag %q also drives the balancers %s\n%s", lb.Tag, strings.Join(others, ", "), said), nil
	}
	return fmt.Sprintf("members are selected by the tag %q, which no database and no other balancer uses\n%s", lb.Tag, said), nil
}

// checkScheduler refuses when this node runs the only live, unquiet process that listens to the scheduler queue.
func (c *crew) checkScheduler(ctx context.Context) (string, error) {
	processes, err := c.Jobs.Processes(ctx)
	if err != nil {
		return "", err
	}
	ids, err := c.sidekiqContainers(ctx)
	if err != nil && !c.in.Dead {
		return "", err
	}
	var elsewhere, here []string
	for _, p := range processes {
		switch {
		case p.Stale || p.Quiet || !slices.Contains(p.Queues, "scheduler"):
		case slices.Contains(ids, p.Hostname):
			here = append(here, clean.Line(p.Hostname))
		default:
			elsewhere = append(elsewhere, clean.Line(p.Hostname))
		}
	}
	switch {
	case len(here) > 0 && len(elsewhere) == 0:
		return "", &fault.Error{What: "this node runs the only scheduler", On: c.node.Name, Why: "nobody else listens to the scheduler queue: cron work would stop", Next: "start mastodon-sidekiq on the exec node first", Code: fault.Refused}
	case len(elsewhere)+len(here) > 1:
		return fmt.Sprintf("warning: %s listen to the scheduler queue (%s); there should be one", spelling.Count(len(elsewhere)+len(here), "process", "processes"), list(append(elsewhere, here...))), nil
	case len(elsewhere) == 0:
		return "warning: nobody listens to the scheduler queue", nil
	}
	return "the scheduler runs on " + elsewhere[0], nil
}

// checkPeople shows what somebody started on that host by hand.
func (c *crew) checkPeople(ctx context.Context) (string, error) {
	if c.in.Dead {
		return "cannot look: host is dead", nil
	}
	out, err := c.ask(ctx, "looking for people at work", peopleScript)
	if err != nil || out == "" {
		return "nobody's tootctl, tmux or apt is running, and none is in cron", err
	}
	return "warning, running on this host or in its cron:\n" + out, nil
}

const peopleScript = `ps -eo pid,user,args | grep -E 'tootctl|tmux|screen|apt-get|dpkg' | grep -v grep
for f in /etc/crontab /etc/cron.d/* /var/spool/cron/crontabs/*; do if [ -f "$f" ]; then grep -H tootctl "$f"; fi; done
true`

// checkGrace recommends what only the compose file can give: a recreate, a stop of docker itself and a reboot do not know of -t.
func (c *crew) checkGrace(ctx context.Context) (string, error) {
	if c.in.Dead {
		return "cannot look: host is dead", nil
	}
	out, err := c.ask(ctx, "looking for stop_grace_period", `grep -c '^[^#]*stop_grace_period:' "$1"/docker-compose.yml || true`, c.node.Mastodon.Dir)
	if err != nil {
		return "", err
	}
	if out == "" || out == "0" {
		return "warning: docker-compose.yml sets no stop_grace_period; whatever stops a container without -t (a recreate, docker's own stop, a reboot) gives it 10 s. Recommended: stop_grace_period: " + Grace + "s", nil
	}
	return "docker-compose.yml sets stop_grace_period", nil
}

// logsNamed are the files to which nginx writes what it answers, by its own word. Where it names none it writes to the one that it was built with.
const logsNamed = `nginx -T 2>/dev/null | sed -n 's/^[[:space:]]*access_log[[:space:]][[:space:]]*\(\/[^[:space:];]*\).*/\1/p' | sort -u`

// checkLog makes sure that requests are counted where they are written: in another file none would ever arrive, and a busy worker would look idle.
func (c *crew) checkLog(ctx context.Context) (string, error) {
	if c.in.Dead {
		return "cannot look: host is dead", nil
	}
	out, err := c.ask(ctx, "looking where nginx writes its access log", logsNamed)
	if err != nil {
		return "", err
	}
	named, file := strings.Fields(out), c.node.AccessLog
	if len(named) > 0 && !slices.Contains(named, file) {
		return "", &fault.Error{
			What: "nginx writes its access log elsewhere", On: c.node.Name, Why: "it names " + list(named) + ", and requests would be counted in " + file,
			Next: "say which one the site's requests are in: access_log: " + named[0] + " at " + c.node.Name + " in " + c.Config.Path(), Code: fault.Refused,
		}
	}
	if len(named) > 1 {
		return fmt.Sprintf("requests are counted in %s; warning: nginx also writes to others: %s", file, list(named)), nil
	}
	return "requests are counted in " + file, nil
}

func (c *crew) checkImage(ctx context.Context) (string, error) {
	d, err := c.Cloud.Droplet(ctx, c.in.Droplet)
	if err != nil {
		return "", err
	}
	img, err := c.Cloud.ImageByName(ctx, fmt.Sprint(c.in.Image))
	if err != nil {
		return "", err
	}
	if d.Image.Distribution != "" && img.Distribution != "" && d.Image.Distribution != img.Distribution {
		return "", &fault.Error{What: "the image does not fit the droplet", On: c.dropletName(), Why: fmt.Sprintf("it runs %s, %s is %s", d.Image.Distribution, img.Name, img.Distribution), Next: "choose an image of the same OS family", Code: fault.Refused}
	}
	said := fmt.Sprintf("%s (id %d, %s)", img.Name, img.ID, img.Distribution)
	if img.Type == "base" || img.Slug != "" && c.Config.Reimage.Provision == "" {
		said += "\nwarning: a bare distribution image has no docker unless provisioning installs it"
	}
	return said, nil
}

// checkKeys makes sure that the new disk will let us in: by one of our keys in the droplet's metadata, or by one that a snapshot brings along, which
// only the operator can know.
func (c *crew) checkKeys(ctx context.Context) (string, error) {
	if c.in.Dead {
		return "warning: the droplet's keys cannot be read, host is dead; the image must let us in", nil
	}
	theirs, err := c.ask(ctx, "reading the droplet's public keys", metadata+"public-keys")
	if err != nil {
		return "", err
	}
	ours, err := c.host().PublicKeys(ctx)
	if err != nil {
		return "", err
	}
	for _, k := range ours {
		if fields := strings.Fields(k); len(fields) > 1 && strings.Contains(theirs, fields[1]) {
			return "one of our keys is in the droplet's metadata", nil
		}
	}
	return "", c.lockedOut(ctx, len(ours))
}

func (c *crew) lockedOut(ctx context.Context, ours int) error {
	img, err := c.Cloud.ImageByName(ctx, fmt.Sprint(c.in.Image))
	if err != nil {
		return err
	}
	why := fmt.Sprintf("none of our %s is among the droplet's", spelling.Count(ours, "key", "keys"))
	if img.Type == "base" {
		return &fault.Error{What: "the new disk would lock us out", On: c.dropletName(), Why: why, Next: "recreate the droplet with your key, or use a snapshot that has it", Code: fault.Refused}
	}
	return run.NeedsGo{
		Key: "way back in", Attended: true, Cause: "only a key inside the image can let us in again: " + why, Details: []string{c.dropletName(), fmt.Sprintf("image %s (%s)", img.Name, img.Type)},
		Hint: "go on if you know that the image holds a key of ssh.identities; the new disk locks us out if it does not",
	}
}

// returnPreflight looks whether the worker can come back at all.
func (c *crew) returnPreflight() run.Step {
	checks := []check{{"identity", c.checkIdentity}, {"provider", c.checkActions}, {"hold", c.sayHold}}
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "preflight", Title: "Look before touching anything", Kind: run.Read,
			Why: "The machine must be the one meant, alive, and not in somebody else's hands.", NoUndo: "it changed nothing",
			Panes: []string{"balancer"},
		},
		Deadline: time.Minute,
		Plan:     plan(fmt.Sprintf("%s$ %sid   must be %d", c.node.Name, metadata, c.in.Droplet), fmt.Sprintf("GET /v2/droplets/%d and its actions", c.in.Droplet)),
		Observe:  foresee(checks),
		Do:       doChecks(checks),
	}
}

func (c *crew) sayHold(ctx context.Context) (string, error) {
	h, err := c.Records.Hold(ctx, c.node.Name)
	if err != nil || h == nil {
		return "not on hold", err
	}
	return fmt.Sprintf("on hold by %s since %s: %s", h.By, h.Since.Format(time.DateTime), h.Why), nil
}
