package worker

import (
	"context"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
)

// The runbooks' names.
const (
	Drain   = "worker-drain"
	Reimage = "worker-reimage"
	Return  = "worker-return"
)

// What may be said when a run begins.
var (
	whyInput   = run.Input{Name: "why", Type: "string", About: "why, for the hold record"}
	imageInput = run.Input{Name: "image", Type: "string", About: "another image than the config's: name, slug or id"}
)

// Books is the shelf of worker runbooks.
func Books(d Deps) []run.Book {
	return []run.Book{
		{
			ID: Drain, Title: "Drain a worker", Danger: act.Changes, Targets: config.RoleWorker, Inputs: []run.Input{whyInput},
			Summary: "Takes a worker out of the load balancer without losing a request or a job, stops its containers and puts it on hold.",
			Dangers: []string{"The others carry its load until it returns.", "Websockets that are still open are cut; clients reconnect."},
			Build:   builder(d, Drain, "Drain", false, drainSteps),
		},
		{
			ID: Reimage, Title: "Reimage a worker", Danger: act.Destroys, Targets: config.RoleWorker, Inputs: []run.Input{whyInput, imageInput},
			Summary: "Drains a worker, gives it a new disk from an image, provisions it, proves it equal to its peers and returns it to service.",
			Dangers: []string{"Everything on its disk is gone after the rebuild; there is no way back past it.", "The others carry its load for some minutes.", "Websockets that are still open are cut; clients reconnect."},
			Build:   builder(d, Reimage, "Reimage", true, reimageSteps),
		},
		{
			ID: Return, Title: "Return a worker", Danger: act.Changes, Targets: config.RoleWorker,
			Summary: "Brings a worker that is out back into service: equal to its peers, healthy by the balancer's own probe, Sidekiq last.",
			Dangers: []string{"A worker that differs from its peers would serve wrong pages or run jobs wrongly: parity is checked first."},
			Build:   builder(d, Return, "Return", false, returnSteps),
		},
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
	for i := range steps {
		if steps[i].Until != "" {
			steps[i].Until = provenOut
		}
	}
	return append(steps, c.proveOut())
}

func reimageSteps(c *crew) []run.Step {
	steps := append([]run.Step{c.preflight(true)}, c.out()...)
	steps = append(steps, c.saveLogs(), c.announce(), c.rebuild(), c.comeBack(), c.trustKey(), c.newDisk(), c.cloudInit(), c.provision())
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
	if c.in.Dead || c.noLameDuck() == "" {
		steps = append(steps, c.idle())
	}
	return append(steps, c.remove(), c.quitNginx(), c.quietSidekiq(), c.putBack(), c.stopContainers())
}

// back is the way back.
func (c *crew) back() []run.Step {
	return []run.Step{c.parity(), c.startWeb(), c.add(), c.startSidekiq(), c.watch(), c.release(), c.report()}
}
