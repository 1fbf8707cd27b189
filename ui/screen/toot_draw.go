package screen

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Draw implements Screen.
func (t *Toot) Draw(w, h int) widget.Frame {
	t.panes.begin()
	out := widget.Blank(w, h)
	preview := t.previewBox(w, h)
	rest := h - preview.H
	if w >= 110 {
		left := w * 2 / 5
		if w >= 180 {
			left = w * 12 / 25 // a column of names, and what they do whole
		}
		past := min(max(len(t.past())+2, 5), max(rest/4, 5))
		out.Put(0, 0, t.commandsBox(left, rest-past))
		out.Put(0, rest-past, t.pastBox(left, past))
		form := t.formBox(w - left)
		below := groundH(len(form.Lines)+2, rest)
		out.Put(left, 0, t.drawForm(form, w-left, rest-below))
		if below > 0 {
			out.Put(left, rest-below, t.ground(w-left, below))
		}
	} else {
		list := max(rest/3, 5)
		if t.panes.on == panePast {
			out.Put(0, 0, t.commandsBox(w, list))
			out.Put(0, list, t.pastBox(w, rest-list))
			t.panes.drawn[paneForm] = true // a key away, in the same place
		} else {
			out.Put(0, 0, t.commandsBox(w, list))
			out.Put(0, list, t.drawForm(t.formBox(w), w, rest-list))
			t.panes.drawn[panePast] = true
		}
	}
	out.Put(0, rest, preview)
	return out
}

// callMarks are the dangers of a call.
var callMarks = map[act.Danger]mark{
	act.Safe:     {"●", "changes nothing", theme.Good},
	act.Changes:  {"◐", "changes", theme.Warn},
	act.Destroys: {"▲", "destroys", theme.Peril},
}

// riskInks are the colours of a risk's name.
var riskInks = map[tootctl.Risk]theme.Ink{
	tootctl.None: theme.Good, tootctl.Low: theme.Good, tootctl.Medium: theme.Warn, tootctl.High: theme.Bad, tootctl.Critical: theme.Peril,
}

// commandsBox is what the search finds.
func (t *Toot) commandsBox(w, h int) widget.Frame {
	found := t.found()
	head := title("Commands")
	if t.search != "" {
		head = head.Add(widget.S(theme.Muted, "  /"), widget.S(theme.Accent, t.search))
	}
	box := widget.Box{Title: head, Right: widget.L(theme.Muted, fmt.Sprintf("%d of %d", len(found), len(tootctl.Known().Commands)))}
	at, names := t.at.settle(commandNames(found)), commandRoom(w)
	for i, c := range found {
		box.Choice("command:"+c.Name(), t.commandLine(c, names, w-4), i == at && t.recalled() == "")
	}
	if len(found) == 0 {
		box.Lines = []widget.Line{widget.L(theme.Warn, "nothing is found; the form below is the one before")}
	}
	box.From = window(max(at, 0), len(box.Lines), h-2)
	return t.panes.box(paneCommands, box).Draw(w, h)
}

// commandRoom is how wide the names of commands are drawn where there is room for a column of them, and 0 where there is none.
func commandRoom(w int) int {
	widest := 0
	for i := range tootctl.Known().Commands {
		widest = max(widest, widget.Width(tootctl.Known().Commands[i].Name()))
	}
	if widest > w/3 {
		return 0
	}
	return widest
}

// commandLine is a command with the danger of the call that its form makes now: the one that its form names, and that is asked about.
func (t *Toot) commandLine(c *tootctl.Command, names, w int) widget.Line {
	call, _ := t.formOf(c).Call(t.where.Version)
	sign, ink := known(callMarks, call.Danger()).line(), theme.Strong
	if c.Lacks(t.where.Version) != "" {
		sign, ink = widget.L(theme.Off, "–"), theme.Off
	}
	return sign.Add(widget.Gap(1), widget.S(ink, c.Name()), widget.Gap(max(names-widget.Width(c.Name()), 0)+2), widget.S(theme.Muted, c.Summary)).Fit(w)
}

