// Package verb is the table of what an operator can do. Dispatch, footer, help, palette, read-only mode, command line and the generated
// reference are readings of it.
package verb

import "github.com/vmtui/vmtui/ops/act"

// Verb is a thing the operator can do.
type Verb struct {
	ID      string     // "drain", "reimage", "return", …
	Title   string     // "drain a worker from the load balancer"
	Danger  act.Danger // safe, changes, destroys
	Targets string     // "worker", "node", "run", or "" for none
	Runbook string     // the runbook it starts, if any
}
