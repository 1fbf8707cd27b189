package worker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
)

// Retire is the runbook that ends a worker.
const Retire = "worker-retire"

func retireBook(d Deps) run.Book {
	return run.Book{
		ID: Retire, Title: "Retire a worker", Danger: act.Destroys, Targets: config.RoleWorker, Inputs: []run.Input{whyInput}, Out: true,
		Summary: "Drains a worker for good, destroys its droplet, and forgets its host keys.",
		Dangers: []string{
			"The droplet is gone with its disk and its addresses; there is no way back past that.", "The others carry its load from now on.",
			"Websockets that are still open are cut; clients reconnect.",
		},
		Untried: append(slices.Clone(drainUntried), "What a destroyed droplet leaves on the bill: volumes, snapshots and reserved addresses are not its own and stay."),
		Build:   builder(d, Retire, "Retire", false, retireSteps),
	}
}

func retireSteps(c *crew) []run.Step {
	preflight := also(c.preflight(false), check{"afterwards", c.checkAfterwards}, check{"volumes", c.checkVolumes})
	steps := append([]run.Step{preflight}, held(heldTo(c.out(), destroying), map[string]string{"hold": "release"})...)
	release := c.release()
	release.Why, release.NoUndo = "There is no worker any more that could be on hold.", "there is nothing to hold"
	return append(steps, c.proveOut(), c.announce(c.destruction(), destroying), c.destroy(), c.forget(), release, c.farewell())
}

// checkAfterwards says what the fleet is without the worker. The budget has looked at the moment; this is about tomorrow.
func (c *crew) checkAfterwards(context.Context) (string, error) {
	left, need := len(c.peers()), c.Config.LoadBalancer.MinHealthy
	if left > need {
		return fmt.Sprintf("%s left, of which one can be out: %d must serve then", spelling.Count(left, "worker", "workers"), need), nil
	}
	return fmt.Sprintf("warning: %s left, and load_balancer.min_healthy is %d: none of them can be taken out any more until you lower it", spelling.Count(left, "worker", "workers"), need), nil
}

func (c *crew) checkVolumes(ctx context.Context) (string, error) {
	d, err := c.Cloud.Droplet(ctx, c.in.Droplet)
	if err != nil || len(d.Volumes) == 0 {
		return "no block storage is attached", err
	}
	return "warning: its volumes stay, and are paid for: " + strings.Join(d.Volumes, ", "), nil
}

// farewell says what is left to do by hand: the config is the operator's own file.
func (c *crew) farewell() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "report", Title: "Sum up", Kind: run.Read, NoUndo: "it changed nothing", Panes: []string{"balancer"},
			Why: "The config is yours, and so are the others' copies of it: they name a machine that is gone.",
		},
		Deadline: time.Minute,
		Plan:     plan("say which line of " + c.Config.Path() + " names it"),
		Do: func(_ context.Context, w *run.Walk) error {
			w.Out("report: %s is destroyed", c.dropletName())
			w.Out("report: take %s out of the config: %s", c.node.Name, c.configLine())
			if len(c.peers()) <= c.Config.LoadBalancer.MinHealthy {
				w.Out("report: and lower load_balancer.min_healthy, which %s cannot keep while one is out", spelling.Count(len(c.peers()), "worker", "workers"))
			}
			return nil
		},
	}
}

// configLine is where the config names the worker.
func (c *crew) configLine() string {
	at := slices.IndexFunc(c.Config.Nodes, func(n config.Node) bool { return n.Name == c.node.Name })
	return c.Config.Where(fmt.Sprintf("$.nodes[%d]", at))
}
