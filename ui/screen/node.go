package screen

import (
	"fmt"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Node is one node with everything that is known of it.
type Node struct {
	*Post
	env  Env
	name string
	from int
	page int // half of what is seen
	last int // the first line of the last page
}

// NewNode opens a node.
func NewNode(env Env, name string) *Node { return &Node{Post: NewPost(env.Ctx), env: env, name: name} }

// Crumb implements Screen.
func (n *Node) Crumb() string { return n.name }

// Place implements Screen.
func (n *Node) Place() binding.Place { return binding.Node }

// Init implements Screen.
func (n *Node) Init() tea.Cmd { return nil }

// Update implements Screen.
func (n *Node) Update(msg tea.Msg) (Action, tea.Cmd) {
	p, ok := msg.(Pressed)
	if !ok {
		return nil, nil
	}
	switch p.ID {
	case "up":
		n.from = max(n.from-1, 0)
	case "down":
		n.from++
	case "page-up":
		n.from = max(n.from-n.page, 0)
	case "page-down":
		n.from += n.page
	case "top":
		n.from = 0
	case "bottom":
		n.from = n.last
	case "left", "right", "next-pane", "prev-pane":
	case "runs":
		return Push{NewRuns(n.env)}, nil
	default:
		return Invoke(n.env, p.ID, n.name)
	}
	return nil, nil
}

// Bindings implements Screen.
func (n *Node) Bindings() []binding.Binding {
	return withVerbs(n.env.World, n.env.World.Keys.At(binding.Node), n.name)
}

// Draw implements Screen.
func (n *Node) Draw(w, h int) widget.Frame {
	if w >= 160 {
		return n.drawWide(w, h)
	}
	lines := detail(n.env.World, n.name, w-4)
	n.reach(len(lines), h)
	return widget.Box{Title: title(n.name), Ink: theme.Focus, Lines: lines, From: n.from}.Draw(w, h)
}

// reach keeps what is scrolled to within these lines.
func (n *Node) reach(lines, h int) {
	n.page, n.last = max((h-2)/2, 1), max(lines-(h-2), 0)
	n.from = min(n.from, n.last)
}

// drawWide puts what the node is beside what it does.
func (n *Node) drawWide(w, h int) widget.Frame {
	left := min(w/2, 112)
	is, does := []widget.Line{widget.L(theme.Muted, "this node is not in the fleet")}, []widget.Line(nil)
	for _, x := range n.env.World.Fleet.Nodes {
		if x.Name == n.name {
			is = inParts(x, seenLines(n.env.World, x, left-4), containerLines(x, left-4))
			does = inParts(x, nil, loadLines(x.Health.Value, w-left-4), trafficLines(x, w-left-4), lastLine(x, w-left-4))
			if x.Health.Seen.IsZero() {
				does = []widget.Line{widget.L(theme.Muted, "nothing was seen of it yet")}
			}
		}
	}
	n.reach(len(is), h)
	out := widget.Blank(w, h)
	out.Put(0, 0, widget.Box{Title: title(n.name), Ink: theme.Focus, Lines: is, From: n.from}.Draw(left, h))
	out.Put(left, 0, widget.Box{Title: title("At work"), Lines: does}.Draw(w-left, h))
	return out
}

// detailBox is the selected node beside the lists.
func (f *Fleet) detailBox(w, h int) widget.Frame {
	name := f.target()
	b := widget.Box{Title: title(name), Lines: detail(f.env.World, name, w-4)}
	for _, n := range f.env.World.Fleet.Nodes {
		if n.Name == name {
			b.Right = widget.L(theme.Muted, n.Role)
		}
	}
	if h < 14 {
		b.Lines = f.inShort(name, w-4)
	}
	return b.Draw(w, h)
}

// inShort is the selected node in as few lines as it can be told in.
func (f *Fleet) inShort(name string, w int) []widget.Line {
	for _, n := range f.env.World.Fleet.Nodes {
		if n.Name != name {
			continue
		}
		lines := seenLines(f.env.World, n, w)
		if n.Health.Seen.IsZero() {
			return lines
		}
		var cs, v widget.Line = nil, nil
		for i := range n.Health.Value.Containers {
			c := &n.Health.Value.Containers[i]
			m := containerMark(c)
			cs = cs.Add(widget.S(m.ink, m.sign+" "), widget.S(theme.Strong, c.Service), widget.S(m.ink, " "+m.word), widget.Gap(3))
			v = widget.L(theme.Muted, version(c.Image))
		}
		lines = append(lines, append(cs, v...).Fit(w))
		if t := trafficLines(n, w); len(t) > 3 {
			nginx := append(widget.L(theme.Muted, "nginx "), nginxMark(n).full()...)
			lines = append(lines, widget.Join(widget.Gap(3), nginx, t[3][1:]).Fit(w))
			lines = append(lines, t[4:]...)
		}
		return append(lines, lastLine(n, w)...)
	}
	return nil
}

// squeeze drops the blank lines: little room is better filled.
func squeeze(lines []widget.Line) []widget.Line {
	var out []widget.Line
	for _, l := range lines {
		if l.Width() > 0 {
			out = append(out, l)
		}
	}
	return out
}

// detail is everything known of a node, in lines of w cells.
func detail(world *World, name string, w int) []widget.Line {
	for _, n := range world.Fleet.Nodes {
		if n.Name == name {
			return nodeLines(world, n, w)
		}
	}
	return []widget.Line{widget.L(theme.Muted, "no node is selected")}
}

func nodeLines(world *World, n fleet.Node, w int) []widget.Line {
	head := seenLines(world, n, w)
	if n.Health.Seen.IsZero() {
		return head
	}
	return inParts(n, head, containerLines(n, w), loadLines(n.Health.Value, w), trafficLines(n, w), lastLine(n, w))
}

// inParts are the parts of what is known of a node, with a blank line between them; what is not true any more for sure is greyed.
func inParts(n fleet.Node, head []widget.Line, parts ...[]widget.Line) []widget.Line {
	for _, part := range parts {
		if len(part) == 0 {
			continue
		}
		if len(head) > 0 {
			head = append(head, nil)
		}
		for _, l := range part {
			if n.Health.Stale() {
				l = l.All(theme.Off)
			}
			head = append(head, l)
		}
	}
	return head
}

// seenLines say who the node is and whether it answers.
func seenLines(world *World, n fleet.Node, w int) []widget.Line {
	m, h := nodeMark(n), n.Health
	who := []string{n.Dest}
	if n.Droplet != 0 {
		who = append(who, fmt.Sprintf("droplet %d", n.Droplet))
	}
	state := m.full()
	switch {
	case h.Stale() && !h.Seen.IsZero():
		state = state.Add(widget.S(theme.Bad, ", last seen "+widget.Since(world.Now.Sub(h.Seen))+" ago"))
	case !h.Stale():
		state = state.Add(widget.S(theme.Muted, fmt.Sprintf(", seen %s ago in %d ms", age(h.Seen, world.Now), h.Value.RoundTrip.Milliseconds())))
	}
	out := append([]widget.Line{state.Fit(w)}, widget.Wrap(theme.Muted, strings.Join(who, " · "), w)...)
	if n.Hold != nil {
		text := "held " + widget.Since(world.Now.Sub(n.Hold.Since)) + " by " + n.Hold.By
		if n.Hold.Why != "" {
			text += ": " + n.Hold.Why
		}
		out = append(out, widget.Hang(widget.L(theme.Warn, "⚑ "), theme.Plain, text, w)...)
	}
	if h.Err != nil {
		out = append(out, widget.Hang(widget.Line{widget.Gap(2)}, theme.Plain, brief(h.Err), w)...)
	}
	if next := nextStep(h.Err); next != "" {
		out = append(out, widget.Hang(widget.L(theme.Accent, "→ "), theme.Plain, next, w)...)
	}
	return out
}

// containerLines are the containers of a node.
func containerLines(n fleet.Node, w int) []widget.Line {
	cs := n.Health.Value.Containers
	if len(cs) == 0 {
		if n.Role == "worker" {
			return []widget.Line{widget.L(theme.Head, "CONTAINERS"), widget.L(theme.Warn, "○ none")}
		}
		return nil
	}
	t := widget.NewTable(w,
		widget.Column{Head: "CONTAINER", W: 11, Grow: 1}, widget.Column{Head: "", W: 9},
		widget.Column{Head: "VERSION", W: 8, Grow: 1}, widget.Column{Head: "CPU", W: 5, Right: true, Least: 36}, widget.Column{Head: "MEM", W: 8, Right: true, Least: 48},
		widget.Column{Head: "  DOCKER SAYS", W: 22, Least: 72})
	out := []widget.Line{t.Head()}
	for i := range cs {
		m := containerMark(&cs[i])
		out = append(out, t.Row(
			append(widget.L(m.ink, m.sign+" "), widget.S(theme.Strong, cs[i].Service)), widget.L(m.ink, m.word),
			widget.L(theme.Muted, version(cs[i].Image)), widget.L(theme.Plain, whole(cs[i].CPU)), widget.L(theme.Plain, cs[i].Mem),
			widget.L(theme.Muted, "  "+cs[i].Status)))
	}
	return out
}

// whole is docker's percentage without its fraction, as every other percentage here.
func whole(percent string) string {
	v, err := strconv.ParseFloat(strings.TrimSuffix(percent, "%"), 64)
	if err != nil {
		return percent
	}
	return widget.Percent(v)
}

// loadLines are how busy a node is.
func loadLines(v fleet.Health, w int) []widget.Line {
	bar := min(max(w-24, 8), 48)
	line := func(name string, graph widget.Line, percent float64, more string) widget.Line {
		l := append(widget.L(theme.Muted, name).Fit(6), graph...)
		l = append(l, widget.L(widget.Load(percent), widget.Percent(percent)).Right(5)...)
		return l.Add(widget.S(theme.Muted, more))
	}
	return []widget.Line{
		widget.L(theme.Head, "LOAD"),
		line("cpu", widget.Spark(theme.Accent, v.CPUs, bar, 100), v.CPU, fmt.Sprintf("  load %.2f", v.Load1)),
		line("mem", widget.Bar(theme.Accent, v.Mem, bar), v.Mem, ""),
		line("disk", widget.Bar(theme.Accent, v.Disk, bar), v.Disk, ""),
	}
}

// trafficLines are who talks to a worker.
func trafficLines(n fleet.Node, w int) []widget.Line {
	if n.Role != "worker" {
		return nil
	}
	v := n.Health.Value
	lines := []widget.Line{
		widget.L(theme.Head, "TRAFFIC"),
		append(widget.L(theme.Muted, "balancer "), lbMark(n.LB).full()...),
		append(widget.L(theme.Muted, "nginx    "), nginxMark(n).full()...),
		{widget.S(theme.Muted, "open     "), widget.S(theme.Strong, fmt.Sprint(v.Web)), widget.S(theme.Muted, " requests, "),
			widget.S(theme.Strong, fmt.Sprint(v.Streaming)), widget.S(theme.Muted, " websockets")},
	}
	if v.LameDuck {
		lines = append(lines, widget.Hang(widget.L(theme.Warn, "◐ "), theme.Warn, "lame duck: its health check fails on purpose", w)...)
	}
	return lines
}

// nginxMark is whether a worker's nginx runs.
func nginxMark(n fleet.Node) mark {
	if n.Health.Value.Nginx {
		return mark{"●", "runs", theme.Good}
	}
	return mark{"○", "does not run", theme.Warn}
}

// lastLine is the newest line of the access log.
func lastLine(n fleet.Node, w int) []widget.Line {
	if n.Health.Value.LastLogLine == "" {
		return nil
	}
	lines := widget.Wrap(theme.Muted, n.Health.Value.LastLogLine, w)
	if len(lines) > 3 {
		lines = append(lines[:2], lines[2].Add(widget.S(theme.Muted, "…")).Fit(w))
	}
	return append([]widget.Line{widget.L(theme.Head, "LAST LINE")}, lines...)
}
