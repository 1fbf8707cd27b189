package screen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

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
	return parts(n, head, problemLines(n, w), containerLines(n, w), loadLines(n.Health.Value, w), trafficLines(n, w), lastLine(n, w))
}

// parts are what is known of a node behind one another with a blank line between; what was not seen just now is grey, but not the head, which says so.
func parts(n fleet.Node, head []widget.Line, body ...[]widget.Line) []widget.Line {
	for _, part := range body {
		if len(part) == 0 {
			continue
		}
		head = append(head, nil)
		for _, l := range part {
			if n.Health.Stale() {
				l = l.All(theme.Off)
			}
			head = append(head, l)
		}
	}
	return head
}

// problemLines are the parts of the last look that gave nothing usable.
func problemLines(n fleet.Node, w int) []widget.Line {
	var out []widget.Line
	for _, p := range n.Health.Value.Problems {
		out = append(out, widget.Hang(widget.L(theme.Warn, "? "), theme.Plain, p, w)...)
	}
	return out
}

// chartLines are how busy a node is, with the processor's last looks as a chart.
func chartLines(v fleet.Health, w, h int) []widget.Line {
	lines := loadLines(v, w)
	out := []widget.Line{lines[0].Add(widget.S(theme.Muted, "  cpu from 0 to 100%, newest at the right"))}
	out = append(out, widget.Chart(theme.Accent, v.CPUs, w, h, 100)...)
	return append(out, lines[1:]...)
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
		state = state.Add(widget.S(theme.Muted, fmt.Sprintf(", seen %s ago in %d ms", age(h.Seen, world.Now), max(h.Value.RoundTrip.Milliseconds(), 1))))
	}
	out := []widget.Line{state.Fit(w)}
	if h.Err != nil {
		out = append(out, widget.Hang(widget.Line{widget.Gap(2)}, theme.Plain, brief(h.Err), w)...)
	}
	if next := nextStep(h.Err); next != "" {
		out = append(out, widget.Hang(widget.L(theme.Accent, "→ "), theme.Plain, next, w)...)
	}
	out = append(out, widget.Wrap(theme.Muted, strings.Join(who, " · "), w)...)
	if n.Hold != nil {
		text := "held " + widget.Since(world.Now.Sub(n.Hold.Since)) + " by " + n.Hold.By
		if n.Hold.Why != "" {
			text += ": " + n.Hold.Why
		}
		if holds := world.Fleet.Holds; holds.Stale() {
			text += " (last seen " + age(holds.Seen, world.Now) + " ago)"
		}
		out = append(out, widget.Hang(widget.L(theme.Warn, "⚑ "), theme.Plain, text, w)...)
	}
	out = append(out, consoleLines(world, n, w)...)
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
	says := 0
	for _, c := range cs {
		says = max(says, widget.Width("  "+c.Status))
	}
	t := widget.NewTable(w,
		widget.Column{Head: "CONTAINER", W: 11, Grow: 1}, widget.Column{Head: "", W: 9},
		widget.Column{Head: "VERSION", W: 8, Grow: 1}, widget.Column{Head: "CPU", W: 6, Right: true, Least: 36}, widget.Column{Head: "MEM", W: 8, Right: true, Least: 48},
		widget.Column{Head: "  DOCKER SAYS", W: 22, Want: says, Least: 72})
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
	all := n.Health.Value.LogLines
	if len(all) == 0 {
		return nil
	}
	text := all[len(all)-1]
	lines := widget.Wrap(theme.Muted, text, w)
	if len(lines) > 1 {
		lines = widget.Wrap(theme.Muted, accessWords(text), w)
	}
	if len(lines) > 3 {
		lines = append(lines[:2], lines[2].Add(widget.S(theme.Muted, "…")).Fit(w))
	}
	return append([]widget.Line{widget.L(theme.Head, "LAST LINE")}, lines...)
}

// whole is docker's percentage without its fraction, as every other percentage here.
func whole(percent string) string {
	v, err := strconv.ParseFloat(strings.TrimSuffix(percent, "%"), 64)
	if err != nil {
		return percent
	}
	return widget.Percent(v)
}
