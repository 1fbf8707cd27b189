package dialog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Item is something the palette can say.
type Item struct {
	Text  string // "drain worker-2"
	Label string // how it is shown; Text when empty
	About string
	Key   string // the key that does the same
	Why   string // why it is off
	Open  bool   // it is only a beginning: something has to be typed behind it
}

// Palette completes what is typed to one of its items.
type Palette struct {
	Tag      string
	Items    []Item
	Past     []string                 // what was said before, newest last
	Complete func(line string) []Item // what else the line can become; nil for nothing

	in   widget.Input
	on   int
	back int // how far into the past

	low   []string // the items' texts in small letters
	last  string   // what was typed when the items were last looked for
	match []Item   // and those that were found; nil: it was not looked yet
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
			p.take(found[p.on])
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

// take makes an item the line, with room for what may follow.
func (p *Palette) take(it Item) {
	text := it.Text
	if !it.Open {
		text += " "
	}
	p.in.Set(text)
	p.on = 0
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
	switch {
	case p.on == 0 && has(found, text):
		return &Result{Tag: p.Tag, OK: true, Text: text}
	case p.on < len(found) && found[p.on].Open:
		p.take(found[p.on])
		return nil
	case p.on < len(found):
		return &Result{Tag: p.Tag, OK: true, Text: found[p.on].Text}
	}
	return &Result{Tag: p.Tag, OK: text != "", Text: text}
}

func has(items []Item, text string) bool {
	return slices.ContainsFunc(items, func(it Item) bool { return it.Text == text })
}

// found are the items that match what is typed: first those that begin with it, then those whose words do, then those that hold it. Behind them stands what
// else the line can become; the line itself is an item only where there is no other.
func (p *Palette) found() []Item {
	if text := p.in.Text(); p.match == nil || text != p.last {
		p.last, p.match = text, append([]Item{}, p.look()...)
	}
	return p.match
}

// look looks for the items; found remembers them, since it is asked many times between two keys.
func (p *Palette) look() []Item {
	if p.low == nil {
		p.low = make([]string, len(p.Items))
		for i, it := range p.Items {
			p.low[i] = strings.ToLower(it.Text)
		}
	}
	want := strings.ToLower(strings.Join(strings.Fields(p.in.Text()), " "))
	var ranks [3][]Item
	for i, it := range p.Items {
		if r := rank(p.low[i], want); r < len(ranks) {
			ranks[r] = append(ranks[r], it)
		}
	}
	found := slices.Concat(ranks[0], ranks[1], ranks[2])
	if p.Complete == nil {
		return found
	}
	fixed, text := len(found), strings.TrimSpace(p.in.Text())
	for _, it := range p.Complete(p.in.Text()) {
		if !has(found[:fixed], it.Text) && (fixed == 0 || it.Text != text) {
			found = append(found, it)
		}
	}
	return found
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
	table := widget.NewTable(inner, widget.Column{W: longest(found, p.Items)}, widget.Column{W: 10, Grow: 1}, widget.Column{W: 6, Right: true, Least: 60})
	for i := from; i < min(from+rows, len(found)); i++ {
		body = append(body, p.row(table, found[i], i == p.on, inner))
	}
	if len(found) == 0 {
		body = append(body, widget.L(theme.Warn, "nothing by that name"))
	}
	body = append(body, p.reason(body, found, inner)...)
	body = append(body, make([]widget.Line, rows+2)...)[:rows+2]
	return s.draw(body, inner, h, &widget.Point{X: 2 + x, Y: 0}, nil)
}

// reason is why the chosen item is off, where its row has no room for all of it.
func (p *Palette) reason(body []widget.Line, found []Item, w int) []widget.Line {
	if p.on >= len(found) || found[p.on].Why == "" || slices.ContainsFunc(body, func(l widget.Line) bool { return strings.Contains(l.String(), found[p.on].Why) }) {
		return nil
	}
	return append([]widget.Line{nil}, widget.Hang(widget.L(theme.Warn, "○ "), theme.Warn, found[p.on].Why, w)...)
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
func longest(lists ...[]Item) int {
	const most = 34
	n := 12
	for _, items := range lists {
		for i := range items {
			if n = max(n, widget.Width(items[i].shown())+1); n >= most {
				return most
			}
		}
	}
	return n
}

// shown is the item as the list shows it.
func (it *Item) shown() string { return cmp.Or(it.Label, it.Text) }

// row is one item; an item that is off says why.
func (p *Palette) row(t widget.Table, it Item, on bool, w int) widget.Line {
	name, about := theme.Strong, widget.L(theme.Muted, it.About)
	if it.Why != "" {
		name, about = theme.Off, widget.Line{widget.S(theme.Warn, "off "), widget.S(theme.Off, it.Why)}
	}
	l := t.Row(widget.L(name, it.shown()), about, widget.L(theme.Key, it.Key)).Fit(w)
	if on {
		return l.On(theme.Selected)
	}
	return l
}
