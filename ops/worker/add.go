package worker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

func addBook(d Deps) run.Book {
	return run.Book{
		ID: Add, Title: "Add a worker", Danger: act.Changes,
		Inputs: []run.Input{
			{Name: "name", Type: "string", Needed: true, About: "what the new worker and its droplet are called"},
			{Name: "like", Type: "node", About: "the worker that it is made like; the config's first by default"},
			imageInput,
			{Name: "ssh", Type: "string", About: "how it is reached, with {private} or {public} for its address; as its model is by default"},
			{Name: "user_data", Type: "enum", Values: []string{asModel, nobodys}, Default: asModel, About: "what first boot is given: what its model was given, or nothing"},
			whyInput,
		},
		Summary: "Creates a droplet like its peers', pins its host key, provisions it, proves it equal to its peers and takes it into service, Sidekiq last.",
		Dangers: []string{"It is paid for from the moment it is created.", "A worker that differs from its peers would serve wrong pages or run jobs wrongly: parity is checked first."},
		Untried: []string{
			"Whether a droplet that was just created is in the lists by name at once.",
			"How the account's limits word their refusal.",
			"Whether the peers' user data, which is read from their metadata, is all that they were created with.",
		},
		Build: func(ctx context.Context, target string, given map[string]string) (run.Runbook, error) {
			name := cmp.Or(target, given["name"])
			c, err := propose(ctx, d, name, given)
			if err != nil {
				return run.Runbook{}, err
			}
			return run.Runbook{ID: Add, Version: 1, Title: "Add " + name, Target: name, Inputs: c.in.encode(), Steps: patient(addSteps(c))}, nil
		},
	}
}

func addSteps(c *crew) []run.Step {
	hold := c.hold()
	hold.Title, hold.Why = "Say that it is being made", "Anybody who looks, from any console, must see who is adding this worker. The record does not expire."
	steps := []run.Step{c.addPreflight(), hold, c.announce(c.creation(), creating), c.create(), c.onceKnown(c.appear), c.onceKnown(c.pin), c.onceKnown(c.meet), c.onceKnown(c.cloudInit), c.onceKnown(c.provision)}
	for _, build := range []func() run.Step{c.parity, c.startWeb, c.add, c.startSidekiq, c.watch} {
		steps = append(steps, c.onceKnown(build))
	}
	return append(steps, c.release(), c.onceKnown(c.configStep), c.onceKnown(c.report))
}

// like is the model as a crew of its own: it is asked for what the new one is given.
func (c *crew) like() *crew {
	node, _ := c.Config.Node(c.in.New.Model)
	in := c.in
	in.Droplet = c.in.New.ModelID
	return &crew{Deps: c.Deps, node: node, in: in}
}

// addPreflight is all or nothing: what would leave a droplet behind that nobody can use is found before it is paid for.
func (c *crew) addPreflight() run.Step {
	like := c.like()
	checks := []check{
		{"name", c.checkName}, {"account", c.checkAccount}, {"model", like.checkIdentity}, {"image", like.checkImage}, {"way in", like.checkKeys}, {"user data", c.checkData}, {"balancer", c.checkEntry},
	}
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "preflight", Title: "Look before creating anything", Kind: run.Read, NoUndo: "it changed nothing", Panes: []string{"balancer"},
			Why: "A droplet that lets nobody in, or cannot reach the databases, is paid for and of no use.",
		},
		Deadline: 3 * time.Minute,
		Plan: plan(
			fmt.Sprintf("GET /v2/droplets?name=%s   must be none; GET /v2/account for its limit", c.node.Name),
			fmt.Sprintf("%s$ %sid, public-keys, user-data   what the new one is given", c.in.New.Model, metadata),
			fmt.Sprintf("image %s = id %d", c.in.ImageTag, c.in.Image),
		),
		Observe: foresee(checks),
		Do:      doChecks(checks),
	}
}

func (c *crew) checkName(ctx context.Context) (string, error) {
	taken, err := c.Cloud.Named(ctx, c.node.Name)
	if err != nil {
		return "", err
	}
	if len(taken) > 0 {
		return "", &fault.Error{What: "the account has a droplet of that name", On: c.node.Name, Why: fmt.Sprintf("droplet %d, made %s", taken[0].ID, taken[0].Created.Format(time.DateTime)), Next: "choose another name; or, if it is the worker you mean, put it into the config", Code: fault.Refused}
	}
	return "no droplet is called " + c.node.Name, nil
}

