package desk

import (
	"context"

	"github.com/vmtui/vmtui/ops/logs"
)

// logTail is how many lines that were written before are shown first.
const logTail = 500

// Logs hands on what a node's service writes, "" for all of them: the last lines, then each as it comes, until ctx ends or nothing is left to follow.
func (d *Desk) Logs(ctx context.Context, node, service string, line func(string)) error {
	return d.ReadLog(ctx, node, logs.Tail{Service: service, Lines: logTail, Follow: true}, line)
}

// ReadLog reads a node's log as asked for.
func (d *Desk) ReadLog(ctx context.Context, node string, t logs.Tail, line func(string)) error {
	n, ok := d.cfg.Node(node)
	if !ok {
		return d.cfg.NoNode(node)
	}
	return d.logs.Read(ctx, n, t, line)
}
