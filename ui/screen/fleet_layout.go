package screen

import (
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Draw implements Screen. There are four layouts: stacked; with the selected node beside the lists; with every node as a card; and on a screen as large
// as a wall with both. A pane keeps its number in all of them.
func (f *Fleet) Draw(w, h int) widget.Frame {
	f.spend()
	f.panes.begin()
	out := f.layout(w, h)
	if f.panes.lost() {
		out = f.layout(w, h)
	}
	return out
}

func (f *Fleet) layout(w, h int) widget.Frame {
	switch {
	case w >= 240 && h >= 56:
		return f.drawWall(w, h)
	case w >= 170 && h >= 40:
		return f.drawCards(w, h)
	case w >= 108:
		return f.drawWide(w, h)
	}
	return f.drawNarrow(w, h)
}

// cardW is how wide a node's card is at least.
const cardW = 46

// drawWall has the lists and every node as a card at the left, and at the right the selected node in full and what is under way.
func (f *Fleet) drawWall(w, h int) widget.Frame {
	out := widget.Blank(w, h)
	left := w * 3 / 5
	nodesH := min(len(f.visible())+3, h/2)
	servicesH := len(f.services(left-4)) + 2
	runsH := max(h/4, 12)
	out.Put(0, 0, f.nodesBox(left, nodesH))
	out.Put(0, nodesH, f.servicesBox(left, servicesH))
	out.Put(left, 0, f.fullBox(w-left, h-runsH))
	out.Put(left, h-runsH, f.runsBox(w-left, runsH))
	top := nodesH + servicesH
	f.putCards(&out, 0, top, left, h-top)
	return out
}

// putCards fills a part of the screen with cards, in as many rows as there is room for.
func (f *Fleet) putCards(out *widget.Frame, x, y, w, h int) {
	nodes := f.visible()
	across := max(min(w/cardW, len(nodes)), 1)
	down := max(min((len(nodes)+across-1)/across, h/cardH), 1)
	if down > 1 {
		across = (len(nodes) + down - 1) / down
		across = min(across, w/cardW)
	}
	n := min(len(nodes), across*down)
	from := window(max(f.nodes.at.settle(f.nodes.ids(nodes)), 0), len(nodes), n)
	for i := range n {
		col, row := i%across, i/across
		x1, x2 := w*col/across, w*(col+1)/across
		y1, y2 := h*row/down, h*(row+1)/down
		out.Put(x+x1, y+y1, f.card(nodes[from+i], x2-x1, y2-y1))
	}
}

// cardH is how high a card is at least when there are rows of them.
const cardH = 20

// drawCards has room for every node's detail at once: peers are compared side by side, and the selected one is the pane with a number.
func (f *Fleet) drawCards(w, h int) widget.Frame {
	out := widget.Blank(w, h)
	left := w * 3 / 5
	nodesH := min(len(f.visible())+3, h/2)
	servicesH := len(f.services(left-4)) + 2
	top := max(nodesH+servicesH, h/3)
	nodesH = top - servicesH
	out.Put(0, 0, f.nodesBox(left, nodesH))
	out.Put(0, nodesH, f.servicesBox(left, servicesH))
	out.Put(left, 0, f.runsBox(w-left, top))
	nodes := f.visible()
	if len(nodes) == 0 {
		return out
	}
	n := min(len(nodes), w/cardW)
	from := window(f.nodes.at.settle(f.nodes.ids(nodes)), len(nodes), n)
	for i := range n {
		x := w * i / n
		out.Put(x, top, f.selectedCard(nodes[from+i], w*(i+1)/n-x, h-top))
	}
	return out
}

// selectedCard is a card, and a pane if it is the selected node's.
func (f *Fleet) selectedCard(n fleet.Node, w, h int) widget.Frame {
	if n.Name != f.nodes.at.id {
		return f.card(n, w, h)
	}
	return f.detailBox(w, h)
}

// card is one node among its peers.
func (f *Fleet) card(n fleet.Node, w, h int) widget.Frame {
	b := widget.Box{Title: title(n.Name), Right: widget.L(theme.Muted, n.Role), Lines: nodeLines(f.env.World, n, w-4)}
	if n.Name == f.nodes.at.id {
		b.Ink = theme.Focus
	}
	if len(b.Lines) > h-2 {
		b.Lines = squeeze(b.Lines)
	}
	b.Hits = []widget.Hit{{Y: 0, H: h - 2, ID: "node:" + n.Name}}
	return b.Draw(w, h)
}

// drawWide puts the selected node beside the lists.
func (f *Fleet) drawWide(w, h int) widget.Frame {
	out := widget.Blank(w, h)
	side := max(43, w*36/100)
	left := w - side
	nodesH := max(min(len(f.visible())+3, h-10), 4)
	servicesH := min(len(f.services(left-4))+2, max(h-nodesH-6, 3))
	out.Put(0, 0, f.nodesBox(left, nodesH))
	out.Put(0, nodesH, f.servicesBox(left, servicesH))
	out.Put(0, nodesH+servicesH, f.runsBox(left, h-nodesH-servicesH))
	out.Put(left, 0, f.detailBox(side, h))
	return out
}

// drawNarrow stacks the lists, with as much of the selected node as there is room for.
func (f *Fleet) drawNarrow(w, h int) widget.Frame {
	out := widget.Blank(w, h)
	nodesH := max(min(len(f.visible())+3, h/2), 4)
	runsH := min(max(len(unfinished(f.env.World)), 1), 3) + 2
	servicesH := min(len(f.services(w-4))+2, max(h-nodesH-runsH, 0))
	detailH := h - nodesH - servicesH - runsH
	if detailH < 4 {
		runsH, detailH = h-nodesH-servicesH, 0
	}
	y := 0
	for _, part := range []struct {
		h    int
		draw func(w, h int) widget.Frame
	}{
		{nodesH, f.nodesBox}, {detailH, f.detailBox}, {servicesH, f.servicesBox}, {runsH, f.runsBox},
	} {
		if part.h > 0 {
			out.Put(0, y, part.draw(w, part.h))
			y += part.h
		}
	}
	return out
}