// aboutLines explain a call.
func (t *Toot) aboutLines(c *tootctl.Call, w int) []widget.Line {
	k := c.Command
	lines := widget.Wrap(theme.Plain, k.Summary+".", w)
	if why := k.Lacks(t.where.Version); why != "" {
		lines = append(lines, widget.Hang(widget.L(theme.Warn, "○ "), theme.Warn, "not here: "+why, w)...)
	}
	fact := func(name string, ink theme.Ink, value string) {
		lines = append(lines, widget.Hang(widget.L(theme.Muted, name).Fit(9), ink, value, w)...)
	}
	m := known(callMarks, c.Danger())
	lines = append(lines, append(widget.L(theme.Muted, "danger").Fit(9), m.full().Add(widget.S(theme.Muted, " · risk "), widget.S(riskInks[k.Risk], string(k.Risk)))...))
	if lost := c.Lost(); lost != "" {
		fact("lost", theme.Warn, lost)
	}
	if k.DryRun { // that there is none is a remark
		fact("dry run", theme.Plain, "there is one, and it is offered first")
	}
	fact("takes", theme.Plain, k.Takes())
	fact("touches", theme.Plain, k.Touches())
	for _, said := range c.Remarks() {
		lines = append(lines, widget.Hang(widget.L(theme.Muted, "· "), theme.Plain, said, w)...)
	}
	return lines
}

// formBox is the explanation, and below it what can be filled in.
func (t *Toot) formBox(w int) widget.Box {
	form := t.form()
	c, _ := form.Call(t.where.Version)
	inner := w - 4
	box := widget.Box{Title: title(form.Command.Usage()), Lines: t.aboutLines(c, inner)}
	box.Lines = append(box.Lines, nil)
	fields, at := form.Fields(t.where.Version), t.field.settle(t.fieldNames())
	names, values := fieldRooms(fields, inner)
	for i, f := range fields {
		if i == at {
			box.From = len(box.Lines)
		}
		selected := i == at && t.panes.on == paneForm
		line, whole := fieldLine(f, inner, names, values)
		box.Choice("field:"+f.Name, line, selected)
		if selected && !whole {
			box.Lines = append(box.Lines, widget.Hang(widget.Line{widget.Gap(2)}, theme.Muted, f.About+" · "+f.Takes, inner)...)
		}
	}
	if len(fields) == 0 {
		box.Lines = append(box.Lines, widget.L(theme.Muted, "it takes no arguments and no options"))
	}
	box.Lines = append(box.Lines, ruleLines(form.Command, inner)...)
	return box
}

// drawForm draws it so that the selected field, with which it begins, is seen while the form has the keys.
func (t *Toot) drawForm(box widget.Box, w, h int) widget.Frame {
	row := box.From
	box.From = 0
	if t.panes.on == paneForm {
		box.From = window(row, len(box.Lines), h-2)
	}
	return t.panes.box(paneForm, box).Draw(w, h)
}

// ruleLines say what of the fields goes together, before somebody is refused.
func ruleLines(c *tootctl.Command, w int) []widget.Line {
	var out []widget.Line
	for _, rule := range c.Constraints {
		if words := rule.Words(); words != "" {
			out = append(out, widget.Hang(widget.L(theme.Muted, "· "), theme.Muted, words, w)...)
		}
	}
	if len(out) > 0 {
		return append([]widget.Line{nil}, out...)
	}
	return nil
}

// fieldRooms are how wide names and values are drawn: no wider than they are, so that the explanations have the rest.
func fieldRooms(fields []tootctl.Field, w int) (names, values int) {
	for _, f := range fields {
		names, values = max(names, widget.Width(f.Name)), max(values, fieldValue(f).Width())
	}
	return min(names, max(w/3, 25)), min(values, w*2/5)
}

// fieldValue is what was filled in, or what holds without it.
func fieldValue(f tootctl.Field) widget.Line {
	switch {
	case f.Lacks != "":
		return widget.L(theme.Off, "not here")
	case f.Value != "":
		return widget.L(theme.Accent, widget.Shown(f.Value))
	case f.Required:
		return widget.L(theme.Warn, "needed")
	case f.Default == true:
		return widget.L(theme.Muted, tootctl.On)
	case f.Default != nil && f.Default != false:
		return widget.L(theme.Muted, fmt.Sprint(f.Default))
	}
	return widget.L(theme.Muted, "–")
}

