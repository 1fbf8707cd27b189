package screen

import (
	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ui/binding"
)

// Fleet is the first screen: every node, service and unfinished run at a glance, and the selected node in detail.
type Fleet struct {
	*Post
	env    Env
	nodes  list[fleet.Node]
	runs   cursor
	panes  panes
	filter matcher
	page   int // half of the runs that are seen
	round  *Round

	arranged arranged
}

// The fleet's panes.
const (
	paneNodes    = "nodes"
	paneServices = "services"
	paneRuns     = "runs"
	paneNode     = "node"
)

// NewFleet opens the fleet.
func NewFleet(env Env) *Fleet {
	f := &Fleet{Post: NewPost(env.Ctx), env: env, page: 2, panes: newPanes(paneNodes, paneServices, paneRuns, paneNode)}
	f.nodes = list[fleet.Node]{id: nodeName, cols: f.nodeColumns(), fixed: 2, page: 5}
	return f
}

// Crumb implements Screen.
func (f *Fleet) Crumb() string { return "Fleet" }

// Place implements Screen.
func (f *Fleet) Place() binding.Place { return binding.Fleet }

// Init implements Screen.
func (f *Fleet) Init() tea.Cmd { return nil }

// Update implements Screen.
func (f *Fleet) Update(msg tea.Msg) (Action, tea.Cmd) {
	f.spend()
	switch msg := msg.(type) {
	case Pressed:
		return f.press(msg.ID)
	case Filter:
		f.filter = newMatcher(msg.Text)
	case Clicked:
		f.click(msg.ID)
	case Wheeled:
		f.wheel(msg)
	case Answer:
		if m, ok := f.Open(msg); ok {
			return told(f.env, m)
		}
	}
	return nil, nil
}

// press does what a binding means here.
func (f *Fleet) press(id string) (Action, tea.Cmd) {
	if f.move(id) || f.panes.press(id) || f.nodes.press(id, f.visible()) {
		return nil, nil
	}
	switch id {
	case "open":
		return f.open(), nil
	case "resume":
		if r, ok := f.resumable(); ok {
			return resume(f.Post, f.env, r.ID)
		}
	case "next-target":
		if f.round.why(f.env.World) == "" {
			return f.round.on(f.env)
		}
	default:
		return f.invoke(id)
	}
	return nil, nil
}

// invoke does a verb on what is marked, or else on what is selected.
func (f *Fleet) invoke(verb string) (Action, tea.Cmd) {
	round, action, cmd := invokeAll(f.env, verb, f.targets())
	if round != nil {
		f.round = round
	}
	return action, cmd
}

// move moves in the pane that has the keys.
func (f *Fleet) move(id string) bool {
	switch f.panes.on {
	case paneNodes:
		return f.nodes.press(id, f.visible())
	case paneRuns:
		return f.runs.move(id, f.runIDs(), f.page)
	}
	return f.panes.scroll(f.panes.on).move(id)
}

// wheel moves in the pane under the pointer. A list is given the keys with it, because what is selected there moves.
func (f *Fleet) wheel(m Wheeled) {
	id := m.step()
	if m.Pane == paneNodes || m.Pane == paneRuns {
		f.panes.focus(m.Pane)
		f.move(id)
		return
	}
	f.panes.scroll(m.Pane).wheel(m.Down)
}

// StepBack implements Stepper: first a round is called off, then the marks are taken off.
func (f *Fleet) StepBack() bool {
	if !f.round.over() {
		f.round = nil
		return true
	}
	return f.nodes.picks.clear()
}

// spend takes the marks off those that had their turn.
func (f *Fleet) spend() {
	if f.round == nil {
		return
	}
	for i, t := range f.round.targets {
		if f.round.had(i) {
			f.nodes.picks.drop(t)
		}
	}
	if f.round.over() {
		f.round = nil
	}
}

// open goes into what is selected.
func (f *Fleet) open() Action {
	if f.panes.on == paneRuns {
		if f.runs.settle(f.runIDs()) >= 0 {
			return Push{NewRun(f.env, f.runs.id)}
		}
		return nil
	}
	if f.target() == "" {
		return nil
	}
	return Push{NewNode(f.env, f.target())}
}

