package binding

import (
	"slices"
	"strconv"

	"github.com/vmtui/vmtui/ops/act"
)

// at lists places.
func at(p ...Place) []Place { return p }

// keys lists keys.
func keys(k ...string) []string { return k }

// defaults is the table as it ships. The order is the footer's.
func defaults() []Binding {
	return slices.Concat(verbs(), queues(), places(), general(), insideDialogs())
}

// verbs are the bindings whose ids are verbs of ops, and the choices of a gate.
func verbs() []Binding {
	nodes := at(Fleet, Node)
	return []Binding{
		{ID: "drain", Keys: keys("d"), Word: "drain", Long: "take the worker out of the load balancer without losing a request", Places: nodes, Danger: act.Changes},
		{ID: "reimage", Keys: keys("r"), Word: "reimage", Long: "drain the worker, give it a new disk, prove it, and put it back", Places: nodes, Danger: act.Destroys},
		{ID: "return", Keys: keys("b"), Word: "bring back", Long: "put a drained worker back to work", Places: nodes, Danger: act.Changes},
		{ID: "exec", Keys: keys("x"), Word: "exec", Long: "run a command on the selected or the marked nodes, all at once", Places: nodes, Danger: act.Changes, Hidden: true},
		{ID: "file", Keys: keys("f"), Word: "file", Long: "copy a file to the node, or from it", Places: nodes, Danger: act.Safe, Hidden: true},
		{ID: "logs", Keys: keys("l"), Word: "logs", Long: "follow what the node's services write", Places: nodes, Danger: act.Safe},
		{ID: "shell", Keys: keys("S"), Word: "shell", Long: "open a shell on the node; the console comes back when it ends", Places: nodes, Danger: act.Changes, Hidden: true},
		{ID: "refresh", Keys: keys("ctrl+r"), Word: "look now", Long: "look at the whole fleet now", Places: nodes, Danger: act.Safe, Hidden: true},

		{ID: "gate-go", Keys: keys("g"), Word: "go", Long: "at a gate: do what the step's plan says", Places: at(Run), Danger: act.Changes},
		{ID: "gate-retry", Keys: keys("r"), Word: "retry", Long: "at a gate: look again, and try the step again", Places: at(Run), Danger: act.Changes},
		{ID: "gate-skip", Keys: keys("s"), Word: "skip", Long: "at a gate: leave the step out, with a reason for the record", Places: at(Run), Danger: act.Changes},
		{ID: "gate-undo", Keys: keys("u"), Word: "undo", Long: "walk back in reverse, as far as there is a way back", Places: at(Run), Danger: act.Changes},
		{ID: "gate-stop", Keys: keys("x"), Word: "stop", Long: "stop at the next step boundary; the run can be resumed", Places: at(Run), Danger: act.Changes},
		{ID: "resume", Keys: keys("R"), Word: "resume", Long: "go on with an unfinished run from what the world says now", Places: at(Fleet, Runs, Run), Danger: act.Changes},

		{ID: "toot-run", Keys: keys("g"), Word: "run", Long: "run the command; what it changes is confirmed first, by its danger", Places: at(Tootctl), Danger: act.Changes},
		{ID: "toot-rehearse", Keys: keys("r"), Word: "rehearse", Long: "run it dry: it says what it would do and does none of it", Places: at(Tootctl), Danger: act.Changes},
		{ID: "toot-type", Keys: keys("e"), Word: "type it", Long: "type the command line, with completion; it is checked as you type", Places: at(Tootctl)},
		{ID: "toot-favour", Keys: keys("f"), Word: "favourite", Long: "keep the command line among the favourites, or take it out", Places: at(Tootctl)},
		{ID: "toot-forget", Keys: keys("X"), Word: "forget", Long: "take the line out of the history and the favourites", Places: at(Tootctl), Hidden: true},
		{ID: "job-answer", Keys: keys("a"), Word: "answer", Long: "answer what the job asks, on its terminal", Places: at(Job), Danger: act.Changes},
		{ID: "job-cancel", Keys: keys("x"), Word: "cancel", Long: "end the job and everything it started", Places: at(Jobs, Job), Danger: act.Changes},

		{ID: "purge", Keys: keys("g"), Word: "purge", Long: "purge what the form says, from the origin outwards; confirmed first, by its danger", Places: at(Caches), Danger: act.Changes},
		{ID: "probe", Keys: keys("r"), Word: "ask", Long: "ask every worker, the balancer and the edge for the page", Places: at(Caches), Danger: act.Safe},
		{ID: "purge-repeat", Keys: keys("R"), Word: "repeat the rest", Long: "plan what the last purge left: what failed, was not sent, or is unknown", Places: at(Caches), Danger: act.Changes},
		{ID: "purge-cancel", Keys: keys("x"), Word: "call off", Long: "call off what was not sent yet", Places: at(Caches), Danger: act.Changes},
		{ID: "zone-dev", Keys: keys("d"), Word: "dev mode", Long: "switch development mode on or off: the edge keeps nothing while it is on", Places: at(Zone), Danger: act.Changes},
		{ID: "zone-attack", Keys: keys("a"), Word: "under attack", Long: "switch \"under attack\" on or off: every visitor is challenged while it is on, and every other server", Places: at(Zone), Danger: act.Changes},
		{ID: "zone-prove", Keys: keys("v"), Word: "prove", Long: "prove that the token may purge, by purging a URL that never was", Places: at(Zone), Danger: act.Changes},

		{ID: "start", Keys: keys("g"), Word: "start", Long: "start the run that this plan describes", Places: at(Plan), Danger: act.Changes},

		{ID: "send", Keys: keys("g"), Word: "run", Long: "run the command on these nodes", Places: at(Exec), Danger: act.Changes},
		{ID: "cancel", Keys: keys("x"), Word: "cancel", Long: "end the command wherever it still runs", Places: at(Exec), Danger: act.Changes},
		{ID: "other", Keys: keys("e"), Word: "other command", Long: "type another command for the same nodes", Places: at(Exec), Danger: act.Changes},
		{ID: "file-copy", Keys: keys("g"), Word: "copy it", Long: "copy the file", Places: at(File), Danger: act.Changes},
		{ID: "file-cancel", Keys: keys("x"), Word: "cancel", Long: "call the copy off; what is not whole gets no name", Places: at(File), Danger: act.Changes},
		{ID: "file-other", Keys: keys("e"), Word: "other file", Long: "type from where to where another is to be copied", Places: at(File)},
		{ID: "sudo", Keys: keys("S"), Word: "sudo", Long: "run it as root, by sudo, or not", Places: at(Exec), Danger: act.Changes},
	}
}

