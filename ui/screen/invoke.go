package screen

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/ui/binding"
)

// Invoke does a verb on a target: a runbook's plan is opened for review, nothing is started. Keys, the mouse and the palette all come
// through here.
func Invoke(env Env, verb, target string) (Action, tea.Cmd) {
	return invoke(env, verb, target, nil)
}

// InvokeSaid is Invoke by the words behind a verb: of one with a runbook they are what `vmtui run` takes behind the runbook's name, the target and NAME=VALUE.
func InvokeSaid(env Env, verb, said string) (Action, tea.Cmd) {
	state, known := VerbFor(env.World, verb, "")
	if !known || state.Runbook == "" {
		return Invoke(env, verb, said)
	}
	words, err := tootctl.Split(said)
	if err != nil {
		return refusal(verb, err), nil
	}
	target, given, err := state.Book().Said(words)
	if err != nil {
		return refusal(verb, err), nil
	}
	return invoke(env, verb, target, given)
}

func invoke(env Env, verb, target string, given map[string]string) (Action, tea.Cmd) {
	state, known := VerbFor(env.World, verb, target)
	switch {
	case len(env.World.Verbs) == 0:
		return Say{Text: "still finding out what can be done to " + orWord(target, "what")}, nil
	case !known:
		return Say{Text: fmt.Sprintf("there is no %s for %s", verb, orWord(target, "nothing")) + NearestNode(env.World, target), Bad: true}, nil
	case state.Why != "":
		return Say{Text: verb + " is off: " + state.Why, Bad: true}, nil
	case verb == "logs":
		return Push{NewLogs(env, target, "")}, nil
	case state.Own():
		return Push{NewPlanOf(env, state.Book(), target, given)}, nil
	case state.Runbook != "":
		p := NewPlan(env, state.Runbook, target)
		p.said = given
		return Push{p}, nil
	case verb == "exec":
		return Push{NewExec(env, target)}, nil
	case verb == "file":
		return Push{NewFile(env, target)}, nil
	case verb == "shell":
		return Enter{target}, nil
	case verb == "refresh":
		return Say{Text: "looking at the whole fleet"}, func() tea.Msg {
			env.Desk.Refresh()
			return nil
		}
	}
	return Say{Text: verb + " has no place in the console yet: use the command line", Bad: true}, nil
}

// NearestNode says which node was probably meant by a name that is none, if one is near.
func NearestNode(w *World, name string) string {
	names := make([]string, len(w.Fleet.Nodes))
	for i, n := range w.Fleet.Nodes {
		names[i] = n.Name
	}
	return spelling.Hint("; the nearest is ", name, names, "")
}

// VerbFor is what is known of a verb on a target.
func VerbFor(w *World, verb, target string) (desk.VerbState, bool) {
	for _, key := range []string{target, ""} {
		for i := range w.Verbs[key] {
			if s := &w.Verbs[key][i]; s.ID == verb && (key == target || s.Targets == "") {
				return *s, true
			}
		}
	}
	return desk.VerbState{}, false
}

// withVerbs fills in why the bindings that are verbs are off for a target.
func withVerbs(w *World, bs []binding.Binding, target string) []binding.Binding {
	for i := range bs {
		s, ok := VerbFor(w, bs[i].ID, target)
		if !ok {
			continue
		}
		bs[i].Why, bs[i].Danger = s.Why, s.Danger
	}
	return bs
}

// withTargets fills in why the bindings that are verbs are off for these targets. For several, a verb is off if it is off for every one.
func withTargets(w *World, bs []binding.Binding, targets []string) []binding.Binding {
	bs = withVerbs(w, bs, targets[0])
	if len(targets) == 1 {
		return bs
	}
	there := map[string]bool{}
	for i := range w.Fleet.Nodes {
		there[w.Fleet.Nodes[i].Name] = true
	}
	for i := range bs {
		if s, ok := VerbFor(w, bs[i].ID, targets[0]); !ok || s.Targets == "" {
			continue
		}
		bs[i].Why = ""
		why := func(t string) string {
			if !there[t] {
				return notThere
			}
			return verbStands(w, bs[i].ID, t)
		}
		if !slices.ContainsFunc(targets, func(t string) bool { return why(t) == "" }) {
			bs[i].Why = targets[0] + ": " + why(targets[0])
		}
	}
	return bs
}

// off sets why a binding is off, if there is a why.
func off(bs []binding.Binding, id, why string) {
	for i := range bs {
		if bs[i].ID == id && why != "" {
			bs[i].Why = why
		}
	}
}

// whyOff says why a binding is off just now; "" while it is on.
func whyOff(bs []binding.Binding, id string) string {
	b, _ := binding.Named(bs, id)
	return b.Why
}

// on says that a binding is not off.
func on(bs []binding.Binding, id string) {
	for i := range bs {
		if bs[i].ID == id {
			bs[i].Why = ""
		}
	}
}
