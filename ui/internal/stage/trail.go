package stage

import (
	"time"

	"github.com/vmtui/vmtui/ops/trail"
)

// Trail is an audit trail with an entry of every kind and every end.
func Trail() []trail.Entry {
	drain := trail.Entry{Run: "20261103-1204-9c1e", Runbook: "worker-drain", By: "mike", Host: "laptop"}
	of := func(e trail.Entry, change func(*trail.Entry)) trail.Entry { change(&e); return e }
	entries := []trail.Entry{
		of(drain, func(e *trail.Entry) {
			e.Kind, e.Step, e.On, e.What, e.Outcome, e.Took = trail.Ending, "remove", "worker-2", "Drain worker-2", "done", 3*time.Minute
		}),
		of(drain, func(e *trail.Entry) {
			e.Kind, e.Step, e.On, e.What, e.Detail, e.By = trail.Decision, "remove", "worker-2", "said retry", "the balancer lists it still", "ana"
		}),
		of(drain, func(e *trail.Entry) {
			e.Kind, e.Step, e.On, e.What, e.Outcome = trail.Act, "remove", "4de7ac8b", "DELETE /v2/load_balancers/4de7ac8b/droplets [3164495]", "unknown"
			e.Detail, e.Took = "connection reset after the request had left", 412*time.Millisecond
		}),
		of(drain, func(e *trail.Entry) {
			e.Kind, e.Step, e.On, e.What, e.Outcome, e.Took = trail.Act, "lame-duck", "worker-2", "touch /var/lib/vmtui/lame-duck", "done", 30*time.Millisecond
		}),
		{
			Run: "20261103-1150-0af3", Runbook: "exec", Step: "exec", By: "ana", Host: "desk", Kind: trail.Act, On: "worker-[1-3]", What: "uptime", Outcome: "failed",
			Detail: "exit status 1 on worker-3", Took: 2 * time.Second, Output: []string{"worker-[1-2]: up 2 days", "worker-3: sh: uptime: not found"}, Pruned: 3,
		},
	}
	for i := range entries {
		entries[i].Time, entries[i].Seq = Noon.Add(-time.Duration(i+1)*time.Minute), uint64(len(entries)-i) // #nosec G115 -- a handful
	}
	return entries
}
