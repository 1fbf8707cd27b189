package screen

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// panes are the numbered parts of a screen, of which one has the keys. A pane keeps its number in every layout; a layout need not draw it.
type panes struct {
	names   []string // by number, from 1 on
	on      string   // which has the keys
	drawn   map[string]bool
	scrolls map[string]*scroll
	choices map[string]*choice // by pane; one that has none is a text that is scrolled
}

// choice is what one of is chosen in a pane.
type choice struct {
	kind string // of the regions that a click chooses by
	at   *cursor
	ids  func() []string
	page int // half of those that are seen
}

// newPanes are panes by their names; the first has the keys.
func newPanes(names ...string) panes {
	return panes{names: names, on: names[0], drawn: map[string]bool{}, scrolls: map[string]*scroll{}}
}

// begin forgets what was drawn before.
func (p *panes) begin() { clear(p.drawn) }

// lost reports that the pane that had the keys was not drawn, and gives them to the first that was.
func (p *panes) lost() bool {
	if p.drawn[p.on] || len(p.drawn) == 0 {
		return false
	}
	for _, name := range p.names {
		if p.drawn[name] {
			p.on = name
			break
		}
	}
	return true
}

// box is a pane's box with its number, and whether it has the keys.
func (p *panes) box(name string, b widget.Box) widget.Box {
	p.drawn[name] = true
	b.ID, b.Number, b.Focused = name, slices.Index(p.names, name)+1, p.on == name
	if b.Focused && b.Ink == theme.Plain {
		b.Ink = theme.Focus
	}
	return b
}

// text draws a pane whose lines are scrolled.
func (p *panes) text(name string, b widget.Box, w, h int) widget.Frame {
	b = p.box(name, b)
	b.From = p.scroll(name).show(len(b.Lines), h-2)
	return b.Draw(w, h)
}

// scroll is a pane's own.
func (p *panes) scroll(name string) *scroll {
	s := p.scrolls[name]
	if s == nil {
		s = &scroll{}
		p.scrolls[name] = s
	}
	return s
}

// press handles a binding that gives the keys to a pane, and reports whether it was one.
func (p *panes) press(id string) bool {
	switch id {
	case "next-pane", "right":
		p.step(1)
	case "prev-pane", "left":
		p.step(-1)
	default:
		number, ok := strings.CutPrefix(id, "pane-")
		n, err := strconv.Atoi(number)
		if !ok || err != nil {
			return false
		}
		if n <= len(p.names) {
			p.focus(p.names[n-1])
		}
	}
	return true
}

// move handles a binding that moves in the pane that has the keys, and reports whether it was one.
func (p *panes) move(id string) bool {
	if c := p.choices[p.on]; c != nil {
		return c.at.move(id, c.ids(), c.page)
	}
	return p.scroll(p.on).move(id)
}

// click gives a pane the keys, and chooses what was hit in it.
func (p *panes) click(id string) {
	kind, what := split(id)
	if kind == "pane" {
		p.focus(what)
	}
	for name, c := range p.choices {
		if c.kind == kind {
			p.focus(name)
			c.at.id = what
		}
	}
}

// wheel scrolls a text, or chooses in the pane that it is over and gives that the keys.
func (p *panes) wheel(m Wheeled) {
	if p.choices[m.Pane] == nil {
		p.scroll(m.Pane).wheel(m.Down)
		return
	}
	p.focus(m.Pane)
	p.move(m.step())
}

// focus gives the keys to a pane that is drawn.
func (p *panes) focus(name string) {
	if p.drawn[name] {
		p.on = name
	}
}

// step gives the keys to the next pane that is drawn, or to the one before.
func (p *panes) step(by int) {
	i, n := slices.Index(p.names, p.on), len(p.names)
	for range n {
		i = (i + by + n) % n
		if p.drawn[p.names[i]] {
			p.on = p.names[i]
			return
		}
	}
}
