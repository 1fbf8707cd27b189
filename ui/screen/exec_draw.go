package screen

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/ops/fanout"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// answerMark is how a command ended on some nodes.
func answerMark(a fanout.Answer) mark {
	switch {
	case a.ID == waitingRow:
		return mark{"◐", "awaited", theme.Info}
	case a.OK():
		return mark{"✓", a.Verdict(), theme.Good}
	case a.Outcome == fanout.Exited, a.Outcome == fanout.Signalled:
		return mark{"✗", a.Verdict(), theme.Bad}
	case a.Outcome == fanout.Unreachable:
		return mark{"○", "not reached", theme.Warn}
	}
	return mark{"?", "unknown", theme.Warn}
}

// columns are what an answer shows in the list.
func (x *Exec) columns() []column[fanout.Answer] {
	nodes := func(a fanout.Answer) string { return a.Folded() }
	return []column[fanout.Answer]{
		{Column: widget.Column{W: 1}, cell: func(a fanout.Answer, _ int) widget.Line { return answerMark(a).line() }},
		{Column: widget.Column{Head: "NODES", W: 14, Grow: 1}, by: byText(nodes), cell: inked(theme.Strong, nodes)},
		{Column: widget.Column{Head: "N", W: 4, Right: true}, most: true, by: func(a, b fanout.Answer) int { return cmp.Compare(len(a.Nodes), len(b.Nodes)) },
			cell: inked(theme.Muted, func(a fanout.Answer) string { return fmt.Sprint(len(a.Nodes)) })},
		{Column: widget.Column{Head: "ENDED", W: 14}, cell: func(a fanout.Answer, _ int) widget.Line { return widget.L(answerMark(a).ink, answerMark(a).word) }},
		{Column: widget.Column{Head: "SAYS", W: 16, Grow: 3}, cell: inked(theme.Plain, firstLine)},
	}
}

// firstLine is the beginning of what was said.
func firstLine(a fanout.Answer) string {
	if a.Why != "" {
		return a.Why
	}
	for line := range a.Lines() {
		return strings.Join(strings.Fields(line), " ") // columns are for the pane that has it whole
	}
	return ""
}

// Draw implements Screen.
func (x *Exec) Draw(w, h int) widget.Frame {
	x.rows.panes.begin()
	out := widget.Blank(w, h)
	head := x.head(w - 4)
	headH := min(len(head)+2, max(h/3, 4))
	out.Put(0, 0, widget.Box{Title: title("Command"), Right: x.count(), Lines: head}.Draw(w, headH))
	switch rest := h - headH; {
	case !x.given && len(x.order.Nodes) > 0:
		out.Put(0, headH, x.places(w, rest))
	case !x.given:
	case w >= 150:
		left := w / 2
		out.Put(0, headH, x.list(left, rest))
		out.Put(left, headH, x.output(w-left, rest))
	default:
		top := min(len(x.answers())+3, rest/2)
		out.Put(0, headH, x.list(w, top))
		out.Put(0, headH+top, x.output(w, rest-top))
	}
	return out
}

// head says what is run where, or would be.
func (x *Exec) head(w int) []widget.Line {
	o := x.order
	if x.given {
		o = x.view.Order
	}
	switch {
	case x.err != nil:
		lines := widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(x.err), w)
		return append(lines, widget.Hang(widget.L(theme.Muted, "  → "), theme.Plain, nextStep(x.err), w)...)
	case len(o.Nodes) == 0:
		return []widget.Line{widget.L(theme.Muted, "◌ no command yet")}
	}
	lines := widget.Hang(widget.L(theme.Muted, "on "), theme.Strong, fmt.Sprintf("%s (%d)", o.Folded(), len(o.Nodes)), w)
	lines = append(lines, widget.Hang(widget.L(theme.Accent, "› "), theme.Info, o.Line(), w)...)
	return append(lines, x.stand(w)...)
}

// stand says how far it is and which key goes on.
func (x *Exec) stand(w int) []widget.Line {
	keys, waiting := x.env.World.Keys, x.view.Waiting
	switch {
	case x.view.Err != nil:
		return widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, "it ran, and could not be recorded: "+brief(x.view.Err), w)
	case x.view.Over:
		return nil
	case x.given:
		return []widget.Line{{widget.S(theme.Info, "◐ "), widget.S(theme.Plain, fmt.Sprintf("%d of %d have answered", len(x.view.Order.Nodes)-len(waiting), len(x.view.Order.Nodes))),
			widget.S(theme.Muted, " after "+age(x.view.Began, x.env.World.Now)), widget.Gap(2), widget.S(theme.Key, keys.Get("cancel").Cap()), widget.S(theme.Muted, " ends it there")}}
	case x.env.World.About.ReadOnly:
		return []widget.Line{widget.L(theme.Warn, "○ "+readOnly+": a command may change something")}
	}
	return []widget.Line{{widget.S(theme.Muted, "nothing was sent yet"), widget.Gap(2), widget.S(theme.Key, keys.Get("send").Cap()), widget.S(theme.Muted, " runs it"),
		widget.Gap(2), widget.S(theme.Key, keys.Get("sudo").Cap()), widget.S(theme.Muted, " by sudo, or not"), widget.Gap(2), widget.S(theme.Key, keys.Get("other").Cap()), widget.S(theme.Muted, " another")}}
}

