package book

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ops/worker"
)

// Caches purge as `vmtui purge` does: waited for, repeated, and written down.
type Caches interface {
	AtEdge(o cache.Order) (cache.Plan, error)
	SameZone(ctx context.Context, p cache.Plan) error
	PurgeWithin(ctx context.Context, walk *run.Walk, permit act.Permit, p cache.Plan) error
}

// Hooks are where notices go.
type Hooks interface {
	Post(ctx context.Context, p act.Permit, address, name string, body []byte) error
}

// Queues tells how long the queues are.
type Queues interface {
	Snapshot(ctx context.Context) (sidekiq.Snapshot, error)
}

// Deps is everything that runbooks of one's own act through.
type Deps struct {
	worker.Deps
	Built  []run.Book // that are built in besides the workers'
	Caches Caches
	Hooks  Hooks
	Queues Queues
	Secret func(ctx context.Context, ref string) (string, error) // resolves a reference, and hides its value from then on
	Redact func(string) string
	Jobs   *job.Room                                                     // where tootctl runs
	Hands  job.Hands                                                     // take a password that a run was given; nil: nobody takes one
	Visit  func(ctx context.Context, url string) (status int, err error) // asks for a page from here
}

// What is frozen beside the inputs. No input can be called so.
const (
	frozenFleet  = "of/fleet"
	frozenWorker = worker.FrozenIn
	frozenZone   = "of/zone"
)

// bench is where a definition becomes a runbook for one target and one set of inputs.
type bench struct {
	Deps
	def    *Definition
	target string
	inputs map[string]any
	fleet  []member
	frozen map[string]string // what an earlier leg was made with, and what this one is
	parts  map[string]worker.Part
	units  []*unit
	ways   []way
}

// way is a worker's way out or back among the steps that are built.
type way struct {
	prefix, node string
	back         bool
}

// build makes the runbook. given are the inputs that were said, or those of the header of a run that exists: then nothing is resolved twice.
func (d *Definition) build(ctx context.Context, deps Deps, target string, given map[string]string) (run.Runbook, error) {
	b := &bench{Deps: deps, def: d, target: target, frozen: map[string]string{}, parts: map[string]worker.Part{}}
	for k, v := range given {
		b.frozen[k] = v
	}
	if err := b.settle(); err != nil {
		return run.Runbook{}, err
	}
	rb := run.Runbook{ID: d.ID, Version: d.Version, Target: target, Definition: d.source}
	var err error
	if rb.Title, _, err = d.Title.value((&unit{b: b, s: &Step{}}).env()); err != nil {
		return rb, err
	}
	if target != "" {
		rb.Title += ": " + target
	}
	if err := b.recruit(ctx); err != nil {
		return rb, err
	}
	for _, s := range d.Steps {
		steps, err := b.walk(s, "", nil)
		if err != nil {
			return rb, err
		}
		rb.Steps = append(rb.Steps, steps...)
	}
	b.hold(rb.Steps)
	rb.Inputs = b.frozen
	return rb, b.sameHosts()
}

// settle resolves what needs no network: inputs, target, fleet.
func (b *bench) settle() error {
	b.fleet = fleetOf(b.Config)
	if old, resumed := b.frozen[frozenFleet]; resumed {
		if err := json.Unmarshal([]byte(old), &b.fleet); err != nil {
			return (&fault.Error{What: "this run's inputs are unreadable", On: b.def.ID, Next: "start a new run; the old one stays in the history"}).Because(err)
		}
	} else {
		for i := range b.fleet {
			h := b.Host(b.fleet[i].Name)
			b.fleet[i].Address, b.fleet[i].KnownAs = h.Addr(), h.KnownAs()
		}
		packed, err := json.Marshal(b.fleet)
		if err != nil {
			return err
		}
		b.frozen[frozenFleet] = string(packed)
	}
	if err := b.checkTarget(); err != nil {
		return err
	}
	return b.say()
}

// say reads the inputs, and freezes what the defaults were.
func (b *bench) say() error {
	said := map[string]string{}
	for k, v := range b.frozen {
		switch {
		case strings.HasPrefix(k, "of/"):
		case !slices.ContainsFunc(b.def.Inputs, func(in Input) bool { return in.Name == k }):
			return unknownInput(b.def, k)
		case b.Redact(v) != v:
			return &fault.Error{What: "an input cannot be used", On: b.def.ID + ", " + k, Why: "it holds a secret, or what looks like one: it would be masked in the log, and the run could not go on with what it began with", Next: "keep it where the command reads it, on the node", Code: fault.Usage}
		default:
			said[k] = v
		}
	}
	var err error
	if b.inputs, err = b.def.values(said, b.fleet); err != nil {
		return err
	}
	for _, in := range b.def.Inputs {
		if _, ok := b.frozen[in.Name]; !ok {
			b.frozen[in.Name] = *in.Default
		}
	}
	return nil
}

func unknownInput(d *Definition, name string) error {
	var all []string
	for _, in := range d.Inputs {
		all = append(all, in.Name)
	}
	next := "this runbook takes no inputs"
	if len(all) > 0 {
		next = "use " + strings.Join(all, ", ")
	}
	return &fault.Error{What: "that input is not known", On: d.ID, Why: name, Next: next, Code: fault.Usage}
}

