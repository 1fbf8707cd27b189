package dialog

import (
	"strings"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Prompt asks for a line of text and says, as it is typed, what can stand there and what is wrong with it.
type Prompt struct {
	Tag      string
	Title    string
	Text     string
	Complete func(line string) []Item // what the last word can become; nil for nothing
	Check    func(line string) string // why it cannot be taken; nil for nothing
	Empty    bool                     // nothing is an answer too

	in widget.Input
	on int
}

// Set puts a text where it is typed.
func (p *Prompt) Set(text string) *Prompt {
	p.in.Set(text)
	return p
}

// Value puts a value there, which is one whatever lines it has.
func (p *Prompt) Value(text string) *Prompt {
	p.in.Whole = true
	return p.Set(text)
}

// Press implements Dialog.
func (p *Prompt) Press(k Key) *Result {
	found := p.found()
	switch k.Name {
	case "esc", "hit:cancel":
		return &Result{Tag: p.Tag}
	case "up":
		p.on = max(p.on-1, 0)
	case "down":
		p.on = max(min(p.on+1, len(found)-1), 0)
	case "tab":
		if p.on < len(found) {
			p.complete(found[p.on].Text)
		}
	case "enter", "hit:deed":
		if text := p.in.Text(); !k.Repeat && p.why() == "" && (p.Empty || strings.TrimSpace(text) != "") {
			return &Result{Tag: p.Tag, OK: true, Text: text}
		}
	case "paste":
		p.in.Insert(k.Text)
	default:
		if p.in.Press(k.Name, k.Text) {
			p.on = 0
		}
	}
	return nil
}

// complete puts a word where the last one is being typed.
func (p *Prompt) complete(word string) {
	text := p.in.Text()
	p.in.Set(text[:strings.LastIndexAny(text, " \t")+1] + word + " ")
	p.on = 0
}

func (p *Prompt) found() []Item {
	if p.Complete == nil {
		return nil
	}
	return p.Complete(p.in.Text())
}

func (p *Prompt) why() string {
	if p.Check == nil {
		return ""
	}
	return p.Check(p.in.Text())
}

// promptRows are kept for completions, so that the dialog does not jump as one types.
const promptRows = 8

// Draw implements Dialog.
func (p *Prompt) Draw(w, h int) widget.Frame {
	s := sheet{title: p.Title}
	inner := s.size(w, 90)
	body := paragraphs(theme.Plain, inner, p.Text)
	field, x := p.in.Line(inner - 4)
	body = append(body, append(widget.L(theme.Key, "› "), field...))
	at := &widget.Point{X: 2 + x, Y: len(body) - 1}
	notes := []widget.Line{widget.L(theme.Good, "● it can be taken")}
	if why := p.why(); why != "" {
		notes = widget.Hang(widget.L(theme.Warn, "○ "), theme.Warn, why, inner)
	}
	body = append(body, append(notes, nil, nil)[:max(len(notes), 3)]...)
	if p.Complete != nil {
		body = append(body, p.rows(inner)...)
	}
	body = append(body, nil)
	row, hits := buttons([]Option{{ID: "cancel", Label: "Cancel"}, {ID: "deed", Label: "Take it"}}, 1, len(body))
	return s.draw(append(body, row), inner, h, at, hits)
}

// rows are the completions around the chosen one.
func (p *Prompt) rows(w int) []widget.Line {
	found := p.found()
	from := max(min(p.on-promptRows/2, len(found)-promptRows), 0)
	out := make([]widget.Line, 0, promptRows)
	for i := from; i < min(from+promptRows, len(found)); i++ {
		l := widget.Line{widget.Gap(2)}.Add(widget.S(theme.Strong, found[i].Text), widget.Gap(2), widget.S(theme.Muted, found[i].About)).Fit(w)
		if i == p.on {
			l = l.On(theme.Selected)
		}
		out = append(out, l)
	}
	for len(out) < promptRows {
		out = append(out, nil)
	}
	return out
}