// places are the nodes that the command would reach, as they were last seen.
func (x *Exec) places(w, h int) widget.Frame {
	var lines []widget.Line
	for _, name := range sifted(x.rows.filter, x.order.Nodes, func(name string) string { return name }) {
		i := slices.IndexFunc(x.env.World.Fleet.Nodes, func(n fleet.Node) bool { return n.Name == name })
		if i < 0 {
			lines = append(lines, widget.L(theme.Muted, "◌ "+name))
			continue
		}
		n := x.env.World.Fleet.Nodes[i]
		l := append(nodeMark(n).line(), widget.Gap(1), widget.S(theme.Strong, name))
		l = append(l.Fit(20), widget.L(nodeMark(n).ink, nodeMark(n).word).Fit(16)...)
		if n.Hold != nil {
			l = l.Add(widget.S(theme.Warn, "⚑ on hold by "+n.Hold.By+": "+n.Hold.Why))
		}
		lines = append(lines, l.Fit(w-4))
	}
	return widget.Box{Title: x.rows.filter.title("Where"), Lines: lines}.Draw(w, min(len(lines)+2, h))
}

// count is how many nodes said what, in words.
func (x *Exec) count() widget.Line {
	var well, ill, none int
	for _, a := range x.view.Answers {
		switch {
		case a.OK():
			well += len(a.Nodes)
		case a.Outcome == fanout.Exited || a.Outcome == fanout.Signalled:
			ill += len(a.Nodes)
		default:
			none += len(a.Nodes)
		}
	}
	var parts []widget.Line
	for _, p := range []struct {
		n    int
		ink  theme.Ink
		word string
	}{{well, theme.Good, "✓ %d well"}, {ill, theme.Bad, "✗ %d failed"}, {none, theme.Warn, "○ %d without an answer"}, {len(x.view.Waiting), theme.Info, "◐ %d awaited"}} {
		if p.n > 0 {
			parts = append(parts, widget.L(p.ink, fmt.Sprintf(p.word, p.n)))
		}
	}
	if len(x.view.Waiting) == 0 {
		parts = append(parts, seenAgo(x.view.Latest, x.env.World.Now))
	}
	return widget.Join(widget.Gap(2), parts...)
}

func (x *Exec) list(w, h int) widget.Frame {
	rows := x.rows.visible()
	var none []widget.Line
	if x.rows.filter.on() && len(rows) == 0 {
		none = []widget.Line{widget.L(theme.Muted, "no answer matches the filter")}
	}
	return x.rows.pane("Answers", rows, widget.L(theme.Muted, widget.Count(len(x.view.Answers), "answer", "different answers")), none, w, h)
}

// output is what the selected nodes said, whole.
func (x *Exec) output(w, h int) widget.Frame {
	a, ok := x.rows.selected()
	if !ok {
		return x.rows.panes.text(paneOutput, widget.Box{Title: title("Output")}, w, h)
	}
	b := widget.Box{Title: title(a.Folded()), Right: answerMark(a).full(), Lines: x.lines(a, w-4)}
	return x.rows.panes.text(paneOutput, b, w, h)
}

// lines are an answer's text in a pane of a width. Wrapping a megabyte for every picture would be felt.
func (x *Exec) lines(a fanout.Answer, w int) []widget.Line {
	if x.text.id == a.ID && x.text.width == w && x.text.nodes == len(a.Nodes) && a.ID != waitingRow {
		return x.text.lines
	}
	var lines []widget.Line
	for line := range a.Lines() {
		ink := theme.Plain
		if strings.HasPrefix(line, "stderr: ") {
			ink = theme.Warn
		}
		lines = append(lines, widget.Wrap(ink, line, w)...)
	}
	switch {
	case a.ID == waitingRow:
		lines = []widget.Line{widget.L(theme.Info, "◐ no answer yet")}
	case a.Why != "":
		lines = append(lines, widget.Hang(widget.L(answerMark(a).ink, answerMark(a).sign+" "), theme.Plain, a.Why, w)...)
	case len(lines) == 0:
		lines = []widget.Line{widget.L(theme.Muted, "it wrote nothing")}
	}
	if a.Next != "" {
		lines = append(lines, widget.Hang(widget.L(theme.Muted, "→ "), theme.Plain, a.Next, w)...)
	}
	x.text = wrapped{id: a.ID, width: w, nodes: len(a.Nodes), lines: lines}
	return lines
}
