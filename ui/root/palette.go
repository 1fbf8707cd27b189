package root

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/verb"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/screen"
)

// palette is everything that can be said here: verbs on their targets, places, runs.
func (r *Root) palette() dialog.Dialog {
	items := append(r.markedItems(), r.verbItems()...)
	items = append(items, r.placeItems()...)
	items = append(items, r.logItems()...)
	for _, d := range r.doors {
		items = append(items, dialog.Item{Text: "instance " + d.Instance, About: "leave this instance and enter that one", Why: d.Why})
	}
	items = append(items, r.themeItems()...)
	for i, x := range r.world.Runs {
		if i == 50 {
			break
		}
		items = append(items, dialog.Item{Text: "run " + x.ID, About: string(x.State) + ": " + verb.Spoken(x.Runbook) + " " + x.Target})
	}
	return &dialog.Palette{Tag: "palette", Items: items, Past: r.past, Complete: r.completions}
}

// verbItems are the verbs, each with its targets.
func (r *Root) verbItems() []dialog.Item {
	var items []dialog.Item
	for _, v := range r.world.Verbs[""] {
		if v.Targets == "" {
			items = append(items, dialog.Item{Text: v.ID, About: v.Title, Key: r.world.Keys.Get(v.ID).Cap(), Why: v.Why})
		}
	}
	for _, v := range r.world.Verbs[""] {
		if v.Targets == "" {
			continue
		}
		key := r.world.Keys.Get(v.ID).Cap()
		for i := range r.world.Fleet.Nodes {
			n := &r.world.Fleet.Nodes[i]
			if v.Targets != n.Role && v.Targets != "node" {
				continue
			}
			state, _ := screen.VerbFor(r.world, v.ID, n.Name)
			items = append(items, dialog.Item{Text: v.ID + " " + n.Name, About: v.Title, Key: key, Why: state.Why})
		}
	}
	return items
}

// logItems are the services whose log can be followed, each with its node.
func (r *Root) logItems() []dialog.Item {
	var items []dialog.Item
	for _, n := range r.world.Fleet.Nodes {
		for _, service := range screen.LogServices(n) {
			items = append(items, dialog.Item{Text: "logs " + n.Name + " " + service, About: "follow what " + service + " writes on " + n.Name})
		}
	}
	return items
}

// markedItems are the verbs that can be done to what is marked here, one after another.
func (r *Root) markedItems() []dialog.Item {
	m, ok := r.top().(screen.Marker)
	if !ok || len(m.Marked()) == 0 {
		return nil
	}
	var items []dialog.Item
	for _, b := range r.top().Bindings() {
		if r.verb(b.ID) && r.targeted(b.ID) {
			items = append(items, dialog.Item{Text: b.ID + " " + marked, About: strings.Join(m.Marked(), ", "), Key: b.Cap(), Why: b.Why})
		}
	}
	return items
}

// marked is what the palette calls the marked targets.
const marked = "marked"

// doMarked does a verb to what is marked, as its key does.
func (r *Root) doMarked(verb string, further []string) tea.Cmd {
	if len(further) > 0 {
		r.say("what is marked is told nothing more: say "+verb+" of one at a time", true)
		return nil
	}
	m, ok := r.top().(screen.Marker)
	b, known := binding.Named(r.top().Bindings(), verb)
	if !ok || !known || len(m.Marked()) == 0 {
		r.say("nothing is marked here that "+verb+" could be done to", true)
		return nil
	}
	return r.pressed(b)
}

// targeted reports that a verb is done to something.
func (r *Root) targeted(id string) bool {
	for _, v := range r.world.Verbs[""] {
		if v.ID == id {
			return v.Targets != ""
		}
	}
	return false
}

// said does what was typed into the palette.
func (r *Root) said(text string) tea.Cmd {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil
	}
	remembered := r.remember(text)
	return tea.Batch(remembered, r.obey(text, words))
}

// obey does what was said.
func (r *Root) obey(text string, words []string) tea.Cmd {
	target := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), words[0]))
	if cmd, went := r.goTo(func(p place) bool { return p.word == words[0] }, target); went {
		return cmd
	}
	switch words[0] {
	case "fleet":
		for len(r.stack) > 1 {
			r.pop()
		}
		return nil
	case "run":
		if target != "" {
			return r.push(screen.NewRun(r.env, target))
		}
	case "logs":
		if len(words) > 1 {
			return r.follow(words[1], strings.Join(words[2:], " "))
		}
	case "copy", "save":
		if len(words) > 1 && words[0] == "copy" { // as the command line says it
			return r.push(screen.NewFile(r.env, target))
		}
		return r.take(words[0])
	case "instance":
		return r.enter(target)
	case "config":
		return r.editConfig()
	case "theme":
		r.wear(target)
		return nil
	case "quit", "q":
		return r.quit()
	}
	v, known := r.spoken(words[0])
	if !known {
		r.say(fmt.Sprintf("there is nothing called “%s”; %s%s lists what there is", words[0], spelling.Hint("the nearest is ", words[0], r.words(), ", and "), r.world.Keys.Get("palette").Cap()), true)
		return nil
	}
	if len(words) > 1 && words[1] == marked {
		return r.doMarked(v.ID, words[2:])
	}
	action, cmd := screen.InvokeSaid(r.env, v.ID, target)
	return tea.Batch(cmd, r.do(r.top(), action))
}

// words are what a line in the palette can begin with.
func (r *Root) words() []string {
	var all []string
	for _, v := range r.world.Verbs[""] {
		all = append(all, v.ID, v.Runbook)
	}
	for _, p := range registry {
		all = append(all, p.word)
	}
	for _, d := range deeds {
		all = append(all, d.word)
	}
	return append(all, "run", "instance", "theme")
}

// follow opens the log of a node's service, "" for all of them.
func (r *Root) follow(node, service string) tea.Cmd {
	if state, known := screen.VerbFor(r.world, "logs", node); !known || state.Why != "" {
		r.say(fmt.Sprintf("there is no node called “%s”%s", node, screen.NearestNode(r.world, node)), true)
		return nil
	}
	return r.push(screen.NewLogs(r.env, node, service))
}

// editConfig hands the terminal to the operator's editor.
func (r *Root) editConfig() tea.Cmd {
	if r.opts.Edit == nil {
		r.say("this config is not yours to edit", true)
		return nil
	}
	return func() tea.Msg { return edit{} }
}

// verb reports that there is a verb of that name.
func (r *Root) verb(id string) bool {
	for _, v := range r.world.Verbs[""] {
		if v.ID == id {
			return true
		}
	}
	return false
}
