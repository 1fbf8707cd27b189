package verb

import "github.com/vmtui/vmtui/ops/act"

// Table is every verb, in the order in which footers and help show them.
var Table = []Verb{
	{ID: "drain", Title: "drain a worker from the load balancer", Danger: act.Changes, Targets: "worker", Runbook: "worker-drain"},
	{ID: "reimage", Title: "give a worker a new disk and bring it back", Danger: act.Destroys, Targets: "worker", Runbook: "worker-reimage"},
	{ID: "return", Title: "bring a worker back into service", Danger: act.Changes, Targets: "worker", Runbook: "worker-return"},
	{ID: "exec", Title: "run a command on nodes, all at once: exec worker-[1-3] -- uptime", Danger: act.Changes},
	{ID: "file", Title: "copy a file to a node or from one: file provision.sh worker-1:/root/", Danger: act.Safe},
	{ID: "logs", Title: "follow what a node's services write", Danger: act.Safe, Targets: "node"},
	{ID: "shell", Title: "open a shell on a node", Danger: act.Changes, Targets: "node"},
	{ID: "refresh", Title: "look at the fleet now", Danger: act.Safe},
}

// Find gives the verb with an id.
func Find(id string) (Verb, bool) {
	for _, v := range Table {
		if v.ID == id {
			return v, true
		}
	}
	return Verb{}, false
}
