package main

import (
	"context"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/remote/ssh"
)

// leave waits until what was cancelled is gone from its hosts, while there are connections to see to it, and says what nobody can say that of. Whoever has
// no patience presses Ctrl-C.
func (a *app) leave(ctx context.Context) {
	if ctx.Err() != nil {
		ctx = context.WithoutCancel(ctx) // the second Ctrl-C ends the process
	}
	left := a.pool.Settle(ctx, func(waiting []ssh.Left) {
		if changes := only(waiting, true); len(changes) > 0 {
			a.say("waiting until what was cancelled has ended, ten seconds at most (Ctrl-C waits no longer): " + listed(changes))
		}
	})
	for _, kind := range []struct {
		changes, runs bool
		text          string
	}{
		{true, true, "cancelled, and it still runs; end it there before you do it again: "},
		{true, false, "cancelled, and whether it has ended nobody knows; look at the processes there before you do it again: "},
		{false, true, "cancelled, and it still runs, but only looks: "},
		{false, false, "cancelled, and whether it has ended nobody knows, but it only looks: "},
	} {
		some := slices.DeleteFunc(only(left, kind.changes), func(l ssh.Left) bool { return l.Runs != kind.runs })
		if len(some) > 0 {
			a.say(kind.text + listed(some))
		}
	}
}

// only are the changes, or the looks.
func only(left []ssh.Left, changes bool) (some []ssh.Left) {
	for _, l := range left {
		if l.Changes == changes {
			some = append(some, l)
		}
	}
	return some
}

// listed names commands by their hosts.
func listed(left []ssh.Left) string {
	var names []string
	for _, l := range left {
		names = append(names, l.Host+": "+l.What)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), "; ")
}
