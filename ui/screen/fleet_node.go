package screen

import (
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// detailBox is the selected node beside the lists.
func (f *Fleet) detailBox(w, h int) widget.Frame {
	name := f.target()
	lines := detail(f.env.World, name, w-4)
	if h < 14 {
		lines = f.inShort(name, w-4)
	}
	return f.nodePane(name, lines, w, h)
}

// fullBox is the selected node with all that is known of it, and what was done to it.
func (f *Fleet) fullBox(w, h int) widget.Frame {
	name := f.target()
	n, known := nodeNamed(f.env.World, name)
	if !known || n.Health.Seen.IsZero() {
		return f.detailBox(w, h)
	}
	in := w - 4
	seen := seenLines(f.env.World, n, in)
	lines := parts(n, seen, problemLines(n, in), containerLines(n, in), chartLines(n.Health.Value, in, min(h/6, 8)), trafficLines(n, in), lastLine(n, in))
	return f.nodePane(name, append(lines, f.doneTo(name, in, h-2-len(lines))...), w, h)
}

// doneTo are the newest runs on a node, in as many lines as there is room for.
func (f *Fleet) doneTo(name string, w, h int) []widget.Line {
	lines := []widget.Line{nil, widget.L(theme.Head, "RUNS ON "+name)}
	for _, r := range f.env.World.Runs {
		if r.Target == name && len(lines) < h {
			lines = append(lines, runLine(f.env.World, r, w))
		}
	}
	if len(lines) == 2 {
		return nil
	}
	return lines
}

// nodePane frames what is known of the selected node.
func (f *Fleet) nodePane(name string, lines []widget.Line, w, h int) widget.Frame {
	b := widget.Box{Title: title(name), Lines: lines}
	if n, known := nodeNamed(f.env.World, name); known {
		b.Right = widget.L(theme.Muted, n.Role)
	}
	return f.panes.text(paneNode, b, w, h)
}
