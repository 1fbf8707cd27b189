package stage

import (
	"context"
	"fmt"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
)

// Books are the runbooks on the stage's shelf.
func Books() []desk.Book {
	return []desk.Book{
		{ID: "worker-drain", Title: "Drain a worker", Danger: act.Changes, Targets: "worker", Usual: "1m12s (the middle of the last 5)",
			Summary: "Takes a worker out of the load balancer without losing a request or a job, stops its containers and puts it on hold.",
			Dangers: []string{"The others carry its load until it returns.", "Websockets that are still open are cut; clients reconnect."}},
		{ID: "worker-reimage", Title: "Reimage a worker", Danger: act.Destroys, Targets: "worker", Usual: "9m40s (the middle of the last 3)",
			Summary: "Drains a worker, gives it a new disk from an image, provisions it, proves it equal to its peers and returns it to service.",
			Dangers: []string{"Everything on its disk is gone after the rebuild; there is no way back past it.", "The others carry its load for some minutes."}},
		{ID: "worker-return", Title: "Return a worker", Danger: act.Changes, Targets: "worker",
			Summary: "Brings a worker that is out back into service: equal to its peers, healthy by the balancer's own probe, Sidekiq last.",
			Dangers: []string{"A worker that differs from its peers would serve wrong pages or run jobs wrongly: parity is checked first."}},
	}
}

// LogLines are what a service writes on the stage.
func LogLines() []string {
	lines := []string{"=> Booting Puma", "[7] * Listening on http://0.0.0.0:3000"}
	for i := range 60 {
		lines = append(lines, fmt.Sprintf(`{"method":"GET","path":"/api/v1/timelines/home","status":200,"duration":%d.5,"request_id":"%08x"}`, 7+i%40, i*7919))
	}
	return append(lines,
		`{"method":"GET","path":"/@nobody","status":404,"duration":2.1}`,
		`{"method":"POST","path":"/inbox","status":500,"duration":31.2,"exception":"ActiveRecord::StatementTimeout"}`,
		`{"method":"GET","path":"/api/v2/search","status":200,"duration":812.4,"request_id":"4be1ff0a-5c1e-4a3c-8f0d-6b1f6f3f5d2c","user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"}`)
}

// Books implements ui.Desk.
func (d *Desk) Books(context.Context) ([]desk.Book, error) { return Books(), nil }

// Logs implements ui.Desk.
func (d *Desk) Logs(ctx context.Context, node, service string, line func(string)) error {
	d.told("logs %s %s", node, service)
	for _, l := range LogLines() {
		line(l)
	}
	for {
		select {
		case l := <-d.Lines:
			line(l)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