func (b *bench) checkTarget() error {
	m, known := b.member(b.target)
	wrong := func(why, next string) error {
		return &fault.Error{What: "not a target of this runbook", On: b.target, Why: why, Next: next, Code: fault.Usage}
	}
	switch want := b.def.Targets; {
	case want == "" && b.target != "":
		return wrong(b.def.ID+" has no target", "leave the target out")
	case want == "":
		return nil
	case b.target == "":
		return wrong("no target was named", "name one: vmtui run "+b.def.ID+" "+cmpTarget(b.fleet, want))
	case !known:
		return wrong("no node has that name", "name one of the fleet")
	case want != "node" && m.Role != want:
		return wrong(fmt.Sprintf("it is in the role %s, and %s is done to the role %s", m.Role, b.def.ID, want), "name another node")
	}
	return nil
}

// cmpTarget is the name of some node that would do.
func cmpTarget(all []member, role string) string {
	for _, m := range all {
		if role == "node" || m.Role == role {
			return m.Name
		}
	}
	return "NODE"
}

func (b *bench) member(name string) (member, bool) {
	i := slices.IndexFunc(b.fleet, func(m member) bool { return m.Name == name })
	if i < 0 {
		return member{}, false
	}
	return b.fleet[i], true
}

// recruit resolves the workers that are taken out or back, or whose absence must be within the budget.
func (b *bench) recruit(ctx context.Context) error {
	need := b.workers()
	for _, m := range b.fleet {
		if m.Role != config.RoleWorker || !need {
			continue
		}
		p, err := worker.Recruit(ctx, b.Deps.Deps, m.Name, b.frozen[frozenWorker+m.Name])
		if err != nil {
			return err
		}
		b.parts[m.Name], b.frozen[frozenWorker+m.Name] = p, p.Frozen()
	}
	if b.frozen[frozenZone] == "" && b.purges() {
		b.frozen[frozenZone] = b.Config.Cloudflare.Zone
	}
	return nil
}

// workers reports that some step needs to know a worker as the balancer and the provider do.
func (b *bench) workers() bool {
	return slices.ContainsFunc(b.def.every(), func(s *Step) bool {
		switch d := s.deed.(type) {
		case *drain, *back, *hold:
			return true
		case commanding:
			return d.core().budget && b.Config.LoadBalancer.ID != ""
		}
		return false
	})
}

func (b *bench) purges() bool {
	return slices.ContainsFunc(b.def.every(), func(s *Step) bool { _, is := s.deed.(*purge); return is })
}

// walk builds the steps of one step, for the node of the each that it stands in.
func (b *bench) walk(s *Step, each string, outer *Step) ([]run.Step, error) {
	u := &unit{b: b, s: s, outer: outer, each: each, node: each, id: s.ID}
	if each != "" {
		u.id += "@" + each
	}
	return s.deed.steps(u)
}

// hold lets what a drain did hold until the return of the same worker begins to take it back.
func (b *bench) hold(steps []run.Step) {
	for i, out := range b.ways {
		at := slices.IndexFunc(b.ways[i+1:], func(w way) bool { return w.back && w.node == out.node })
		if out.back || at < 0 {
			continue
		}
		back := b.ways[i+1+at]
		for part, until := range worker.Until() {
			if j := slices.IndexFunc(steps, func(s run.Step) bool { return s.ID == out.prefix+part }); j >= 0 && steps[j].Until != "" {
				steps[j].Until = back.prefix + until
			}
		}
	}
}

// budget refuses to go on unless enough workers other than the node are healthy.
func (b *bench) budget(ctx context.Context, node string) (string, error) {
	return b.parts[node].Budget(ctx)
}

// sameHosts refuses a run whose nodes are not, by today's config, the hosts that it was made for.
func (b *bench) sameHosts() error {
	for _, u := range b.units {
		m, _ := b.member(u.node)
		if u.node == "" {
			continue
		}
		if err := b.sameHost(m); err != nil {
			return err
		}
	}
	if z := b.frozen[frozenZone]; z != b.Config.Cloudflare.Zone && z != "" {
		return another("zone", z, b.Config.Cloudflare.Zone)
	}
	return nil
}

func (b *bench) sameHost(m member) error {
	n, known := b.Config.Node(m.Name)
	if !known {
		return another(m.Name, m.Address, "not in the config")
	}
	h := b.Host(m.Name)
	for _, x := range [][2]string{{m.Address, h.Addr()}, {m.KnownAs, h.KnownAs()}, {fmt.Sprint(m.Droplet), fmt.Sprint(n.Droplet)}} {
		if x[0] != x[1] {
			return another(m.Name, x[0], x[1])
		}
	}
	return nil
}

func another(what, then, now string) error {
	return &fault.Error{What: "the run was made for another host", On: what, Why: fmt.Sprintf("it was %s and is %s by now", then, now), Next: "put the config (or ssh_config) back as it was, or begin a new run", Code: fault.Refused}
}

// identity proves, at the moment of destroying, that a node still is the machine that the run was made for.
func (b *bench) identity(ctx context.Context, node string) error {
	m, _ := b.member(node)
	if err := b.sameHost(m); err != nil {
		return err
	}
	if p, ok := b.parts[node]; ok {
		return p.Identity(ctx)
	}
	return nil // its host key has proved it: ssh checks that at every connection
}
