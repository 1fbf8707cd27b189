package desk

import (
	"cmp"
	"slices"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/verb"
)

// known are the verbs of the table, and behind them the runbooks that have none there: they are called by their names. Finding them reads the files of the
// instance's own.
func (d *Desk) known() (table []VerbState, books []run.Book) {
	books = d.Shelf()
	for _, v := range verb.Table {
		s := VerbState{Verb: v}
		if i := slices.IndexFunc(books, func(b run.Book) bool { return b.ID == v.Runbook }); i >= 0 {
			s.Inputs, s.Passes = books[i].Inputs, books[i].Passes
			books = slices.Delete(books, i, i+1)
		}
		table = append(table, s)
	}
	return table, books
}

// states are the verbs and the runbooks, with why each is off for a target.
func (d *Desk) states(table []VerbState, books []run.Book, target string, snap fleet.Snapshot) []VerbState {
	all := make([]VerbState, 0, len(table)+len(books))
	for _, v := range table {
		v.Why = d.off(v.Verb, target, snap)
		all = append(all, v)
	}
	held := d.held(target, snap)
	n, known := d.cfg.Node(target)
	for _, b := range books {
		v := verb.Verb{ID: b.ID, Title: b.Title, Danger: b.Danger, Targets: b.Targets, Runbook: b.ID}
		all = append(all, VerbState{Verb: v, Inputs: b.Inputs, Passes: b.Passes, Why: cmp.Or(bookOff(b, n, known), held)})
	}
	return all
}

// mistake is the first thing that is wrong with a runbook's file, in a line; "" when nothing is.
func mistake(err error) string {
	if err == nil {
		return ""
	}
	f := fault.All(err)[0]
	return f.On + ": " + f.Why
}

// bookOff says why a runbook cannot be used on a node just now.
func bookOff(b run.Book, n config.Node, known bool) string {
	switch {
	case b.Off != nil:
		return mistake(b.Off)
	case b.Targets == "":
		return ""
	case !known:
		return "no node is chosen"
	case b.Targets != "node" && n.Role != b.Targets:
		return n.Name + " is not in the role " + b.Targets
	}
	return ""
}
