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
	nodes  cursor
	runs   cursor
	inRuns bool // the keys move among the runs
	filter matcher
	page   int
}

// NewFleet opens the fleet.
func NewFleet(env Env) *Fleet { return &Fleet{Post: NewPost(env.Ctx), env: env, page: 5} }

// Crumb implements Screen.
func (f *Fleet) Crumb() string { return "Fleet" }

// Place implements Screen.
func (f *Fleet) Place() binding.Place { return binding.Fleet }

// Init implements Screen.
func (f *Fleet) Init() tea.Cmd { return nil }

// Update implements Screen.
func (f *Fleet) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Pressed:
		return f.press(msg.ID)
	case Filter:
		f.filter = newMatcher(msg.Text)
	case Clicked:
		f.click(msg.ID)
	case Answer:
		if m, ok := f.Open(msg); ok {
			return told(f.env, m)
		}
	}
	return nil, nil
}

// press does what a binding means here.
func (f *Fleet) press(id string) (Action, tea.Cmd) {
	ids, cur := f.nodeIDs(), &f.nodes
	if f.inRuns {
		ids, cur = f.runIDs(), &f.runs
	}
	if cur.move(id, ids, f.page) {
		return nil, nil
	}
	switch id {
	case "next-pane", "prev-pane", "left", "right":
		f.inRuns = !f.inRuns && len(f.runIDs()) > 0
	case "open":
		return f.open(), nil
	case "runs":
		return Push{NewRuns(f.env)}, nil
	case "resume":
		if r, ok := f.resumable(); ok {
			return resume(f.Post, f.env, r.ID)
		}
	default:
		return Invoke(f.env, id, f.target())
	}
	return nil, nil
}

// open goes into what is selected.
func (f *Fleet) open() Action {
	if f.inRuns {
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

// click selects what the mouse hit; a second click opens it.
func (f *Fleet) click(id string) {
	kind, what := split(id)
	switch kind {
	case "node":
		f.inRuns, f.nodes.id = false, what
	case "run":
		f.inRuns, f.runs.id = true, what
	}
}

// target is the selected node: at first the first worker, because it is workers that things are done to.
func (f *Fleet) target() string {
	if f.nodes.id == "" {
		for _, n := range f.visible() {
			if n.Role == "worker" {
				f.nodes.id = n.Name
				break
			}
		}
	}
	f.nodes.settle(f.nodeIDs())
	return f.nodes.id
}

// Bindings implements Screen.
func (f *Fleet) Bindings() []binding.Binding {
	bs := withVerbs(f.env.World, f.env.World.Keys.At(binding.Fleet), f.target())
	if _, ok := f.resumable(); !ok {
		off(bs, "resume", "no unfinished run is waiting to be resumed")
	}
	if f.env.World.About.ReadOnly {
		off(bs, "resume", readOnly)
	}
	return bs
}

// visible are the nodes the filter lets through.
func (f *Fleet) visible() []fleet.Node {
	var out []fleet.Node
	for _, n := range f.env.World.Fleet.Nodes {
		if f.filter.lets(n.Name + " " + n.Role + " " + n.LB) {
			out = append(out, n)
		}
	}
	return out
}

func (f *Fleet) nodeIDs() []string {
	var ids []string
	for _, n := range f.visible() {
		ids = append(ids, n.Name)
	}
	return ids
}

// unfinished are the runs somebody may still have to do something about.
func unfinished(w *World) []desk.Run {
	var out []desk.Run
	for _, r := range w.Runs {
		if !ended(r.State) {
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
		if ended(r.State) && len(out) < n {
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
		if f.inRuns && r.ID == f.runs.id {
			return r, true
		}
		found = append(found, r)
	}
	if len(found) == 1 && !f.inRuns {
		return found[0], true
	}
	return desk.Run{}, false
}
