package dialog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Item is something the palette can say.
type Item struct {
	Text  string // "drain worker-2"
	About string
	Key   string // the key that does the same
	Why   string // why it is off
}

// Palette completes what is typed to one of its items.
type Palette struct {
	Tag   string
	Items []Item
	Past  []string // what was said before, newest last

	in   widget.Input
	on   int
	back int // how far into the past
}

// Press implements Dialog.
func (p *Palette) Press(k Key) *Result {
	found := p.found()
	switch k.Name {
	case "esc":
		return &Result{Tag: p.Tag}
	case "up":
		if p.on--; p.on < 0 { // above the first is what was said before
			p.on = 0
			p.recall()
		}
	case "down":
		p.on = max(min(p.on+1, len(found)-1), 0)
	case "ctrl+r":
		p.recall()
	case "tab":
		if p.on < len(found) {
			p.in.Set(found[p.on].Text + " ")
		}
	case "enter":
		return p.enter(found)
	case "paste":
		p.in.Insert(k.Text)
		p.on = 0
	default:
		p.edit(k)
	}
	return nil
}

// On is the item that Enter would take, "" when there is none.
func (p *Palette) On() string {
	if found := p.found(); p.on < len(found) {
		return found[p.on].Text
	}
	return ""
}

// edit types; backspace on nothing leaves, as in vi.
func (p *Palette) edit(k Key) {
	if p.in.Press(k.Name, k.Text) {
		p.on = 0
	}
}

// recall walks back through what was said before.
func (p *Palette) recall() {
	if p.back < len(p.Past) {
		p.back++
		p.in.Set(p.Past[len(p.Past)-p.back])
		p.on = 0
	}
}

func (p *Palette) enter(found []Item) *Result {
	text := strings.TrimSpace(p.in.Text())
	if slices.ContainsFunc(found, func(it Item) bool { return it.Text == text }) {
		return &Result{Tag: p.Tag, OK: true, Text: text}
	}
	if p.on < len(found) {
		return &Result{Tag: p.Tag, OK: true, Text: found[p.on].Text}
	}
	return &Result{Tag: p.Tag, OK: text != "", Text: text}
}

// found are the items that match what is typed: first those that begin with it, then those whose words do, then those that hold it.
func (p *Palette) found() []Item {
	want := strings.ToLower(strings.Join(strings.Fields(p.in.Text()), " "))
	var ranks [3][]Item
	for _, it := range p.Items {
		if r := rank(strings.ToLower(it.Text), want); r < len(ranks) {
			ranks[r] = append(ranks[r], it)
		}
	}
	return slices.Concat(ranks[0], ranks[1], ranks[2])
}

// rank is how well text matches: 0 from its beginning, 1 word by word, 2 somewhere, 3 not.
func rank(text, want string) int {
	if strings.HasPrefix(text, want) {
		return 0
	}
	have, words := strings.Fields(text), strings.Fields(want)
	i := 0
	for _, h := range have {
		if i < len(words) && strings.HasPrefix(h, words[i]) {
			i++
		}
	}
	switch {
	case i == len(words):
		return 1
	case strings.Contains(text, want):
		return 2
	}
	return 3
}

// Draw implements Dialog.
func (p *Palette) Draw(w, h int) widget.Frame {
	s := sheet{title: "Command"}
	inner := s.size(w, 84)
	field, x := p.in.Line(inner - 2)
	found := p.found()
	rows := min(max(h-8, 3), 14)
	from := max(p.on-rows+1, 0)
	body := []widget.Line{append(widget.L(theme.Key, ": "), field...), widget.Ends(nil, unseen(from, len(found)-from-rows), inner)}
	table := widget.NewTable(inner, widget.Column{W: longest(p.Items)}, widget.Column{W: 10, Grow: 1}, widget.Column{W: 6, Right: true, Least: 60})
	for i := from; i < min(from+rows, len(found)); i++ {
		body = append(body, p.row(table, found[i], i == p.on, inner))
	}
	if len(found) == 0 {
		body = append(body, widget.L(theme.Warn, "nothing by that name"))
	}
	for len(body) < rows+2 {
		body = append(body, nil)
	}
	return s.draw(body, inner, h, &widget.Point{X: 2 + x, Y: 0}, nil)
}

// unseen says how many items are out of sight above and below.
func unseen(above, below int) widget.Line {
	var parts []widget.Line
	for _, x := range []struct {
		sign string
		n    int
	}{{"↑", above}, {"↓", below}} {
		if x.n > 0 {
			parts = append(parts, widget.L(theme.Muted, fmt.Sprintf("%s %d more", x.sign, x.n)))
		}
	}
	return widget.Join(widget.Gap(2), parts...)
}

// longest is the room the items' words need, within reason.
func longest(items []Item) int {
	n := 12
	for _, it := range items {
		n = max(n, widget.Width(it.Text)+1)
	}
	return min(n, 34)
}

// row is one item; an item that is off says why.
func (p *Palette) row(t widget.Table, it Item, on bool, w int) widget.Line {
	name, about := theme.Strong, widget.L(theme.Muted, it.About)
	if it.Why != "" {
		name, about = theme.Off, widget.Line{widget.S(theme.Warn, "off "), widget.S(theme.Off, it.Why)}
	}
	l := t.Row(widget.L(name, it.Text), about, widget.L(theme.Key, it.Key)).Fit(w)
	if on {
		return l.On(theme.Selected)
	}
	return l
}
