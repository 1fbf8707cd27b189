package root

import (
	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/screen"
)

// place is a screen that a key and a word lead to. A new one is a line in the registry; what needs more than that, such as a target, is a verb.
type place struct {
	id, word, about string // its binding, and how the palette says it
	open            func(r *Root, argument string) screen.Screen
}

// registry are the places, in the order in which the palette shows them.
var registry = []place{
	{"runs", "runs", "the history: every run and every single act, newest first", func(r *Root, _ string) screen.Screen { return screen.NewRuns(r.env) }},
	{"books", "runbooks", "what can be walked through: what each does, its plan, its dangers", func(r *Root, book string) screen.Screen { return screen.NewBooks(r.env, book) }},
	{"tootctl", "tootctl", "every command of tootctl: found, explained, rehearsed and run", func(r *Root, line string) screen.Screen { return screen.NewToot(r.env, line) }},
	{"jobs", "jobs", "tootctl's jobs on the exec node: what runs, and how it ended", func(r *Root, _ string) screen.Screen { return screen.NewJobs(r.env) }},
	{"sidekiq", "sidekiq", "Sidekiq live: its queues and processes, what is in them; with a name, that queue's or set's jobs", openSidekiq},
	{"caches", "purge", "the caches: what each layer answers for a page, and purging it", func(r *Root, page string) screen.Screen { return screen.NewCaches(r.env, page) }},
	{"zone", "zone", "the zone at the edge: certificates, records, rules, and the switches of an incident", func(r *Root, _ string) screen.Screen { return screen.NewZone(r.env) }},
	{"trail", "audit", "the audit trail: who did what, when, on what, and how it ended", func(r *Root, _ string) screen.Screen { return screen.NewTrail(r.env) }},
	{"log", "log", "every command and call this console made, with how it ended", func(r *Root, _ string) screen.Screen { return screen.NewLog(r.env) }},
	{"help", "help", "the keys of this place", func(r *Root, _ string) screen.Screen { return screen.NewHelp(r.env, r.top()) }},
}

// openSidekiq opens Sidekiq, or one of its queues or sets.
func openSidekiq(r *Root, name string) screen.Screen {
	if name != "" {
		return screen.NewBacklog(r.env, name)
	}
	return screen.NewSidekiq(r.env)
}

// deeds are the other words of the palette, which open no screen.
var deeds = []struct{ word, about, binding string }{
	{"fleet", "every node, service and unfinished run", ""},
	{"copy", "copy what is selected to the terminal's clipboard", "copy"},
	{"save", "save what is selected into a file", "save"},
	{"config", "edit the config in your editor; it is checked before it holds", ""},
	{"quit", "leave the console", "quit"},
}

// placeItems are the places and the deeds, as the palette shows them.
func (r *Root) placeItems() []dialog.Item {
	var items []dialog.Item
	for _, p := range registry {
		items = append(items, dialog.Item{Text: p.word, About: p.about, Key: r.world.Keys.Get(p.id).Cap()})
	}
	for _, d := range deeds {
		items = append(items, dialog.Item{Text: d.word, About: d.about, Key: r.world.Keys.Get(d.binding).Cap()})
	}
	return items
}

// goTo opens the place that a binding's id or a word means, and reports whether there is one. Who is there already stays.
func (r *Root) goTo(means func(place) bool, argument string) (tea.Cmd, bool) {
	for _, p := range registry {
		if !means(p) {
			continue
		}
		if _, open := r.top().(*screen.Help); open && p.id == "help" {
			return nil, true
		}
		return r.push(p.open(r, argument)), true
	}
	return nil, false
}
