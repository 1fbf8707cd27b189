package root

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/screen"
)

// sentence is a runbook as it is being said in the palette, word by word: what it is, what it is done to, and NAME=VALUE for what it takes.
type sentence struct {
	verb   desk.VerbState
	target string
	given  map[string]string
	before string // what is typed before the last word
	half   string // the last word, as far as it is typed
}

// completions are what a runbook that is being said can go on with, and what is said so far.
func (r *Root) completions(line string) []dialog.Item {
	name, rest, further := strings.Cut(strings.TrimLeft(line, " "), " ")
	if !further {
		return r.bookItems(name)
	}
	v, known := r.spoken(name)
	if !known || v.Runbook == "" {
		return nil
	}
	text := strings.TrimSpace(line)
	at := strings.LastIndex(line, " ") + 1
	s := sentence{verb: v, before: line[:at], half: line[at:]}
	if err := s.read(rest[:len(rest)-len(s.half)]); err != nil {
		return []dialog.Item{{Text: text, Why: screen.Reason(err)}}
	}
	items := r.targetItems(s)
	if !strings.ContainsAny(s.half, `'"\`) {
		items = append(items, r.inputItems(s)...)
	}
	if len(items) > 0 && s.half != "" { // the last word becomes one of these
		return items
	}
	if err := s.read(rest); err != nil {
		return []dialog.Item{{Text: text, Why: screen.Reason(err)}}
	}
	if text == name {
		return items // which is an item of its own
	}
	return append([]dialog.Item{r.saidItem(s, text)}, items...)
}

// spoken is the verb that a word means: its own name, or its runbook's.
func (r *Root) spoken(word string) (desk.VerbState, bool) {
	for _, v := range r.world.Verbs[""] {
		if v.ID == word || v.Runbook == word && word != "" {
			return v, true
		}
	}
	return desk.VerbState{}, false
}

// bookItems are the runbooks whose verb has another name, while theirs is typed.
func (r *Root) bookItems(half string) []dialog.Item {
	var items []dialog.Item
	for _, v := range r.world.Verbs[""] {
		if half != "" && v.Runbook != "" && !v.Own() && strings.HasPrefix(v.Runbook, half) {
			items = append(items, dialog.Item{Text: v.Runbook + " ", About: v.Title, Key: r.world.Keys.Get(v.ID).Cap(), Open: true})
		}
	}
	return items
}

// read understands the words before the last one.
func (s *sentence) read(said string) error {
	words, err := tootctl.Split(said)
	if err == nil {
		s.target, s.given, err = s.verb.Book().Said(words)
	}
	return err
}

// targetItems are the nodes that a runbook can be done to, while none is said.
func (r *Root) targetItems(s sentence) []dialog.Item {
	if s.target != "" || s.verb.Targets == "" {
		return nil
	}
	var items []dialog.Item
	for _, n := range r.world.Fleet.Nodes {
		if (s.verb.Targets == "node" || s.verb.Targets == n.Role) && strings.HasPrefix(n.Name, s.half) {
			state, _ := screen.VerbFor(r.world, s.verb.ID, n.Name)
			items = append(items, dialog.Item{Text: s.before + n.Name, About: s.verb.Title, Why: state.Why})
		}
	}
	return items
}

// inputItems are the inputs that were not said yet; behind a name, what it can be.
func (r *Root) inputItems(s sentence) []dialog.Item {
	if s.target == "" && s.verb.Targets != "" {
		return nil
	}
	name, value, named := strings.Cut(s.half, "=")
	var items []dialog.Item
	for _, in := range r.inputs(s) {
		switch _, said := s.given[in.Name]; {
		case named && in.Name == name:
			return r.valueItems(s, in, value)
		case !named && !said && strings.HasPrefix(in.Name, s.half):
			items = append(items, dialog.Item{Text: s.before + in.Name + "=", Label: in.Name + "=", About: aboutInput(in), Open: true})
		}
	}
	return items
}

// inputs are what a runbook can be told, and what it passes on to another one, which is its target or was said.
func (r *Root) inputs(s sentence) []run.Input {
	all := slices.Clone(s.verb.Inputs)
	if !s.verb.Passes {
		return all
	}
	for _, v := range r.world.Verbs[""] {
		if v.Runbook != "" && (v.Runbook == s.target || v.Runbook == s.given["runbook"]) {
			all = append(all, v.Inputs...)
		}
	}
	return all
}

// valueItems are what an input can be, as far as there is a choice: the half-typed word becomes one of them.
func (r *Root) valueItems(s sentence, in run.Input, half string) []dialog.Item {
	values := in.Values
	if in.Type == "node" {
		for _, n := range r.world.Fleet.Nodes {
			values = append(slices.Clip(values), n.Name)
		}
	}
	var items []dialog.Item
	for _, v := range values {
		if v == half {
			return nil
		}
		if strings.HasPrefix(v, half) {
			items = append(items, dialog.Item{Text: s.before + tootctl.Quote([]string{in.Name + "=" + v}), Label: in.Name + "=" + v, About: in.About})
		}
	}
	return items
}

// saidItem is what is said so far, and what comes of it.
func (r *Root) saidItem(s sentence, text string) dialog.Item {
	it := dialog.Item{Text: text, About: "look at its plan"}
	if missing := s.verb.Book().Missing(s.target, s.given); missing != "" {
		it.About = "say the rest, " + missing + " before all; then look at its plan"
	}
	if s.target != "" || s.verb.Targets == "" {
		state, known := screen.VerbFor(r.world, s.verb.ID, s.target)
		if it.Why = state.Why; !known {
			it.Why = fmt.Sprintf("there is no %s for %s", s.verb.ID, s.target)
		}
	}
	return it
}

// aboutInput says what an input is, and what it is when nothing is said.
func aboutInput(in run.Input) string {
	words := []string{in.About}
	switch {
	case len(in.Values) > 0:
		words = append(words, strings.Join(in.Values, " or "))
	case in.Type != "" && in.Type != "string":
		words = append(words, in.Type)
	}
	switch {
	case in.Needed:
		words = append(words, "needed")
	case in.Default != "":
		words = append(words, in.Default+" by default")
	}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), "; ")
}
