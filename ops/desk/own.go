package desk

import (
	"cmp"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/verb"
)

// ownVerbs are the instance's own runbooks as things that can be done. They are called as their files are.
func (d *Desk) ownVerbs(target string, snap fleet.Snapshot) []VerbState {
	var states []VerbState
	for _, b := range d.own.Books() {
		v := verb.Verb{ID: b.ID, Title: b.Title, Danger: b.Danger, Targets: b.Targets, Runbook: b.ID}
		states = append(states, VerbState{Verb: v, Inputs: b.Inputs, Why: cmp.Or(d.ownOff(b, target), d.held(target, snap))})
	}
	return states
}

// mistake is the first thing that is wrong with a runbook's file, in a line; "" when nothing is.
func mistake(err error) string {
	if err == nil {
		return ""
	}
	f := fault.All(err)[0]
	return f.On + ": " + f.Why
}

// ownOff says why one of the instance's own runbooks cannot be used on a target just now.
func (d *Desk) ownOff(b run.Book, target string) string {
	if b.Off != nil {
		return mistake(b.Off)
	}
	n, known := d.cfg.Node(target)
	switch {
	case b.Targets == "":
		return ""
	case !known:
		return "no node is chosen"
	case b.Targets != "node" && n.Role != b.Targets:
		return target + " is not in the role " + b.Targets
	}
	return ""
}