func (c *crew) checkAccount(ctx context.Context) (string, error) {
	a, err := c.Cloud.Account(ctx)
	if err != nil {
		return "", err
	}
	all, err := c.Cloud.Droplets(ctx)
	if err != nil {
		return "", err
	}
	if a.DropletLimit > 0 && len(all) >= a.DropletLimit {
		return "", &fault.Error{What: "the account can have no more droplets", On: a.Team, Why: fmt.Sprintf("it has %d, and its limit is %d", len(all), a.DropletLimit), Next: "ask the provider to raise the limit, or retire what nobody needs", Code: fault.Refused}
	}
	return fmt.Sprintf("%s of at most %d", spelling.Count(len(all), "droplet", "droplets"), a.DropletLimit), nil
}

// checkEntry says how it will become a member. A tag that lets members reach the databases would come too late for it.
func (c *crew) checkEntry(ctx context.Context) (string, error) {
	if c.in.Tag == "" {
		return "members are listed by id; it is added last, by its own", nil
	}
	uses, err := c.Cloud.TagUses(ctx, c.in.Tag)
	if err != nil {
		return "", err
	}
	if len(uses.Databases) > 0 {
		return "", &fault.Error{What: "the balancer's tag does too much", On: c.in.Tag, Why: "it also lets workers reach " + strings.Join(uses.Databases, ", ") + "; the new one gets it only when it is proven, and cannot be proven without them",
			Next: "give the databases a tag or rule of their own", Code: fault.Refused}
	}
	return fmt.Sprintf("members are selected by the tag %q, which it gets last", c.in.Tag), nil
}

func (c *crew) checkData(ctx context.Context) (string, error) {
	if c.in.New.Data == nobodys {
		return "none, as was said", nil
	}
	data, err := c.userData(ctx)
	switch {
	case err != nil:
		return "", err
	case data == "":
		return c.in.New.Model + " was given none", nil
	case strings.Contains(data, "PRIVATE KEY"):
		return "", &fault.Error{What: "the user data holds a private key", On: c.in.New.Model, Why: "two machines with one host key cannot be told apart", Next: "leave it out: --set user_data=" + nobodys, Code: fault.Refused}
	}
	return fmt.Sprintf("%s, as %s was given; they are shown nowhere", spelling.Count(len(data), "byte", "bytes"), c.in.New.Model), nil
}

// configStep says what the config needs to know from now on: it is the operator's own file, and the others have copies.
func (c *crew) configStep() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "config", Title: "Say what the config needs", Kind: run.Read, NoUndo: "it changed nothing", Panes: []string{"balancer"},
			Why: "The run knows the new worker from its own log. The fleet, and whoever drains a worker tomorrow, know it from the config only.",
		},
		Deadline: time.Minute,
		Plan:     plan("under nodes: in "+c.Config.Path()+", and in everybody's:", c.nodeLine()),
		Do: func(_ context.Context, w *run.Walk) error {
			w.Out("add this line under nodes: in %s, and in everybody's:", c.Config.Path())
			w.Out("%s", c.nodeLine())
			return nil
		},
	}
}

// nodeLine is the worker as an entry of the config.
func (c *crew) nodeLine() string {
	m, log := c.node.Mastodon, ""
	if file := c.node.AccessLog; file != config.NginxLog {
		log = ", access_log: " + file
	}
	return fmt.Sprintf("  - {name: %s, role: worker, ssh: %q, droplet: %s, mastodon: {kind: %s, dir: %q, project: %q}%s}", c.node.Name, cmp.Or(c.node.SSH, c.in.New.SSH), c.id(), m.Kind, m.Dir, m.Project, log)
}

// wanted is the droplet as it is asked for.
func (c *crew) wanted(run string, keys []string, data string) digitalocean.Creation {
	n := c.in.New
	return digitalocean.Creation{
		Name: c.node.Name, Region: n.Region, Size: n.Size, Image: c.in.Image, VPC: n.VPC, Tags: append(slices.Clone(n.Tags), runTag+run), Keys: keys, UserData: data,
		IPv6: n.IPv6, Monitoring: n.Monitoring, Backups: n.Backups,
	}
}