// queues are what is done to Sidekiq.
func queues() []Binding {
	return []Binding{
		{ID: "deed-do", Keys: keys("g"), Word: "do it", Long: "do what the plan says; what destroys asks for its name", Places: at(Deed), Danger: act.Destroys},
		{ID: "deed-how", Keys: keys("e"), Word: "how", Long: "change how it is done: paced, capped, with a backup", Places: at(Deed)},
		{ID: "deed-halt", Keys: keys("x"), Word: "halt", Long: "stop between two portions; nothing is lost, and it can go on", Places: at(Deed), Danger: act.Changes},
		{ID: "backlog-filter", Keys: keys("f"), Word: "which", Long: "say which jobs are meant: by class, host, error, arguments or age", Places: at(Backlog)},
		{ID: "sidekiq-park", Keys: keys("p"), Word: "park", Long: "put the queue aside at once; it can be restored as it was, or deleted", Places: at(Sidekiq, Backlog), Danger: act.Destroys},
		{ID: "sidekiq-restore", Keys: keys("r"), Word: "restore", Long: "put back what is parked, or what was in a dead process's hands", Places: at(Sidekiq, Backlog, Deed), Danger: act.Changes},
		{ID: "sidekiq-delete", Keys: keys("D"), Word: "delete", Long: "delete what is parked, or the jobs that are meant; a backup is written first", Places: at(Sidekiq, Backlog, Deed), Danger: act.Destroys},
		{ID: "sidekiq-load", Keys: keys("b"), Word: "backups", Long: "read a backup of deleted jobs back", Places: at(Sidekiq), Danger: act.Destroys},
		{ID: "sidekiq-retry", Keys: keys("R"), Word: "retry", Long: "let jobs of a set run now, capped and paced", Places: at(Sidekiq, Backlog), Danger: act.Changes},
		{ID: "sidekiq-kill", Keys: keys("K"), Word: "give up", Long: "move the jobs that are meant to the dead", Places: at(Backlog), Danger: act.Destroys},
		{ID: "sidekiq-move", Keys: keys("m"), Word: "move", Long: "move the jobs that are meant to another queue", Places: at(Backlog), Danger: act.Changes},
		{ID: "sidekiq-quiet", Keys: keys("z"), Word: "quiet", Long: "let the process take no new jobs; only a restart takes that back", Places: at(Sidekiq), Danger: act.Changes},
		{ID: "sidekiq-stop", Keys: keys("x"), Word: "stop", Long: "let the process end; what it cannot finish goes back into its queue", Places: at(Sidekiq), Danger: act.Changes},
		{ID: "sidekiq-node", Keys: keys("N"), Word: "mark node", Long: "mark every process of the selected one's node, or take their marks off; what is done next is done to all of them", Places: at(Sidekiq), Danger: act.Safe, Hidden: true},
		{ID: "sidekiq-dump", Keys: keys("d"), Word: "dump threads", Long: "let the process write the backtraces of its threads into its log", Places: at(Sidekiq), Danger: act.Changes, Hidden: true},
		{ID: "backlog-count", Keys: keys("c"), Word: "count all", Long: "count the whole instead of a sample of both ends", Places: at(Backlog)},
		{ID: "backlog-next", Keys: keys("n"), Word: "next", Long: "the next page of jobs", Places: at(Backlog)},
		{ID: "backlog-before", Keys: keys("N"), Word: "before", Long: "the page of jobs before", Places: at(Backlog), Hidden: true},
		{ID: "payload-unfold", Keys: keys("u"), Word: "unfold", Long: "show what the arguments say of people, or fold it", Places: at(Payload)},
	}
}

