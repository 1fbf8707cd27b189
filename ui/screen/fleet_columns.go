package screen

import (
	"cmp"
	"fmt"

	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

type nodeColumn = column[fleet.Node]

// nodeColumns are what a node shows in the list. The wide ones turn signs into words; the last ones have room on large screens and in wide mode only.
func (f *Fleet) nodeColumns() []nodeColumn {
	return append([]nodeColumn{
		{Column: widget.Column{W: 1}, cell: func(n fleet.Node, _ int) widget.Line { return nodeMark(n).line() }},
		{Column: widget.Column{Head: "NODE", W: 8, Grow: 3}, whole: true, by: byText(nodeName), cell: inked(theme.Strong, nodeName)},
		{Column: widget.Column{Head: "ROLE", W: 6, Rank: 4}, by: byText(nodeRole), cell: inked(theme.Muted, nodeRole)},
		{Column: widget.Column{Head: "LB", W: 12, Grow: 1}, by: byText(func(n fleet.Node) string { return n.LB }), cell: f.lb},
		serviceColumn("WEB", "web"), serviceColumn("STR", "streaming"), serviceColumn("SKQ", "sidekiq"),
		share("CPU", 0, func(h fleet.Health) float64 { return h.CPU }),
		{Column: widget.Column{W: 7, Grow: 3, Rank: 5}, cell: fading(func(n fleet.Node, w int) widget.Line {
			return widget.Spark(theme.Accent, n.Health.Value.CPUs, w, 100)
		})},
		share("MEM", 2, func(h fleet.Health) float64 { return h.Mem }),
		share("DISK", 1, func(h fleet.Health) float64 { return h.Disk }),
		measured("CONN", 9, 100, func(h fleet.Health) int { return h.Web + h.Streaming }, func(h fleet.Health) string {
			return fmt.Sprintf("%d + %d", h.Web, h.Streaming)
		}),
		measured("LOAD", 5, 100, func(h fleet.Health) float64 { return h.Load1 }, func(h fleet.Health) string { return fmt.Sprintf("%.2f", h.Load1) }),
		{Column: widget.Column{Head: "SEEN", W: 4, Right: true}, by: byAge, known: seenOnce, cell: f.seen},
	}, wideColumns()...)
}

// wideColumns are those that a small screen has no room for.
func wideColumns() []nodeColumn {
	return []nodeColumn{
		measured("RTT", 6, 140, func(h fleet.Health) int64 { return h.RoundTrip.Milliseconds() }, roundTrip),
		extra("VERSION", 8, 140, nodeVersion), extra("LINK", 6, 170, func(n fleet.Node) string { return n.Link }),
		extra("DROPLET", 9, 150, nodeDroplet), extra("ADDRESS", 18, 150, func(n fleet.Node) string { return n.Dest }),
		extra("HELD BY", 14, 190, nodeHolder),
	}
}

func nodeName(n fleet.Node) string { return n.Name }
func nodeRole(n fleet.Node) string { return n.Role }

// byAge compares nodes by how long ago they were seen.
func byAge(a, b fleet.Node) int { return b.Health.Seen.Compare(a.Health.Seen) }

// seenOnce reports that there is something to show of a node.
func seenOnce(n fleet.Node) bool { return !n.Health.Seen.IsZero() }

// byText compares rows by a text, and the numbers in it as numbers.
func byText[T any](of func(T) string) func(a, b T) int {
	return func(a, b T) int { return natural(of(a), of(b)) }
}

// inked is a cell of text.
func inked[T any](ink theme.Ink, of func(T) string) func(T, int) widget.Line {
	return func(row T, _ int) widget.Line { return widget.L(ink, of(row)) }
}

// fading is a cell that is a dash until the node was seen, and grey while it does not answer.
func fading(cell func(fleet.Node, int) widget.Line) func(fleet.Node, int) widget.Line {
	return func(n fleet.Node, w int) widget.Line {
		switch {
		case !seenOnce(n):
			return dash()
		case n.Health.Stale():
			return cell(n, w).All(theme.Off)
		}
		return cell(n, w)
	}
}

// share is a column of a percentage.
func share(head string, rank int, of func(fleet.Health) float64) nodeColumn {
	c := measured(head, 4, 0, of, func(h fleet.Health) string { return widget.Percent(of(h)) })
	c.Rank = rank
	c.cell = fading(func(n fleet.Node, _ int) widget.Line {
		v := of(n.Health.Value)
		return widget.L(widget.Load(v), widget.Percent(v))
	})
	return c
}

// measured is a column of a number, the greatest first.
func measured[V cmp.Ordered](head string, w, least int, of func(fleet.Health) V, text func(fleet.Health) string) nodeColumn {
	return nodeColumn{
		Column: widget.Column{Head: head, W: w, Least: least, Right: true}, most: true, known: seenOnce,
		by:   func(a, b fleet.Node) int { return cmp.Compare(of(a.Health.Value), of(b.Health.Value)) },
		cell: fading(func(n fleet.Node, _ int) widget.Line { return widget.L(theme.Plain, text(n.Health.Value)) }),
	}
}

// extra is a column of words that has room on a large screen.
func extra(head string, w, least int, of func(fleet.Node) string) nodeColumn {
	return nodeColumn{
		Column: widget.Column{Head: head, W: w, Least: least}, whole: true, by: byText(of), known: func(n fleet.Node) bool { return of(n) != "" },
		cell: func(n fleet.Node, _ int) widget.Line {
			if of(n) == "" {
				return dash()
			}
			return widget.L(theme.Muted, of(n))
		},
	}
}

// wordW is the width from which a state is told in a sign and a word.
const wordW = 9

// kinService are the columns of services: each tells its state in words, or none does.
const kinService = 1

// serviceColumn is a container in a sign, and in a word where there is room for one.
func serviceColumn(head, service string) nodeColumn {
	word := func(n fleet.Node) string { return containerMark(container(n, service)).word }
	return nodeColumn{
		Column: widget.Column{Head: head, W: 3, Want: wordW, Kin: kinService, Grow: 7}, by: byText(word), known: func(n fleet.Node) bool { return container(n, service) != nil },
		cell: fading(func(n fleet.Node, w int) widget.Line {
			m := containerMark(container(n, service))
			if w >= wordW && m.sign != "—" {
				return m.full()
			}
			return m.line()
		}),
	}
}

func dash() widget.Line { return widget.L(theme.Faint, "—") }

// lb is a node's place in the balancer, with a flag when it is held.
func (f *Fleet) lb(n fleet.Node, _ int) widget.Line {
	m := lbMark(n.LB)
	l := m.full()
	if m.sign == m.word {
		l = m.line()
	}
	if n.Health.Stale() {
		l = l.All(theme.Off)
	}
	if n.Hold != nil {
		l = l.Add(widget.S(theme.Warn, " ⚑"))
	}
	return l
}

// seen is how old everything else in the row is.
func (f *Fleet) seen(n fleet.Node, _ int) widget.Line {
	ink := theme.Muted
	switch {
	case !seenOnce(n):
		return nodeMark(n).line()
	case n.Health.Stale():
		ink = theme.Bad
	}
	return widget.L(ink, age(n.Health.Seen, f.env.World.Now))
}

// roundTrip is how long the last look took; nothing is known of a look that failed.
func roundTrip(h fleet.Health) string {
	if h.RoundTrip == 0 {
		return "—"
	}
	return fmt.Sprintf("%dms", max(h.RoundTrip.Milliseconds(), 1))
}

// nodeVersion is what the node's containers run: one version, or that they differ.
func nodeVersion(n fleet.Node) string {
	out := ""
	for _, c := range n.Health.Value.Containers {
		switch v := version(c.Image); {
		case out == "" || v == out:
			out = v
		default:
			return "differ"
		}
	}
	return out
}

func nodeDroplet(n fleet.Node) string {
	if n.Droplet == 0 {
		return ""
	}
	return fmt.Sprint(n.Droplet)
}

func nodeHolder(n fleet.Node) string {
	if n.Hold == nil {
		return ""
	}
	return n.Hold.By
}
