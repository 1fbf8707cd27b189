package dialog

import (
	"slices"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Choice asks for one of some options. The first is Cancel, and it rests there unless another one is as harmless.
type Choice struct {
	Tag     string
	Title   string
	Text    string
	Details []string // shown as they are
	Options []Option // behind Cancel
	Rest    string   // the option where it rests, "" for Cancel
	Cancel  string   // what Cancel says
	Alarm   theme.Ink
	Hush    widget.Hush // for one that opens by itself

	on    int // the one that is filled, once it was moved
	moved bool
	fold  fold
}

func (c *Choice) all() []Option {
	label := c.Cancel
	if label == "" {
		label = "Cancel"
	}
	return append([]Option{{ID: "cancel", Label: label}}, c.Options...)
}

// at is the place of the one that is filled.
func (c *Choice) at() int {
	if c.moved {
		return c.on
	}
	return 1 + slices.IndexFunc(c.Options, func(o Option) bool { return o.ID == c.Rest && c.Rest != "" })
}

// Press implements Dialog.
func (c *Choice) Press(k Key) *Result {
	if c.Hush.Swallows(k.Now) {
		return nil
	}
	if c.fold.press(k.Name) {
		return nil
	}
	opts := c.all()
	switch k.Name {
	case "left", "shift+tab", "up":
		c.on, c.moved = (c.at()+len(opts)-1)%len(opts), true
	case "right", "tab", "down":
		c.on, c.moved = (c.at()+1)%len(opts), true
	case "esc":
		return &Result{Tag: c.Tag}
	case "enter":
		if !k.Repeat {
			return c.take(c.at())
		}
	default:
		if k.Repeat {
			return nil
		}
		if i := slices.IndexFunc(opts, func(o Option) bool { return o.Key == k.Name && o.Key != "" || "hit:"+o.ID == k.Name }); i >= 0 {
			return c.take(i)
		}
	}
	return nil
}

func (c *Choice) take(i int) *Result {
	if i == 0 {
		return &Result{Tag: c.Tag}
	}
	return &Result{Tag: c.Tag, OK: true, Choice: c.all()[i].ID}
}

// Draw implements Dialog.
func (c *Choice) Draw(w, h int) widget.Frame {
	s := sheet{title: c.Title, alarm: c.Alarm, heavy: c.Alarm != theme.Plain}
	inner := s.size(w, 66)
	body := paragraphs(theme.Plain, inner, c.Text)
	for _, d := range c.Details {
		body = append(body, widget.Wrap(theme.Muted, d, inner)...)
	}
	if len(c.Details) > 0 {
		body = append(body, nil)
	}
	body = c.fold.draw(body, h-around-1)
	row, hits := buttons(c.all(), c.at(), len(body))
	return s.draw(append(body, row), inner, h, nil, hits)
}
