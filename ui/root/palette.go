package root

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/screen"
)

// palette is everything that can be said here: verbs on their targets, places, runs.
func (r *Root) palette() dialog.Dialog {
	items := append(r.markedItems(), r.verbItems()...)
	for _, p := range places {
		items = append(items, dialog.Item{Text: p.word, About: p.about, Key: r.world.Keys.Get(p.binding).Cap()})
	}
	for _, d := range r.doors {
		items = append(items, dialog.Item{Text: "instance " + d.Instance, About: "leave this instance and enter that one", Why: d.Why})
	}
	items = append(items, r.themeItems()...)
	for i, x := range r.world.Runs {
		if i == 50 {
			break
		}
		items = append(items, dialog.Item{Text: "run " + x.ID, About: string(x.State) + ": " + x.Runbook + " " + x.Target})
	}
	return &dialog.Palette{Tag: "palette", Items: items, Past: r.past}
}

// places are the words that lead somewhere.
var places = []struct{ word, about, binding string }{
	{"fleet", "every node, service and unfinished run", ""},
	{"runs", "all runs, newest first", "runs"},
	{"log", "every command and call this console made, with how it ended", "log"},
	{"copy", "copy what is selected to the terminal's clipboard", "copy"},
	{"save", "save what is selected into a file", "save"},
	{"help", "the keys of this place", "help"},
	{"config", "edit the config in your editor; it is checked before it holds", ""},
	{"quit", "leave the console", "quit"},
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
		for _, n := range r.world.Fleet.Nodes {
			if v.Targets != n.Role && v.Targets != "node" {
				continue
			}
			state, _ := screen.VerbFor(r.world, v.ID, n.Name)
			items = append(items, dialog.Item{Text: v.ID + " " + n.Name, About: v.Title, Key: r.world.Keys.Get(v.ID).Cap(), Why: state.Why})
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
func (r *Root) doMarked(verb string) tea.Cmd {
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
	r.past = append(r.past, text)
	target := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), words[0]))
	switch words[0] {
	case "fleet":
		for len(r.stack) > 1 {
			r.pop()
		}
		return nil
	case "runs":
		return r.push(screen.NewRuns(r.env))
	case "run":
		if target != "" {
			return r.push(screen.NewRun(r.env, target))
		}
	case "log":
		return r.push(screen.NewLog(r.env))
	case "copy", "save":
		return r.take(words[0])
	case "instance":
		return r.enter(target)
	case "config":
		return r.editConfig()
	case "theme":
		r.wear(target)
		return nil
	case "help":
		return r.push(screen.NewHelp(r.env, r.top()))
	case "quit", "q":
		return r.quit()
	}
	if !r.verb(words[0]) {
		r.say(fmt.Sprintf("there is nothing called “%s”; %s lists what there is", words[0], r.world.Keys.Get("palette").Cap()), true)
		return nil
	}
	if target == marked {
		return r.doMarked(words[0])
	}
	action, cmd := screen.Invoke(r.env, words[0], target)
	return tea.Batch(cmd, r.do(r.top(), action))
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
