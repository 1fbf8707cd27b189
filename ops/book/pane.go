package book

import (
	"strings"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/worker"
)

// PaneOf says whom a pane of a run is about. In a runbook of one's own the steps of several workers may follow one another, so that a pane names
// its worker: "balancer@worker-2".
func PaneOf(pane string, h run.Header) (what, target string, inputs map[string]string) {
	what, node, named := strings.Cut(pane, "@")
	if !named {
		return pane, h.Target, h.Inputs
	}
	return what, node, worker.Thaw(h.Inputs[frozenWorker+node])
}
