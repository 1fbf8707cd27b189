package screen

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Round is one verb on its way over several marked targets, one after another. The targets are held by id from the moment the verb was said: rows may
// move or vanish, the round keeps to what was meant. Nothing goes on by itself: each target has its own plan and confirmation, and the next one is
// opened by a key.
type Round struct {
	verb    string
	targets []string
	at      int      // whose turn it is; as many as there are targets: nobody's
	run     string   // the run begun for it
	work    *work    // or the act begun for it
	left    []string // which were left out, each with why
	open    func(env Env, target string, r *Round) (Action, tea.Cmd)
	stands  func(w *World, target string) string // why a target cannot have its turn
}

// over reports that every target had its turn. A nil round is over.
func (r *Round) over() bool { return r == nil || r.at >= len(r.targets) }

// place is "1 of 3".
func (r *Round) place() string {
	if r.over() {
		return ""
	}
	return fmt.Sprintf("%d of %d", r.at+1, len(r.targets))
}

// name is a crumb with the place in the round.
func (r *Round) name(crumb string) string {
	if r.over() {
		return crumb
	}
	return crumb + " (" + r.place() + ")"
}

// begun notes the run of the target whose turn it is.
func (r *Round) begun(run string) {
	if r != nil {
		r.run = run
	}
}

// acts notes the act that is done to the target whose turn it is.
func (r *Round) acts(x *work) {
	if r != nil {
		r.work = x
	}
}

// untouched reports that nothing was begun yet for the target whose turn it is.
func (r *Round) untouched() bool { return r.run == "" && r.work == nil }

// had reports that a target has its turn, or had it.
func (r *Round) had(at int) bool { return at < r.at || at == r.at && !r.untouched() }

// meant is the target whose turn it is, "" for none.
func (r *Round) meant() string {
	if r.over() {
		return ""
	}
	return r.targets[r.at]
}

// turn opens the target whose turn it is. Those that cannot have theirs are left out, and that is said.
func (r *Round) turn(env Env) (Action, tea.Cmd) {
	var said []string
	for ; !r.over(); r.at++ {
		why := r.stands(env.World, r.meant())
		if why == "" {
			break
		}
		said = append(said, fmt.Sprintf("%s (%s): %s", r.meant(), r.place(), why))
	}
	r.left = append(r.left, said...)
	if r.over() {
		return r.account(), nil
	}
	action, cmd := r.open(env, r.meant(), r)
	if len(said) > 0 {
		return Both{Say{Text: "left out: " + strings.Join(said, "; "), Bad: true}, action}, cmd
	}
	return action, cmd
}

// next leaves the present target behind and opens the one after it. One that was never begun is left out by the operator.
func (r *Round) next(env Env) (Action, tea.Cmd) {
	if r.untouched() {
		r.left = append(r.left, fmt.Sprintf("%s (%s): you passed it over", r.meant(), r.place()))
	}
	r.at, r.run, r.work = r.at+1, "", nil
	return r.turn(env)
}

// on opens the target whose turn it is, or the one after it when something has been begun for it.
func (r *Round) on(env Env) (Action, tea.Cmd) {
	if r.untouched() {
		return r.turn(env)
	}
	return r.next(env)
}

// account is given when nobody is left: one line if all went its way, and every target that was left out by name if not.
func (r *Round) account() Action {
	head := fmt.Sprintf("%s: %d of %d had their turn", r.verb, len(r.targets)-len(r.left), len(r.targets))
	if len(r.left) == 0 {
		return Say{Text: head}
	}
	return Open{&dialog.Choice{Tag: "round", Title: head, Alarm: theme.Alarm, Cancel: "Close", Text: "These were left out:", Details: r.left}}
}

// why says why the next target cannot be opened just now: what was begun for the present one is not over.
func (r *Round) why(w *World) string {
	switch {
	case r.over():
		return "no marked targets are waiting for their turn"
	case r.untouched(), r.work != nil && r.work.over.Load():
		return ""
	}
	for _, x := range w.Runs {
		if x.ID == r.run && ended(x.State) {
			return ""
		}
	}
	return r.verb + " " + r.meant() + " (" + r.place() + ") is not over yet"
}

// offer shows the key of the round in a place that is part of one, and says why it is off.
func (r *Round) offer(w *World, bs []binding.Binding) {
	for i := range bs {
		if bs[i].ID == "next-target" {
			bs[i].Hidden, bs[i].Why = r.over(), r.why(w)
		}
	}
}

