package screen

import (
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Draw implements Screen. There are three layouts: stacked, with the selected node beside the lists, and with every node as a card.
func (f *Fleet) Draw(w, h int) widget.Frame {
	switch {
	case w >= 170 && h >= 40:
		return f.drawCards(w, h)
	case w >= 108:
		return f.drawWide(w, h)
	}
	return f.drawNarrow(w, h)
}

// cardW is how wide a node's card is at least.
const cardW = 46

// drawCards has room for every node's detail at once: peers are compared side by side, and the selected one has the bright frame.
func (f *Fleet) drawCards(w, h int) widget.Frame {
	out := widget.Blank(w, h)
	left := w * 3 / 5
	services := f.services(left - 4)
	nodesH := min(len(f.visible())+3, h/2)
	servicesH := len(services) + 2
	top := max(nodesH+servicesH, h/3)
	nodesH = top - servicesH
	out.Put(0, 0, f.nodesBox(left, nodesH))
	out.Put(0, nodesH, widget.Box{Title: title("Services"), Lines: services}.Draw(left, servicesH))
	out.Put(left, 0, f.runsBox(w-left, top))
	nodes := f.visible()
	if len(nodes) == 0 {
		return out
	}
	n := min(len(nodes), w/cardW)
	from := window(f.nodes.settle(f.nodeIDs()), len(nodes), n)
	for i := range n {
		x := w * i / n
		out.Put(x, top, f.card(nodes[from+i], w*(i+1)/n-x, h-top))
	}
	return out
}

// card is one node among its peers.
func (f *Fleet) card(n fleet.Node, w, h int) widget.Frame {
	b := widget.Box{Title: title(n.Name), Right: widget.L(theme.Muted, n.Role), Lines: nodeLines(f.env.World, n, w-4)}
	if n.Name == f.nodes.id {
		b.Ink = theme.Focus
	}
	b.Hits = []widget.Hit{{Y: 0, H: h - 2, ID: "node:" + n.Name}}
	return b.Draw(w, h)
}

// drawWide puts the selected node beside the lists.
func (f *Fleet) drawWide(w, h int) widget.Frame {
	out := widget.Blank(w, h)
	side := max(43, w*36/100)
	left := w - side
	services := f.services(left - 4)
	nodesH := min(len(f.visible())+3, h-10)
	servicesH := min(len(services)+2, max(h-nodesH-6, 3))
	out.Put(0, 0, f.nodesBox(left, nodesH))
	out.Put(0, nodesH, widget.Box{Title: title("Services"), Lines: services}.Draw(left, servicesH))
	out.Put(0, nodesH+servicesH, f.runsBox(left, h-nodesH-servicesH))
	out.Put(left, 0, f.detailBox(side, h))
	return out
}

// drawNarrow stacks the lists, with as much of the selected node as there is room for.
func (f *Fleet) drawNarrow(w, h int) widget.Frame {
	out := widget.Blank(w, h)
	services := f.services(w - 4)
	nodesH := max(min(len(f.visible())+3, h/2), 4)
	runsH := min(max(len(unfinished(f.env.World)), 1), 3) + 2
	servicesH := min(len(services)+2, max(h-nodesH-runsH, 0))
	detailH := h - nodesH - servicesH - runsH
	if detailH < 4 {
		runsH, detailH = h-nodesH-servicesH, 0
	}
	y := 0
	for _, part := range []struct {
		h    int
		draw func(w, h int) widget.Frame
	}{
		{nodesH, f.nodesBox}, {detailH, f.detailBox},
		{servicesH, widget.Box{Title: title("Services"), Lines: services}.Draw}, {runsH, f.runsBox},
	} {
		if part.h > 0 {
			out.Put(0, y, part.draw(w, part.h))
			y += part.h
		}
	}
	return out
}
