package worker

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// passesOn reports whether a balancer carries connections, and not requests: then whoever has one, such as a CDN, goes on asking over it, however
// unhealthy the member.
func passesOn(lb digitalocean.Balancer) bool {
	return slices.ContainsFunc(lb.Forwarding, func(r digitalocean.Rule) bool {
		return r.Passthrough || strings.EqualFold(r.TargetProtocol, "tcp")
	})
}

// endKept ends the connections over which new requests would come for ever. nginx serves on: its old processes answer what they have begun and close,
// and what comes over a new connection the balancer sends elsewhere.
func (c *crew) endKept() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "keepalive", Title: "End kept connections", Kind: run.Idempotent, Skip: true, NoUndo: "nginx serves on; its clients have connected anew",
			Why:   "The balancer passes connections on: whoever keeps one goes on asking this worker over it, and the wait for what is in flight would never end.",
			Panes: []string{"connections", "log"}, Usual: "at once",
		},
		Deadline: time.Minute,
		Plan:     plan(c.node.Name + "$ nginx -s reload   its old processes answer what they have begun, and end"),
		Observe:  c.observeIdle, // without a proven lame duck they would only move to new connections
		Do: func(ctx context.Context, w *run.Walk) error {
			return c.change(ctx, w, "nginx -s reload", ssh.Command{Script: "nginx -s reload"})
		},
	}
}
