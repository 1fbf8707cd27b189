package screen

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Node is one node with everything that is known of it.
type Node struct {
	*Post
	env   Env
	name  string
	panes panes
	runs  cursor
}

// The node's panes.
const (
	paneState = "state"
	paneLoad  = "load"
	paneLog   = "log"
)

// NewNode opens a node.
func NewNode(env Env, name string) *Node {
	n := &Node{Post: NewPost(env.Ctx), env: env, name: name, panes: newPanes(paneState, paneLoad, paneLog, paneRuns)}
	n.panes.choices = map[string]*choice{paneRuns: {kind: "run", at: &n.runs, ids: n.runIDs, page: 2}}
	return n
}

// Crumb implements Screen.
func (n *Node) Crumb() string { return n.name }

// Place implements Screen.
func (n *Node) Place() binding.Place { return binding.Node }

// Init implements Screen.
func (n *Node) Init() tea.Cmd { return nil }

// Update implements Screen.
func (n *Node) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Pressed:
		return n.press(msg.ID)
	case Wheeled:
		n.panes.wheel(msg)
	case Clicked:
		n.panes.click(msg.ID)
	}
	return nil, nil
}

// press does what a binding means here.
func (n *Node) press(id string) (Action, tea.Cmd) {
	if n.panes.move(id) || n.panes.press(id) {
		return nil, nil
	}
	switch id {
	case "open":
		if n.panes.on == paneRuns && n.runs.settle(n.runIDs()) >= 0 {
			return Push{NewRun(n.env, n.runs.id)}, nil
		}
	default:
		return Invoke(n.env, id, n.name)
	}
	return nil, nil
}

// Bindings implements Screen.
func (n *Node) Bindings() []binding.Binding {
	bs := withVerbs(n.env.World, n.env.World.Keys.At(binding.Node), n.name)
	if n.panes.on != paneRuns || len(n.theirs()) == 0 {
		off(bs, "open", "only a run can be opened here: go to the runs first")
	}
	return bs
}

// theirs are the runs on this node, newest first.
func (n *Node) theirs() []desk.Run {
	return slices.DeleteFunc(slices.Clone(n.env.World.Runs), func(r desk.Run) bool { return r.Target != n.name })
}

func (n *Node) runIDs() []string {
	var ids []string
	for _, r := range n.theirs() {
		ids = append(ids, r.ID)
	}
	return ids
}

// node is what is known of it; false when it is not in the fleet any more.
func (n *Node) node() (fleet.Node, bool) { return nodeNamed(n.env.World, n.name) }

func nodeNamed(w *World, name string) (fleet.Node, bool) {
	for _, x := range w.Fleet.Nodes {
		if x.Name == name {
			return x, true
		}
	}
	return fleet.Node{}, false
}

// Draw implements Screen.
func (n *Node) Draw(w, h int) widget.Frame {
	n.panes.begin()
	out := n.layout(w, h)
	if n.panes.lost() {
		out = n.layout(w, h)
	}
	return out
}

func (n *Node) layout(w, h int) widget.Frame {
	out := widget.Blank(w, h)
	x, known := n.node()
	if !known {
		none := widget.L(theme.Warn, "✗ ").Add(widget.S(theme.Plain, n.name+" is not in the fleet any more"))
		out.Put(0, 0, n.panes.text(paneState, widget.Box{Title: title(n.name), Lines: []widget.Line{none}}, w, h))
		return out
	}
	if w < 100 {
		return n.narrow(x, w, h)
	}
	left := w * 11 / 20
	logH := min(len(n.log(x, w-4, h/4))+2, h/4+2)
	stateH := min(len(n.state(x, left-4))+2, (h-logH)*2/3)
	out.Put(0, 0, n.stateBox(x, left, stateH))
	out.Put(left, 0, n.loadBox(x, w-left, h-logH))
	out.Put(0, stateH, n.runsBox(left, h-logH-stateH))
	out.Put(0, h-logH, n.logBox(x, w, logH))
	return out
}