// places are the bindings that lead from one place to another.
func places() []Binding {
	return []Binding{
		{ID: "open", Keys: keys("enter"), Word: "open", Long: "open what is selected", Places: at(Fleet, Node, Runs, Books, Trail, Tootctl, Jobs, Sidekiq, Backlog, Caches, Run)},
		{ID: "next-target", Keys: keys("n"), Word: "next marked", Long: "go on with the next of the marked targets", Places: at(Fleet, Runs, Run, Plan, Sidekiq, Deed), Danger: act.Changes, Hidden: true},
		{ID: "runs", Keys: keys("H"), Word: "history", Long: "every run and every single act, newest first", Places: at(Fleet, Node, Run, Books)},
		{ID: "books", Keys: keys("B"), Word: "runbooks", Long: "what can be walked through: what each does, its plan, its dangers", Places: at(Fleet, Node, Runs)},
		{ID: "tootctl", Keys: keys("t"), Word: "tootctl", Long: "every command of tootctl: found, explained, rehearsed and run", Places: at(Fleet, Node, Runs, Books, Jobs)},
		{ID: "jobs", Keys: keys("J"), Word: "jobs", Long: "tootctl's jobs on the exec node: what runs, and how it ended", Places: at(Fleet, Node, Runs, Tootctl, Job), Hidden: true},
		{ID: "sidekiq", Keys: keys("s"), Word: "sidekiq", Long: "Sidekiq live: queues, processes, what is in them, and what can be done about it", Places: at(Fleet, Node, Runs, Books)},
		{ID: "trail", Keys: keys("A"), Word: "audit", Long: "the audit trail: who did what, when, on what, and how it ended", Places: at(Fleet, Node, Runs, Run), Hidden: true},
		{ID: "look-again", Keys: keys("ctrl+r"), Word: "look now", Long: "look again", Places: at(Books, Plan, Trail, Sidekiq, Backlog, Payload, Zone), Danger: act.Safe},
		{ID: "log", Keys: keys("L"), Word: "log", Long: "every command and call this console made, with how it ended", Places: at(Fleet, Node, Runs, Run, Plan, Books, Logs, Exec, Trail, Tootctl, Jobs, Job, Sidekiq, Backlog, Payload, Deed, Caches, Zone, File), Hidden: true},
		{ID: "filter", Keys: keys("/"), Word: "filter", Long: "show only what matches; a regular expression, ! in front turns it round", Places: at(Fleet, Runs, Books, Run, Log, Logs, Exec, Trail, Tootctl, Jobs, Sidekiq, Backlog, Payload, Zone, Help)},
		{ID: "copy", Keys: keys("y"), Word: "copy", Long: "copy the row, the plan, the command or the transcript to the terminal's clipboard", Places: at(Fleet, Node, Runs, Run, Plan, Log, Books, Logs, Exec, Trail, Tootctl, Jobs, Job, Sidekiq, Backlog, Payload, Deed, Caches, Zone, File), Hidden: true},
		{ID: "save", Keys: keys("Y"), Word: "save", Long: "save it into a file instead", Places: at(Fleet, Node, Runs, Run, Plan, Log, Books, Logs, Exec, Trail, Tootctl, Jobs, Job, Sidekiq, Backlog, Payload, Deed, Caches, Zone, File), Hidden: true},
		{ID: "caches", Keys: keys("p"), Word: "purge", Long: "the caches: what each layer answers for a page, and purging it", Places: at(Fleet, Node, Runs, Zone)},
		{ID: "zone", Keys: keys("Z"), Word: "zone", Long: "the zone at the edge: certificates, records, rules, and the switches of an incident", Places: at(Fleet, Node, Runs, Caches), Hidden: true},
		{ID: "palette", Keys: keys(":"), Word: "command", Long: "type what to do: drain worker-2, runs, help", Places: at(Everywhere)},
		{ID: "help", Keys: keys("?"), Word: "help", Long: "the keys of this place", Places: at(Everywhere)},
		{ID: "back", Keys: keys("esc", "backspace"), Word: "back", Long: "leave this place, or drop the filter", Places: at(Everywhere)},
		{ID: "quit", Keys: keys("q", "ctrl+c"), Word: "quit", Long: "leave the console; a run under way here stops at a step boundary and can be resumed", Places: at(Everywhere)},
	}
}

