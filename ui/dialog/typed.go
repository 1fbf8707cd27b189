package dialog

import (
	"fmt"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Typed asks for a name to be typed before something is destroyed. It rests on Cancel: only the whole right name moves Enter to the
// deed, and Enter on a wrong name does nothing but say so.
type Typed struct {
	Tag     string
	Title   string
	Text    string
	Details []string
	Name    string // to be typed
	Droplet int    // whose disk it is; 0 for none
	Deed    string // on the button: "reimage worker-2"

	in   widget.Input
	fold fold
	said string
}

// Press implements Dialog.
func (t *Typed) Press(k Key) *Result {
	switch k.Name {
	case "esc", "hit:cancel":
		return &Result{Tag: t.Tag}
	case "enter", "hit:deed":
		return t.enter(k)
	case "paste":
		t.said = "a name is typed, not pasted"
		return nil
	}
	if t.fold.press(k.Name) {
		return nil
	}
	if t.in.Press(k.Name, k.Text) {
		t.said = ""
	}
	return nil
}

func (t *Typed) enter(k Key) *Result {
	switch typed := t.in.Text(); {
	case k.Repeat:
		return nil
	case typed == t.Name:
		return &Result{Tag: t.Tag, OK: true, Text: typed}
	case typed == "" && k.Name == "enter":
		return &Result{Tag: t.Tag}
	default:
		t.said = fmt.Sprintf("“%s” is not %s. Nothing was done.", typed, t.Name)
	}
	return nil
}

// Draw implements Dialog.
func (t *Typed) Draw(w, h int) widget.Frame {
	s := sheet{title: "▲ " + t.Title, alarm: theme.Peril, heavy: true}
	inner := s.size(w, 66)
	told := paragraphs(theme.Plain, inner, t.Text)
	for _, d := range t.Details {
		told = append(told, widget.Hang(widget.L(theme.Bad, "· "), theme.Plain, d, inner)...)
	}
	if len(t.Details) > 0 {
		told = append(told, nil)
	}
	asked := 5
	if t.Droplet != 0 {
		asked += 2
	}
	body := t.fold.draw(told, h-around-asked)
	if t.Droplet != 0 {
		body = append(body, widget.Line{
			widget.S(theme.Muted, "target   "), widget.S(theme.Strong, t.Name),
			widget.S(theme.Muted, "   droplet "), widget.S(theme.Strong, fmt.Sprint(t.Droplet)),
		}, nil)
	}
	field, x := t.in.Line(min(inner-10, 32))
	ask := widget.Line{widget.S(theme.Muted, "type "), widget.S(theme.Strong, t.Name), widget.S(theme.Muted, " to go on")}
	body = append(body, ask, append(widget.L(theme.Key, "› "), field...))
	at := &widget.Point{X: 2 + x, Y: len(body) - 1}
	body = append(body, t.note(inner), nil)
	on := 0
	if t.in.Text() == t.Name {
		on = 1
	}
	row, hits := buttons([]Option{{ID: "cancel", Label: "Cancel"}, {ID: "deed", Label: t.Deed}}, on, len(body))
	return s.draw(append(body, row), inner, h, at, hits)
}

// note is what the dialog has to say about what was typed.
func (t *Typed) note(w int) widget.Line {
	if t.said == "" {
		return nil
	}
	return widget.L(theme.Bad, "✗ "+t.said).Fit(w)
}
