package worker

import (
	"context"
	"slices"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
)

// The runbooks' names.
const (
	Drain   = "worker-drain"
	Reimage = "worker-reimage"
	Return  = "worker-return"
	Add     = "worker-add"
)

// What may be said when a run begins.
var (
	whyInput   = run.Input{Name: "why", Type: "string", About: "why, for the hold record"}
	imageInput = run.Input{Name: "image", Type: "string", About: "another image than the config's: name, slug or id"}
)

// What was tried in the box, and never against a live account.
var (
	drainUntried = []string{
		"How soon the provider's balancer really stops sending after its check fails: the expected times are reckoned from its own settings.",
		"Whether a 3xx counts as healthy: the provider's pages disagree, so it is taken as neither.",
	}
	reimageUntried = append(slices.Clone(drainUntried),
		"Whether a snapshot of the same droplet, without `cloud-init clean`, runs first boot again and makes new host keys: the steps bear both.",
		"How long a rebuild is kept from the lists of actions after it was accepted.",
		"Whether a droplet that was off is on after its rebuild: a step finds out, and powers it on where it is not.",
	)
)

// Books is the shelf of worker runbooks.
func Books(d Deps) []run.Book {
	return []run.Book{
		{
			ID: Drain, Title: "Drain a worker", Danger: act.Changes, Targets: config.RoleWorker, Inputs: []run.Input{whyInput}, Out: true,
			Summary: "Takes a worker out of the load balancer without losing a request or a job, stops its containers and puts it on hold.",
			Dangers: []string{"The others carry its load until it returns.", "Websockets that are still open are cut; clients reconnect."},
			Untried: drainUntried,
			Build:   builder(d, Drain, "Drain", false, drainSteps),
		},
		{
			ID: Reimage, Title: "Reimage a worker", Danger: act.Destroys, Targets: config.RoleWorker, Inputs: []run.Input{whyInput, imageInput},
			Summary: "Drains a worker, gives it a new disk from an image, provisions it, proves it equal to its peers and returns it to service.",
			Dangers: []string{"Everything on its disk is gone after the rebuild; there is no way back past it.", "The others carry its load for some minutes.", "Websockets that are still open are cut; clients reconnect."},
			Untried: reimageUntried,
			Build:   builder(d, Reimage, "Reimage", true, reimageSteps),
		},
		{
			ID: Return, Title: "Return a worker", Danger: act.Changes, Targets: config.RoleWorker,
			Summary: "Brings a worker that is out back into service: equal to its peers, healthy by the balancer's own probe, Sidekiq last.",
			Dangers: []string{"A worker that differs from its peers would serve wrong pages or run jobs wrongly: parity is checked first."},
			Untried: drainUntried[:1],
			Build:   builder(d, Return, "Return", false, returnSteps),
		},
		restartBook(d),
		rebootBook(d),
		recreateBook(d),
		execRebootBook(d),
		retireBook(d),
		sidekiqBook(d),
		streamingBook(d),
		addBook(d),
	}
}

func builder(d Deps, id, verb string, newDisk bool, steps func(*crew) []run.Step) func(context.Context, string, map[string]string) (run.Runbook, error) {
	return func(ctx context.Context, target string, given map[string]string) (run.Runbook, error) {
		c, err := recruit(ctx, d, target, given, newDisk)
		if err != nil {
			return run.Runbook{}, err
		}
		return run.Runbook{
			ID: id, Version: 1, Title: verb + " " + target, Target: target, Inputs: c.in.encode(), Steps: patient(steps(c)),
		}, nil
	}
}

// drainSteps end with a proof: what the steps before it did must hold until then, also when the run is resumed.
func drainSteps(c *crew) []run.Step {
	steps := append([]run.Step{c.preflight(false)}, c.out()...)
	return append(heldTo(steps, provenOut), c.proveOut())
}

func reimageSteps(c *crew) []run.Step {
	steps := append([]run.Step{c.preflight(true)}, c.out()...)
	steps = append(steps, c.saveLogs(), c.announce(c.rebuildOf(), "rebuild"), c.rebuild(), c.powerOn(), c.comeBack(), c.trustKey(), c.newDisk(), c.cloudInit(), c.provision())
	return append(steps, c.back()...)
}

func returnSteps(c *crew) []run.Step { return append([]run.Step{c.returnPreflight()}, c.back()...) }

// out is the way out of service, in the only order that loses nothing. Without a lame duck nobody waits before the removal: visitors keep coming, and
// over an established keepalive even after it, until nginx quits.
func (c *crew) out() []run.Step {
	steps := []run.Step{c.hold()}
	if !c.in.Dead {
		steps = append(steps, c.hush())
	}
	steps = append(steps, c.lameDuck())
	if c.in.Keeps && c.noLameDuck() == "" {
		steps = append(steps, c.endKept())
	}
	if c.in.Dead || c.noLameDuck() == "" {
		steps = append(steps, c.idle())
	}
	return append(steps, c.remove(), c.quitNginx(), c.quietSidekiq(), c.putBack(), c.stopContainers())
}

// back is the way back.
func (c *crew) back() []run.Step {
	return []run.Step{c.parity(), c.startWeb(), c.add(), c.startSidekiq(), c.watch(), c.release(), c.report()}
}
