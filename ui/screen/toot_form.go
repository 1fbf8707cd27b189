package screen

import (
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
	p := &dialog.Prompt{Tag: "field:" + f.Name, Title: f.Name, Text: f.About, Empty: true}
	if f.Type == tootctl.Array {
		p.Text += " Several stand behind one another; '…' keeps one together."
	}
	return Open{p.Value(f.Value)}, nil
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
			return brief(err) + " → " + nextStep(err)
		},
		Complete: func(line string) []dialog.Item {
			var items []dialog.Item
			for _, c := range tootctl.Known().Complete(line, v) {
				items = append(items, dialog.Item{Text: c.Word, About: c.About})
			}
			return items
		},
	}
	c, _ := t.form().Call(v)
	return p.Set(c.Line())
}

// form is the selected command's.
func (t *Toot) form() *tootctl.Form { return t.formOf(t.command()) }

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
