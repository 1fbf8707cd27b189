package dialog

import (
	"strings"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Reason asks for a few words that go into the record. Without them nothing happens.
type Reason struct {
	Tag    string
	Title  string
	Text   string
	Deed   string // on the button
	Secret bool   // dots instead of letters, and an empty answer is none
	Alarm  theme.Ink
	Hush   widget.Hush

	in   widget.Input
	said string
}

// Press implements Dialog.
func (r *Reason) Press(k Key) *Result {
	if r.Hush.Swallows(k.Now) {
		return nil
	}
	r.in.Secret = r.Secret
	switch k.Name {
	case "esc", "hit:cancel":
		return &Result{Tag: r.Tag}
	case "enter", "hit:deed":
		text := r.in.Text()
		if !r.Secret {
			text = strings.TrimSpace(text)
		}
		if text == "" || k.Repeat {
			r.said = "nothing was typed, so nothing was done"
			return nil
		}
		return &Result{Tag: r.Tag, OK: true, Text: text}
	case "paste":
		r.in.Insert(k.Text)
	default:
		r.in.Press(k.Name, k.Text)
	}
	r.said = ""
	return nil
}

// Draw implements Dialog.
func (r *Reason) Draw(w, h int) widget.Frame {
	s := sheet{title: r.Title, alarm: r.Alarm, heavy: r.Alarm != theme.Plain}
	inner := s.size(w, 66)
	r.in.Secret = r.Secret
	body := paragraphs(theme.Plain, inner, r.Text)
	field, x := r.in.Line(inner - 4)
	body = append(body, append(widget.L(theme.Key, "› "), field...))
	at := &widget.Point{X: 2 + x, Y: len(body) - 1}
	var note widget.Line
	if r.said != "" {
		note = widget.L(theme.Warn, r.said)
	}
	body = append(body, note)
	on := 0
	if r.in.Text() != "" {
		on = 1
	}
	row, hits := buttons([]Option{{ID: "cancel", Label: "Cancel"}, {ID: "deed", Label: r.Deed}}, on, len(body))
	return s.draw(append(body, row), inner, h, at, hits)
}