// line says how far the round is and what its key does; empty when there is none.
func (r *Round) line(w *World) widget.Line {
	if r.over() {
		return nil
	}
	l := widget.Line{widget.S(theme.Accent, "◆ "), widget.S(theme.Strong, r.verb+" "+r.place()), widget.S(theme.Muted, ": "), widget.S(theme.Plain, r.meant())}
	if rest := r.targets[r.at+1:]; len(rest) > 0 {
		l = l.Add(widget.S(theme.Muted, ", then "), widget.S(theme.Plain, strings.Join(rest, ", ")))
	}
	if r.why(w) != "" {
		return l
	}
	word := " goes on"
	if !r.untouched() && r.at+1 < len(r.targets) {
		word = " goes on with " + r.targets[r.at+1]
	}
	return l.Add(widget.Gap(2), widget.S(theme.Key, w.Keys.Get("next-target").Cap()), widget.S(theme.Muted, word))
}

// passLine says in the plan of a target that it is one of several that were marked, and what the key does: it passes the target over while nothing was
// begun for it, and opens the next one when that is over.
func (r *Round) passLine(w *World) widget.Line {
	if r.over() {
		return nil
	}
	l := widget.Line{widget.S(theme.Accent, "◆ "), widget.S(theme.Strong, r.place()+" marked")}
	rest := r.targets[r.at+1:]
	if len(rest) > 0 {
		l = l.Add(widget.S(theme.Muted, ", then "), widget.S(theme.Plain, strings.Join(rest, ", ")))
	}
	word := " passes this one over"
	switch {
	case r.untouched():
	case len(rest) > 0:
		word = " goes on with " + rest[0]
	default:
		word = " ends it: this was the last"
	}
	return l.Add(widget.S(theme.Muted, ": "), widget.S(theme.Key, w.Keys.Get("next-target").Cap()), widget.S(theme.Muted, word))
}

// invokeAll does a verb on the marked targets: on one as on a selected one, on several in a round.
func invokeAll(env Env, verb string, targets []string) (*Round, Action, tea.Cmd) {
	state, known := VerbFor(env.World, verb, targets[0])
	if len(targets) == 1 || len(env.World.Verbs) == 0 || known && state.Targets == "" {
		action, cmd := Invoke(env, verb, strings.Join(targets, ",")) // a verb without a target of its own is told all of them
		return nil, action, cmd
	}
	if known && state.Runbook == "" {
		return nil, Say{Text: verb + " is for one " + state.Targets + " at a time", Bad: true}, nil
	}
	r := &Round{verb: verb, targets: slices.Clone(targets), stands: func(w *World, target string) string { return nodeStands(w, verb, target) }}
	r.open = func(env Env, target string, r *Round) (Action, tea.Cmd) {
		state, _ := VerbFor(env.World, verb, target)
		p := NewPlan(env, state.Runbook, target)
		p.round = r
		return Push{p}, nil
	}
	action, cmd := r.turn(env)
	return r, action, cmd
}

// nodeStands says why a verb cannot be done to a node; that the node is gone comes first.
func nodeStands(w *World, verb, node string) string {
	if gone(w, node) {
		return notThere
	}
	return verbStands(w, verb, node)
}

const notThere = "it is not in the fleet any more"

// verbStands says why a verb cannot be done to a node that is in the fleet.
func verbStands(w *World, verb, node string) string {
	state, known := VerbFor(w, verb, node)
	if !known || state.Runbook == "" {
		return "there is no " + verb + " for it"
	}
	return state.Why
}

// gone reports that a node is not in the fleet any more.
func gone(w *World, node string) bool {
	for i := range w.Fleet.Nodes {
		if w.Fleet.Nodes[i].Name == node {
			return false
		}
	}
	return len(w.Fleet.Nodes) > 0
}

// resumeAll resumes the marked runs, one after another.
func resumeAll(p *Post, env Env, ids []string) (*Round, Action, tea.Cmd) {
	r := &Round{verb: "resume", targets: slices.Clone(ids), stands: runStands}
	r.open = func(env Env, id string, r *Round) (Action, tea.Cmd) { return resumeIn(p, env, id, r) }
	action, cmd := r.turn(env)
	return r, action, cmd
}

// runStands says why a run cannot be resumed.
func runStands(w *World, id string) string {
	i := slices.IndexFunc(w.Runs, func(x desk.Run) bool { return x.ID == id })
	switch {
	case i < 0:
		return "it is not in the list any more"
	case !canResume(w.Runs[i]):
		return "only an unfinished run that nobody walks can be resumed"
	}
	return ""
}

// inPlace opens what a round opens in place of the screen that asked, and leaves that screen when nothing is opened.
func inPlace(a Action, cmd tea.Cmd) (Action, tea.Cmd) {
	switch a := a.(type) {
	case Push:
		return Swap(a), cmd
	case Both:
		then, _ := inPlace(a.Then, nil)
		return Both{then, a.First}, cmd
	case Say, Open:
		return Both{Pop{}, a}, cmd
	}
	return a, cmd
}