// general are the bindings for moving about.
func general() []Binding {
	lists := at(Fleet, Node, Runs, Plan, Help, Log, Books, Logs, Trail, Tootctl, Jobs, Job, Sidekiq, Backlog, Payload, Deed, Caches, Zone)
	return append([]Binding{
		{ID: "up", Keys: keys("up", "k"), Long: "one up", Places: at(Everywhere), Hidden: true},
		{ID: "down", Keys: keys("down", "j"), Long: "one down", Places: at(Everywhere), Hidden: true},
		{ID: "left", Keys: keys("left"), Long: "the pane to the left; in wide mode the columns to the left; in logs the lines", Places: at(Everywhere), Hidden: true},
		{ID: "right", Keys: keys("right"), Long: "the pane to the right; in wide mode the columns to the right; in logs the lines", Places: at(Everywhere), Hidden: true},
		{ID: "page-up", Keys: keys("pgup"), Long: "a page up", Places: at(Everywhere), Hidden: true},
		{ID: "page-down", Keys: keys("pgdown"), Long: "a page down", Places: at(Everywhere), Hidden: true},
		{ID: "half-up", Keys: keys("ctrl+u"), Long: "half a page up", Places: at(Everywhere), Hidden: true},
		{ID: "half-down", Keys: keys("ctrl+d"), Long: "half a page down", Places: at(Everywhere), Hidden: true},
		{ID: "top", Keys: keys("home", "g"), Long: "the first", Places: at(Fleet, Node, Runs, Help, Log, Books, Logs, Trail, Jobs, Job, Sidekiq, Backlog, Payload, Zone), Hidden: true},
		{ID: "head", Keys: keys("home"), Long: "the first", Places: at(Run, Plan, Exec, Tootctl, Deed, Caches), Hidden: true},
		{ID: "bottom", Keys: keys("end", "G"), Long: "the last", Places: append(lists, Run, Exec), Hidden: true},
		{ID: "next-pane", Keys: keys("tab"), Long: "the next pane", Places: at(Everywhere), Hidden: true},
		{ID: "prev-pane", Keys: keys("shift+tab"), Long: "the pane before", Places: at(Everywhere), Hidden: true},
		{ID: "suspend", Keys: keys("ctrl+z"), Long: "put the console into the background; the shell's fg brings it back", Places: at(Everywhere), Hidden: true},
		{ID: "mouse", Keys: keys("M"), Long: "switch the mouse off, so that text can be selected, or on", Places: at(Everywhere), Hidden: true},
	}, append(rows(), panes()...)...)
}

// rows are the bindings for the rows and columns of a list.
func rows() []Binding {
	lists := at(Fleet, Runs, Sidekiq, Backlog)
	sorted := append(lists, Books, Jobs, Log, Exec, Trail)
	return []Binding{
		{ID: "mark", Keys: keys("space"), Word: "mark", Long: "mark the row, or take its mark off; a verb is then done to the marked, one after another", Places: lists, Hidden: true},
		{ID: "mark-all", Keys: keys("*"), Word: "mark all", Long: "mark every row that is seen; where all are marked, take their marks off", Places: lists, Hidden: true},
		{ID: "unmark", Keys: keys("-", "ctrl+\\"), Long: "take every mark off", Places: lists, Hidden: true},
		{ID: "sort", Keys: keys("o"), Long: "sort by the next column; behind the last one comes the list's own order", Places: sorted, Hidden: true},
		{ID: "reverse", Keys: keys("O"), Long: "turn the order round", Places: sorted, Hidden: true},
		{ID: "wrap", Keys: keys("w", "ctrl+w"), Word: "whole lines", Long: "whole lines, on as many rows as they need", Places: at(Logs)},
		{ID: "wide", Keys: keys("w", "ctrl+w"), Long: "every column, untruncated; left and right move them where they do not fit", Places: sorted, Hidden: true},
	}
}

// panes are the bindings that lead to a pane by its number.
func panes() []Binding {
	var out []Binding
	for n := 1; n <= 6; n++ {
		places := at(Fleet, Node, Run, Sidekiq)
		switch {
		case n <= 2:
			places = at(Fleet, Node, Run, Log, Books, Exec, Trail, Tootctl, Job, Sidekiq, Backlog, Caches, Zone, Runs, Jobs)
		case n == 3:
			places = append(places, Books, Tootctl, Job, Caches)
		case n > 4:
			places = at(Run)
		}
		number := strconv.Itoa(n)
		out = append(out, Binding{ID: "pane-" + number, Keys: keys(number), Long: "the pane with the number " + number, Places: places, Hidden: true})
	}
	return out
}
