package dialog

import (
	"slices"
	"strings"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Field is one thing that a Form asks for.
type Field struct {
	Name   string
	About  string
	Value  string   // what stands there at first
	Values []string // to choose from; none for what is typed
	Needed bool     // it must not stay empty
}

// Form asks for several things at once. Enter goes on to the next and, behind the last, takes them.
type Form struct {
	Tag    string
	Title  string
	Text   string
	Deed   string // on the button
	Fields []Field

	ins  []widget.Input
	on   int
	said string
}

// Press implements Dialog.
func (f *Form) Press(k Key) *Result {
	f.fill()
	last := len(f.Fields) - 1
	switch k.Name {
	case "esc", "hit:cancel":
		return &Result{Tag: f.Tag}
	case "up", "shift+tab":
		f.on = max(f.on-1, 0)
	case "down", "tab":
		f.on = min(f.on+1, last)
	case "hit:deed":
		return f.take()
	case "enter":
		switch {
		case k.Repeat:
		case f.on < last:
			f.on++
		default:
			return f.take()
		}
	default:
		f.edit(k)
	}
	return nil
}

// fill puts in what stands there at first, once.
func (f *Form) fill() {
	if f.ins != nil {
		return
	}
	f.ins = make([]widget.Input, len(f.Fields))
	for i := range f.Fields {
		f.ins[i].Set(f.Fields[i].Value)
	}
}

// edit types, or chooses where there is a choice.
func (f *Form) edit(k Key) {
	f.said = ""
	in, values := &f.ins[f.on], f.Fields[f.on].Values
	switch {
	case len(values) > 0:
		step := map[string]int{"left": len(values) - 1, "right": 1, "space": 1}[k.Name]
		if at := slices.Index(values, in.Text()); step > 0 {
			in.Set(values[(at+step+len(values))%len(values)])
		}
	case k.Name == "paste":
		in.Insert(k.Text)
	default:
		in.Press(k.Name, k.Text)
	}
}

// take gives what was said, unless something is missing.
func (f *Form) take() *Result {
	out := map[string]string{}
	for i, field := range f.Fields {
		text := f.ins[i].Text()
		if text == "" && field.Needed {
			f.on, f.said = i, field.Name+" is missing"
			return nil
		}
		if text != "" || field.Value != "" {
			out[field.Name] = text
		}
	}
	return &Result{Tag: f.Tag, OK: true, Values: out}
}

// Draw implements Dialog.
func (f *Form) Draw(w, h int) widget.Frame {
	f.fill()
	s := sheet{title: f.Title}
	inner := s.size(w, 72)
	body := paragraphs(theme.Plain, inner, f.Text)
	names := 0
	for _, field := range f.Fields {
		names = max(names, widget.Width(field.Name))
	}
	var cursor *widget.Point
	for i, field := range f.Fields {
		ink, sign := theme.Muted, "  "
		if i == f.on {
			ink, sign = theme.Strong, "▸ "
		}
		head := widget.L(ink, sign+field.Name).Fit(names + 4)
		line, x := f.ins[i].Line(max(inner-head.Width()-2, 4))
		if len(field.Values) > 0 {
			line, x = widget.L(ink, f.ins[i].Text()+"  ← → "+strings.Join(field.Values, " ")), 0
		}
		if i == f.on {
			cursor = &widget.Point{X: head.Width() + x, Y: len(body)}
		}
		body = append(body, append(head, line...).Fit(inner))
		if field.About != "" && i == f.on {
			body = append(body, widget.Hang(widget.Line{widget.Gap(head.Width())}, theme.Muted, field.About, inner)...)
		}
	}
	var note widget.Line
	if f.said != "" {
		note = widget.L(theme.Warn, f.said)
	}
	body = append(body, note)
	on := 0
	if f.on == len(f.Fields)-1 {
		on = 1
	}
	row, hits := buttons([]Option{{ID: "cancel", Label: "Cancel"}, {ID: "deed", Label: f.Deed}}, on, len(body))
	return s.draw(append(body, row), inner, h, cursor, hits)
}
