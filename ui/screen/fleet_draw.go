package screen

import (
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

func title(s string) widget.Line { return widget.L(theme.Title, s) }

// focus is the border of a box that may have the keys.
func focus(on bool) theme.Ink {
	if on {
		return theme.Focus
	}
	return theme.Border
}

// nodesBox is the table of nodes.
func (f *Fleet) nodesBox(w, h int) widget.Frame {
	table := nodeTable(w - 4)
	nodes, _ := f.visible(), f.target()
	f.page = max((h-3)/2, 1)
	at := f.nodes.settle(f.nodeIDs())
	from := window(at, len(nodes), h-3)
	lines := []widget.Line{table.Head()}
	var hits []widget.Hit
	for i := from; i < min(from+h-3, len(nodes)); i++ {
		row := f.nodeRow(table, nodes[i])
		if i == at {
			row = row.On(theme.Selected)
		}
		hits = append(hits, widget.Hit{Y: len(lines), ID: "node:" + nodes[i].Name})
		lines = append(lines, row)
	}
	if len(nodes) == 0 {
		lines = append(lines, widget.L(theme.Muted, "no node matches the filter"))
	}
	head := title("Nodes")
	if f.filter.on() {
		head = head.Add(widget.S(theme.Muted, "  /"), widget.S(theme.Accent, f.filter.text))
	}
	b := widget.Box{Title: head, Right: f.holdsNote(), Ink: focus(!f.inRuns), Lines: lines, Hits: hits}
	return b.Draw(w, h)
}

// holdsNote says in the nodes' border who is at work.
func (f *Fleet) holdsNote() widget.Line {
	w := f.env.World
	l := w.Fleet.Lease
	if l.Value == nil {
		return nil
	}
	return widget.Line{
		widget.S(theme.Muted, "lease "), widget.S(theme.Plain, l.Value.Owner),
		widget.S(theme.Muted, " "+age(l.Seen, w.Now)),
	}
}

// nodeTable are the columns of nodes; the wide ones turn signs into words.
func nodeTable(w int) widget.Table {
	return widget.NewTable(w,
		widget.Column{W: 1},
		widget.Column{Head: "NODE", W: 10, Grow: 3},
		widget.Column{Head: "ROLE", W: 6},
		widget.Column{Head: "LB", W: 12, Grow: 1},
		widget.Column{Head: "WEB", W: 3, Grow: 7},
		widget.Column{Head: "STR", W: 3, Grow: 7},
		widget.Column{Head: "SKQ", W: 3, Grow: 7},
		widget.Column{Head: "CPU", W: 11, Grow: 3},
		widget.Column{Head: "MEM", W: 4, Right: true},
		widget.Column{Head: "DISK", W: 4, Right: true},
		widget.Column{Head: "CONN", W: 9, Right: true, Least: 110},
		widget.Column{Head: "LOAD", W: 5, Right: true, Least: 110},
		widget.Column{Head: "SEEN", W: 5, Right: true},
	)
}

// nodeRow is one node.
func (f *Fleet) nodeRow(t widget.Table, n fleet.Node) widget.Line {
	v, now := n.Health.Value, f.env.World.Now
	m := nodeMark(n)
	if n.Health.Seen.IsZero() {
		return t.Row(m.line(), widget.L(theme.Strong, n.Name), widget.L(theme.Muted, n.Role), lbCell(n),
			dash(), dash(), dash(), widget.L(m.ink, m.word), nil, nil, nil, nil, widget.L(theme.Muted, "never"))
	}
	cpu, word := t.Wide(7)-5, min(t.Wide(4), t.Wide(5), t.Wide(6)) >= 10
	row := []widget.Line{
		m.line(), widget.L(theme.Strong, n.Name), widget.L(theme.Muted, n.Role), lbCell(n),
		serviceCell(n, "web", word), serviceCell(n, "streaming", word), serviceCell(n, "sidekiq", word),
		append(widget.Spark(theme.Accent, v.CPUs, cpu, 100), widget.L(widget.Load(v.CPU), widget.Percent(v.CPU)).Right(5)...),
		widget.L(widget.Load(v.Mem), widget.Percent(v.Mem)), widget.L(widget.Load(v.Disk), widget.Percent(v.Disk)),
		widget.L(theme.Plain, fmt.Sprintf("%d + %d", v.Web, v.Streaming)), widget.L(theme.Plain, fmt.Sprintf("%.2f", v.Load1)),
		widget.L(theme.Muted, age(n.Health.Seen, now)),
	}
	if !n.Health.Stale() {
		return t.Row(row...)
	}
	for i := range row[:len(row)-1] {
		if i > 1 {
			row[i] = row[i].All(theme.Off)
		}
	}
	row[len(row)-1] = widget.L(theme.Bad, age(n.Health.Seen, now))
	return t.Row(row...)
}

func dash() widget.Line { return widget.L(theme.Faint, "—") }

// lbCell is a node's place in the balancer, with a flag when it is held.
func lbCell(n fleet.Node) widget.Line {
	m := lbMark(n.LB)
	l := m.full()
	if m.sign == m.word {
		l = m.line()
	}
	if n.Hold != nil {
		l = l.Add(widget.S(theme.Warn, " ⚑"))
	}
	return l
}

// serviceCell is a container in a sign, and in a word where there is room for one.
func serviceCell(n fleet.Node, service string, word bool) widget.Line {
	c := container(n, service)
	if word && c != nil {
		return containerMark(c).full()
	}
	return containerMark(c).line()
}

// services is the flow of services and the site, wrapped over lines of w cells.
func (f *Fleet) services(w int) []widget.Line {
	world := f.env.World
	var parts []widget.Line
	for _, s := range world.Fleet.Services {
		parts = append(parts, serviceWord(s, world.Now, w >= 100))
	}
	if s := world.Fleet.Site; !s.Seen.IsZero() || s.Err != nil {
		parts = append(parts, siteWord(s, world.Now))
	}
	if len(parts) == 0 {
		return []widget.Line{widget.L(theme.Muted, "nothing is known yet")}
	}
	var out []widget.Line
	var line widget.Line
	for _, p := range parts {
		if len(line) > 0 && line.Width()+3+p.Width() > w {
			out, line = append(out, line), nil
		}
		if len(line) > 0 {
			line = line.Add(widget.Gap(3))
		}
		line = append(line, p...)
	}
	return append(out, line)
}

// serviceWord is one service: its sign and name, and its state where it is not well or there is room.
func serviceWord(s fleet.Service, now time.Time, wide bool) widget.Line {
	switch {
	case s.State.Seen.IsZero() && s.State.Err == nil:
		return widget.Line{widget.S(theme.Muted, "◌ "+s.Name)}
	case s.State.Stale():
		return widget.Line{widget.S(theme.Bad, "✗ "), widget.S(theme.Off, s.Name), widget.S(theme.Bad, " "+age(s.State.Seen, now))}
	case !s.OK:
		return widget.Line{widget.S(theme.Warn, "▲ "), widget.S(theme.Plain, s.Name), widget.S(theme.Warn, " "+s.State.Value)}
	}
	l := widget.Line{widget.S(theme.Good, "● "), widget.S(theme.Plain, s.Name)}
	if wide && s.State.Value != "" {
		l = l.Add(widget.S(theme.Muted, " "+s.State.Value))
	}
	return l
}

// siteWord is what a visitor would meet.
func siteWord(s fleet.Observation[fleet.Site], now time.Time) widget.Line {
	took := s.Value.Took.Round(time.Millisecond)
	switch {
	case s.Stale():
		return widget.Line{widget.S(theme.Bad, "✗ "), widget.S(theme.Off, "site"), widget.S(theme.Bad, " "+age(s.Seen, now))}
	case s.Value.Status >= 400:
		return widget.L(theme.Bad, fmt.Sprintf("✗ site answers %d", s.Value.Status))
	}
	return widget.Line{
		widget.S(theme.Good, "● "), widget.S(theme.Plain, "site"),
		widget.S(theme.Muted, fmt.Sprintf(" %d in %s", s.Value.Status, took)),
	}
}

// runsBox is what is under way, and below it what has ended lately.
func (f *Fleet) runsBox(w, h int) widget.Frame {
	world := f.env.World
	open := unfinished(world)
	at := -1
	if f.inRuns {
		at = f.runs.settle(f.runIDs())
	}
	var lines []widget.Line
	var hits []widget.Hit
	add := func(rs []desk.Run) {
		for _, r := range rs {
			row := f.runRow(r, w-4)
			if f.inRuns && r.ID == f.runs.id && at >= 0 {
				row = row.On(theme.Selected)
			}
			hits = append(hits, widget.Hit{Y: len(lines), ID: "run:" + r.ID})
			lines = append(lines, row)
		}
	}
	add(open)
	if len(open) == 0 {
		lines = append(lines, f.nothingUnderWay())
	}
	lines = append(lines, f.holdLines(w-4)...)
	if past := lately(world, min(f.latelyRows(), h-len(lines)-4)); len(past) > 0 {
		lines = append(lines, nil, widget.L(theme.Head, "LATELY"))
		add(past)
	}
	b := widget.Box{Title: title("Under way"), Ink: focus(f.inRuns), Lines: lines, Hits: hits}
	if at >= 0 && len(lines) > h-2 {
		b.From = window(at, len(lines), h-2)
	}
	return b.Draw(w, h)
}

// nothingUnderWay says so, or why it is not known.
func (f *Fleet) nothingUnderWay() widget.Line {
	w := f.env.World
	switch {
	case w.RunsErr != nil:
		return widget.Line{widget.S(theme.Bad, "✗ "), widget.S(theme.Plain, brief(w.RunsErr))}
	case w.RunsSeen.IsZero():
		return widget.L(theme.Muted, "◌ reading the runs")
	}
	return widget.L(theme.Muted, "nothing is under way")
}

// holdLines are the workers that are out on purpose.
func (f *Fleet) holdLines(w int) []widget.Line {
	var out []widget.Line
	for _, h := range f.env.World.Fleet.Holds.Value {
		out = append(out, holdLine(h, f.env.World.Now).Fit(w))
	}
	return out
}

func holdLine(h fleet.Hold, now time.Time) widget.Line {
	l := widget.Line{
		widget.S(theme.Warn, "⚑ "), widget.S(theme.Strong, h.Worker),
		widget.S(theme.Muted, " held "+widget.Since(now.Sub(h.Since))+" by "), widget.S(theme.Plain, h.By),
	}
	if h.Why != "" {
		l = l.Add(widget.S(theme.Muted, ": "), widget.S(theme.Plain, h.Why))
	}
	return l
}

// runRow is one run in a list.
func (f *Fleet) runRow(r desk.Run, w int) widget.Line {
	m := runMark(r.State)
	left := widget.Line{widget.S(m.ink, m.sign+" "), widget.S(theme.Strong, shortName(r)), widget.Gap(2), widget.S(m.ink, m.word)}
	if !ended(r.State) && r.Step != "" {
		left = left.Add(widget.S(theme.Muted, " at "), widget.S(theme.Plain, r.Step))
		if r.Of > 0 {
			left = left.Add(widget.S(theme.Muted, fmt.Sprintf(" %d/%d", r.At, r.Of)))
		}
	}
	when := widget.L(theme.Muted, age(r.Updated, f.env.World.Now)).Right(4)
	right := append(widget.Line{widget.S(theme.Muted, r.Operator), widget.Gap(1)}, when...)
	hint := widget.Line{widget.Gap(2), widget.S(theme.Key, f.env.World.Keys.Get("resume").Cap()), widget.S(theme.Muted, " resumes")}
	if canResume(r) && left.Width()+hint.Width()+right.Width() < w {
		left = append(left, hint...)
	}
	return widget.Ends(left, right, w)
}

// shortName is a run in two words: what, and on what.
func shortName(r desk.Run) string {
	return strings.TrimSpace(strings.TrimPrefix(r.Runbook, "worker-") + " " + r.Target)
}

// split takes "kind:what" apart.
func split(id string) (kind, what string) {
	kind, what, _ = strings.Cut(id, ":")
	return kind, what
}