// fieldLine is a field with its value; whole reports that all that is said of it stands there.
func fieldLine(f tootctl.Field, w, names, values int) (line widget.Line, whole bool) {
	name := theme.Strong
	if f.Lacks != "" {
		name = theme.Off
	}
	l := append(widget.L(name, f.Name).Fit(names), widget.Gap(2))
	l = append(append(l, fieldValue(f).Fit(values)...), widget.Gap(2))
	about := []string{f.About + " · " + f.Takes, f.About}
	if f.Lacks != "" {
		about = []string{f.Lacks}
	}
	for _, said := range about {
		if l.Width()+widget.Width(said) <= w {
			return l.Add(widget.S(theme.Muted, said)).Fit(w), said == about[0]
		}
	}
	return l.Add(widget.S(theme.Muted, about[len(about)-1])).Fit(w), false
}

// pastBox are the favourites and what was run before.
func (t *Toot) pastBox(w, h int) widget.Frame {
	past := t.past()
	box := widget.Box{Title: title("Favourites and history")}
	at := t.line.settle(past)
	for i, line := range past {
		sign := widget.S(theme.Muted, "  ")
		if slices.Contains(t.lines.Favourites, line) {
			sign = widget.S(theme.Accent, "★ ")
		}
		box.Choice("line:"+line, widget.Line{sign}.Add(widget.S(theme.Plain, line)).Fit(w-4), i == at && t.panes.on == panePast)
	}
	switch {
	case t.linesErr != nil:
		box.Lines = widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(t.linesErr), w-4)
	case len(past) == 0:
		box.Lines = []widget.Line{widget.L(theme.Muted, "nothing was run from here yet")}
	}
	box.From = window(max(at, 0), len(box.Lines), h-2)
	return t.panes.box(panePast, box).Draw(w, h)
}

// previewBox is exactly what would run, and where, as it changes; and what still stands in the way.
func (t *Toot) previewBox(w, h int) widget.Frame {
	line, _, err := t.meant()
	inner := w - 4
	lines := rows(widget.Wrap(theme.Strong, line, inner), max(h/4, 1))
	ink, where := t.whereWords(inner)
	lines = append(lines, rows(widget.Wrap(ink, where, inner), 2)...)
	switch {
	case err != nil:
		lines = append(lines, rows(widget.Hang(widget.L(theme.Warn, "○ "), theme.Warn, inTheWay(err), inner), 2)...)
	case t.setback != nil && t.tried == line:
		lines = append(lines, setbackLines(t.setback, inner)...)
	default:
		lines = append(lines, widget.L(theme.Good, "● it can be run"))
	}
	return widget.Box{Title: title("What would run"), Lines: lines}.Draw(w, len(lines)+2)
}

// rows are lines, of which a last one that has to be cut says so.
func rows(lines []widget.Line, most int) []widget.Line {
	if len(lines) <= most {
		return lines
	}
	last := lines[most-1]
	return append(lines[:most-1:most-1], last.Add(widget.S(last[len(last)-1].Ink, "…")))
}

// inTheWay is why a form cannot be run yet, and what to do: that tootctl would not do it is said by that alone.
func inTheWay(err error) string {
	var f *desk.Fault
	if !errors.As(err, &f) {
		return brief(err)
	}
	return f.On + ": " + f.Why + " → " + f.Next
}

// whereWords say where it would run, and on which Mastodon. What is waited for, the start of Rails, stands before what does not change; when the version
// was read is said where it takes no row of its own.
func (t *Toot) whereWords(w int) (theme.Ink, string) {
	switch {
	case !t.asked:
		return theme.Muted, "◌ on exec; reading its version: Rails starts, since " + age(t.opened, t.env.World.Now)
	case t.whereErr != nil:
		return theme.Warn, "on " + orWord(t.where.Node, "exec") + ", " + t.where.How + " · version unknown: " + brief(t.whereErr)
	}
	said := "on " + t.where.Node + " · Mastodon " + t.where.Version.String() + " · Rails starts: " + t.where.Boot.String() + " · " + t.where.How
	read := " · version read " + age(t.where.Seen, t.env.World.Now) + " ago"
	if n := widget.Width(said); n <= w && n+widget.Width(read) > w {
		read = ""
	}
	return theme.Muted, said + read
}
