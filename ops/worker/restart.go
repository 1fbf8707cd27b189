package worker

import (
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
)

// Restart is the runbook that starts a worker's containers anew.
const Restart = "worker-restart"

func restartBook(d Deps) run.Book {
	return run.Book{
		ID: Restart, Title: "Restart a worker", Danger: act.Changes, Targets: config.RoleWorker, Inputs: []run.Input{whyInput},
		Summary: "Takes a worker out of the load balancer, stops its containers with time to finish, starts them again and returns it to service, Sidekiq last.",
		Dangers: []string{"The others carry its load for some minutes.", "Websockets that are still open are cut; clients reconnect."},
		Untried: drainUntried,
		Build:   living(d, Restart, "Restart", func(c *crew) []run.Step { return c.cycle() }),
	}
}
