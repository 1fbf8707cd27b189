package desk

import (
	"context"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/fanout"
	"github.com/vmtui/vmtui/ops/nodeset"
	"github.com/vmtui/vmtui/ops/run"
)

// Order is a command for the nodes that a set names, before it is run. The command is a shell script.
func (d *Desk) Order(_ context.Context, set, command string, sudo bool) (fanout.Order, error) {
	nodes, err := nodeset.Parse(set, d.cfg.NodeSets())
	return fanout.Order{Nodes: nodes, Words: []string{command}, Sudo: sudo}, err
}

// noCommand is said of a command that is not there.
var noCommand = &fault.Error{What: "no such command", Why: "none was run on nodes from this console, or it is long over", Next: "say exec worker-[1-3] -- uptime; the list of runs has the earlier ones", Code: fault.Usage}

// Exec runs a command on nodes.
func (d *Desk) Exec(_ context.Context, o fanout.Order) (string, error) {
	return begin(d, &d.works, func(ctx context.Context, journal *run.Single) (effort[fanout.View], error) {
		fan := d.fan
		fan.Journal = journal
		return fan.Start(ctx, o)
	})
}

// Answers is what came of a command so far ("" is the last one), as soon as there is more of it than in that version.
func (d *Desk) Answers(ctx context.Context, id string, after uint64) (fanout.View, error) {
	return d.works.view(ctx, id, after)
}

// Cancel ends a command wherever it still runs.
func (d *Desk) Cancel(_ context.Context, id string) error { return d.works.cancel(id) }