// narrow has no room for the runs, which the list of all runs shows as well.
func (n *Node) narrow(x fleet.Node, w, h int) widget.Frame {
	out := widget.Blank(w, h)
	left := w / 2
	top := min(len(n.state(x, w-4))+2, h*3/5)
	out.Put(0, 0, n.stateBox(x, w, top))
	out.Put(0, top, n.loadBox(x, left, h-top))
	out.Put(left, top, n.logBox(x, w-left, h-top))
	return out
}

// state is who the node is, what holds it, and its containers.
func (n *Node) state(x fleet.Node, w int) []widget.Line {
	return parts(x, seenLines(n.env.World, x, w), problemLines(x, w), containerLines(x, w))
}

func (n *Node) stateBox(x fleet.Node, w, h int) widget.Frame {
	b := widget.Box{Title: title(n.name), Right: widget.L(theme.Muted, x.Role), Lines: n.state(x, w-4)}
	return n.panes.text(paneState, b, w, h)
}

// load is how busy the node is, and who talks to it. Where there is room, the load is drawn as a chart.
func (n *Node) load(x fleet.Node, w, h int) []widget.Line {
	if x.Health.Seen.IsZero() {
		return []widget.Line{widget.L(theme.Muted, "◌ not seen yet")}
	}
	load := loadLines(x.Health.Value, w)
	if h >= 24 {
		load = chartLines(x.Health.Value, w, min(h-16, 16))
	}
	return parts(x, nil, load, trafficLines(x, w))[1:]
}

func (n *Node) loadBox(x fleet.Node, w, h int) widget.Frame {
	b := widget.Box{Title: title("Load and traffic"), Right: widget.L(theme.Muted, age(x.Health.Seen, n.env.World.Now)), Lines: n.load(x, w-4, h)}
	if len(b.Lines) > h-2 {
		b.Lines = squeeze(b.Lines)
	}
	return n.panes.text(paneLoad, b, w, h)
}

// log are the last lines of the access log, the newest at the bottom: each whole where there is room, else in one row.
func (n *Node) log(x fleet.Node, w, rows int) []widget.Line {
	all := x.Health.Value.LogLines
	if len(all) == 0 {
		return []widget.Line{widget.L(theme.Muted, "none was seen yet")}
	}
	var whole, rowed []widget.Line
	for _, text := range all {
		whole = append(whole, widget.Wrap(theme.Plain, text, w)...)
		rowed = append(rowed, widget.L(theme.Plain, text).Fit(w))
	}
	if len(whole) <= rows {
		return whole
	}
	return rowed[max(len(rowed)-rows, 0):]
}

func (n *Node) logBox(x fleet.Node, w, h int) widget.Frame {
	seen := widget.L(theme.Muted, age(x.Health.Seen, n.env.World.Now))
	lines := n.log(x, w-4, h-2)
	if x.Health.Stale() {
		for i := range lines {
			lines[i] = lines[i].All(theme.Off)
		}
	}
	head := title("Last lines").Add(widget.S(theme.Muted, "  "), widget.S(theme.Key, n.env.World.Keys.Get("logs").Cap()), widget.S(theme.Muted, " follows them"))
	return n.panes.text(paneLog, widget.Box{Title: head, Right: seen, Lines: lines}, w, h)
}

// runsBox is what was done to the node.
func (n *Node) runsBox(w, h int) widget.Frame {
	runs := n.theirs()
	n.panes.choices[paneRuns].page = max((h-2)/2, 1)
	at := n.runs.settle(n.runIDs())
	b := widget.Box{Title: title("Runs on " + n.name)}
	for i, r := range runs {
		b.Choice("run:"+r.ID, runLine(n.env.World, r, w-4), i == at && n.panes.on == paneRuns)
	}
	if len(runs) == 0 {
		b.Lines = []widget.Line{widget.L(theme.Muted, "none")}
	}
	b.From = window(max(at, 0), len(b.Lines), h-2)
	return n.panes.box(paneRuns, b).Draw(w, h)
}
