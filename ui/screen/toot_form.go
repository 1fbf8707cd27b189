package screen

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/ui/dialog"
)

// change changes the selected field: what has choices goes to the next of them, anything else is typed.
func (t *Toot) change() (Action, tea.Cmd) {
	fields := t.form().Fields(t.where.Version)
	i := t.field.settle(t.fieldNames())
	if i < 0 {
		return nil, nil
	}
	f := fields[i]
	switch {
	case f.Lacks != "":
		return Say{Text: f.Lacks, Bad: true}, nil
	case len(f.Choices) > 0 && f.Type != tootctl.Array:
		t.form().Turn(f)
		return nil, nil
	}
	return Open{t.ask(f)}, nil
}

// ask asks for the value of a field that has to be typed.
func (t *Toot) ask(f tootctl.Field) dialog.Dialog {
	form, v := t.form(), t.where.Version
	p := &dialog.Prompt{
		Tag: "field:" + f.Name, Title: f.Name, Text: f.About + ". It takes " + f.Takes + ".", Empty: true,
		Check: func(text string) string {
			if err := form.Wrong(f.Name, text, v); err != nil {
				return inTheWay(err)
			}
			return ""
		},
	}
	if len(f.Choices) > 0 {
		p.Text += " Tab takes what is chosen below."
		p.Complete = func(text string) []dialog.Item { return unnamed(f.Choices, text) }
	}
	return p.Value(f.Value)
}

// unnamed are the choices that a text does not name yet and that its last word may become.
func unnamed(choices []string, text string) []dialog.Item {
	named, last := strings.Fields(text), ""
	if len(named) > 0 && strings.HasSuffix(text, named[len(named)-1]) {
		named, last = named[:len(named)-1], named[len(named)-1]
	}
	var items []dialog.Item
	for _, c := range choices {
		if strings.HasPrefix(c, last) && c != last && !slices.Contains(named, c) {
			items = append(items, dialog.Item{Text: c})
		}
	}
	return items
}

// fill makes a line the form.
func (t *Toot) fill(line string) error {
	c, err := tootctl.Known().Read(line, tootctl.Version{})
	if err != nil {
		return err
	}
	t.at.id = c.Command.Name()
	t.forms[t.at.id] = tootctl.FormOf(c)
	if t.panes.drawn[paneForm] {
		t.panes.focus(paneForm)
	}
	return nil
}

// prompt asks for the whole line.
func (t *Toot) prompt() dialog.Dialog {
	v := t.where.Version
	p := &dialog.Prompt{
		Tag: "line", Title: "tootctl", Text: "The command line, as you would type it into a shell. Tab takes what is chosen below.",
		Check: func(line string) string {
			_, err := tootctl.Known().Read(line, v)
			if err == nil {
				return ""
			}
			return Reason(err)
		},
		Complete: func(line string) []dialog.Item {
			var items []dialog.Item
			for _, c := range tootctl.Known().Complete(line, v) {
				items = append(items, dialog.Item{Text: c.Word, About: c.About})
			}
			return items
		},
	}
	line, _, _ := t.meant()
	return p.Set(line)
}

// form is the selected command's, or what the selected line of the past makes.
func (t *Toot) form() *tootctl.Form {
	if line := t.recalled(); line != "" {
		if c, _ := tootctl.Known().Read(line, t.where.Version); c != nil {
			return tootctl.FormOf(c)
		}
	}
	return t.formOf(t.command())
}

// recalled is the selected line of the past where that has the keys, and else "".
func (t *Toot) recalled() string {
	if i := t.line.settle(t.past()); t.panes.on == panePast && i >= 0 {
		return t.past()[i]
	}
	return ""
}

// meant is what would run: the selected line of the past where that has the keys, and else what the form makes. The call is nil where that line cannot be
// read any more.
func (t *Toot) meant() (line string, c *tootctl.Call, err error) {
	if line = t.recalled(); line != "" {
		c, err = tootctl.Known().Read(line, t.where.Version)
		return line, c, err
	}
	c, err = t.form().Call(t.where.Version)
	return c.Line(), c, err
}

// formOf is a command's form, with what was filled in.
func (t *Toot) formOf(c *tootctl.Command) *tootctl.Form {
	f := t.forms[c.Name()]
	if f == nil {
		f = tootctl.NewForm(c)
		t.forms[c.Name()] = f
	}
	return f
}

func (t *Toot) fieldNames() []string {
	var out []string
	for _, f := range t.form().Fields(t.where.Version) {
		out = append(out, f.Name)
	}
	return out
}