// click selects what the mouse hit.
func (f *Fleet) click(id string) {
	kind, what := split(id)
	switch kind {
	case "node", "sort":
		f.panes.focus(paneNodes)
		f.nodes.click(kind, what, "node")
	case "run":
		f.panes.focus(paneRuns)
		f.runs.id = what
	case "pane":
		f.panes.focus(what)
	}
}

// target is the selected node: at first the first worker, because it is workers that things are done to.
func (f *Fleet) target() string {
	nodes := f.visible()
	if f.nodes.at.id == "" {
		for _, n := range nodes {
			if n.Role == "worker" {
				f.nodes.at.id = n.Name
				break
			}
		}
	}
	f.nodes.at.settle(f.nodes.ids(nodes))
	return f.nodes.at.id
}

// Marked implements Marker: the marked nodes in the order in which they are seen.
func (f *Fleet) Marked() []string { return f.nodes.picks.among(f.nodes.ids(f.visible())) }

// targets are the marked nodes, or else the selected one.
func (f *Fleet) targets() []string {
	if ids := f.Marked(); len(ids) > 0 {
		return ids
	}
	return []string{f.target()}
}

// Bindings implements Screen.
func (f *Fleet) Bindings() []binding.Binding {
	bs := withTargets(f.env.World, f.env.World.Keys.At(binding.Fleet), f.targets())
	if _, ok := f.resumable(); !ok {
		off(bs, "resume", "no unfinished run is waiting to be resumed")
	}
	if f.env.World.About.ReadOnly {
		off(bs, "resume", readOnly)
	}
	f.round.offer(f.env.World, bs)
	return bs
}

// visible are the nodes the filter lets through, in their order.
func (f *Fleet) visible() []fleet.Node {
	nodes := f.env.World.Fleet.Nodes
	if len(nodes) == 0 || !f.filter.on() && f.nodes.order.by == "" {
		return nodes
	}
	now := arranged{first: &nodes[0], n: len(nodes), filter: f.filter.text, order: f.nodes.order}
	if f.arranged.rows == nil || f.arranged.first != now.first || f.arranged.n != now.n || f.arranged.filter != now.filter || f.arranged.order != now.order {
		now.rows = f.nodes.arrange(sifted(f.filter, nodes, func(n fleet.Node) string { return n.Name + " " + n.Role + " " + n.LB }))
		f.arranged = now
	}
	return f.arranged.rows
}

// arranged are the nodes as they were last sifted and sorted. A frame asks for them many times, and each look at the fleet brings nodes of its own.
type arranged struct {
	first  *fleet.Node
	n      int
	filter string
	order  order
	rows   []fleet.Node
}

// unfinished are the runs somebody may still have to do something about.
func unfinished(w *World) []desk.Run {
	var out []desk.Run
	for _, r := range w.Runs {
		if r.Unfinished() {
			out = append(out, r)
		}
	}
	return out
}

func (f *Fleet) runIDs() []string {
	var ids []string
	for _, r := range append(unfinished(f.env.World), lately(f.env.World, f.latelyRows())...) {
		ids = append(ids, r.ID)
	}
	return ids
}

// latelyRows is how many ended runs can be walked to.
func (f *Fleet) latelyRows() int { return 5 }

// lately are the newest runs that have ended.
func lately(w *World, n int) []desk.Run {
	var out []desk.Run
	for _, r := range w.Runs {
		if !r.Unfinished() && len(out) < n {
			out = append(out, r)
		}
	}
	return out
}

// resumable is the run that the resume key means: the selected one, or else the only one there is.
func (f *Fleet) resumable() (desk.Run, bool) {
	var found []desk.Run
	for _, r := range unfinished(f.env.World) {
		if !canResume(r) {
			continue
		}
		if f.panes.on == paneRuns && r.ID == f.runs.id {
			return r, true
		}
		found = append(found, r)
	}
	if len(found) == 1 && f.panes.on != paneRuns {
		return found[0], true
	}
	return desk.Run{}, false
}
