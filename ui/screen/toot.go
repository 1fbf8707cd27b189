package screen

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Toot is tootctl at hand: every command found as one types, explained, filled in, rehearsed and run.
type Toot struct {
	*Post
	env    Env
	search string
	at     cursor // the command
	field  cursor // of its form
	line   cursor // of what was run before
	panes  panes
	forms  map[string]*tootctl.Form // by command: what was filled in stays

	where    desk.Tootctl
	whereErr error
	asked    bool // where it runs has been answered
	lines    desk.Lines
	linesErr error
	wrong    error // why the line that it was opened with cannot be read, until that has been said
	named    bool  // what cannot be read of them has been named

	call *tootctl.Call // that is being confirmed or started
}

// The panes of tootctl.
const (
	paneCommands = "commands"
	paneForm     = "form"
	panePast     = "past"
)

// What the desk said.
type (
	gotWhere struct {
		where desk.Tootctl
		err   error
	}
	gotLines struct {
		lines desk.Lines
		err   error
	}
	gotPreflight struct{ seen []desk.Condition }
	begunJob     struct {
		begun job.Begun
		err   error
	}
)

// NewToot opens tootctl, with a command line filled in or with "".
func NewToot(env Env, line string) *Toot {
	t := &Toot{Post: NewPost(env.Ctx), env: env, panes: newPanes(paneCommands, paneForm, panePast), forms: map[string]*tootctl.Form{}}
	if line != "" {
		t.wrong = t.fill(line)
	}
	return t
}

// Crumb implements Screen.
func (t *Toot) Crumb() string { return "tootctl" }

// Place implements Screen.
func (t *Toot) Place() binding.Place { return binding.Tootctl }

// Init implements Screen.
func (t *Toot) Init() tea.Cmd {
	d := t.env.Desk
	return tea.Batch(
		t.Ask("where", func(ctx context.Context) tea.Msg {
			w, err := d.Where(ctx)
			return gotWhere{w, err}
		}),
		t.Ask("lines", func(ctx context.Context) tea.Msg {
			l, err := d.Remembered(ctx)
			return gotLines{l, err}
		}),
	)
}

// Update implements Screen.
func (t *Toot) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Filter:
		t.search = msg.Text
		if found := t.found(); len(found) > 0 && msg.Text != "" {
			t.at.id = found[0].Name() // the best one
		}
	case Answer:
		if m, ok := t.Open(msg); ok {
			return t.answered(m)
		}
	case Clicked:
		return t.click(msg.ID)
	case Wheeled:
		t.panes.focus(msg.Pane)
		t.move(map[bool]string{false: "up", true: "down"}[msg.Down])
	case dialog.Result:
		return t.decided(msg)
	case Pressed:
		return t.press(msg.ID)
	}
	return nil, nil
}

func (t *Toot) answered(m tea.Msg) (Action, tea.Cmd) {
	switch m := m.(type) {
	case gotWhere:
		t.where, t.whereErr, t.asked = m.where, m.err, true
		if wrong := t.wrong; wrong != nil {
			t.wrong = nil
			return refusal("that line", wrong), nil
		}
	case gotLines:
		t.lines, t.linesErr = m.lines, m.err
		if m.err != nil {
			return refusal("the favourites", m.err), nil
		}
		return t.unread(), nil
	case gotPreflight:
		if err := desk.Unfit(t.call, m.seen); err != nil {
			return refusal("run", err), nil
		}
		return Open{t.typed(m.seen)}, nil
	case begunJob:
		return t.begun(m)
	}
	return nil, nil
}

// begun opens the job that was started.
func (t *Toot) begun(m begunJob) (Action, tea.Cmd) {
	d := t.env.Desk
	again := t.Ask("lines", func(ctx context.Context) tea.Msg {
		l, err := d.Remembered(ctx)
		return gotLines{l, err}
	})
	if m.err != nil && m.begun.Said == "" {
		return refusal("run", m.err), again
	}
	j := NewJob(t.env, m.begun.Record)
	j.boot = t.where.Boot
	if m.begun.Secret {
		j.told(m.begun, m.err)
	}
	return Push{j}, again
}

func (t *Toot) press(id string) (Action, tea.Cmd) {
	switch {
	case t.move(id):
		return nil, nil
	case t.panes.press(id):
		return nil, nil
	}
	switch id {
	case "open":
		return t.open()
	case "toot-type":
		return Open{t.prompt()}, nil
	case "toot-favour":
		return t.favour()
	case "toot-rehearse":
		if c, err := t.form().Call(t.where.Version); err == nil {
			if dry, ok := c.Rehearse(); ok {
				return t.confirm(dry)
			}
		}
	case "toot-run":
		if c, err := t.form().Call(t.where.Version); err == nil {
			return t.confirm(c)
		}
	}
	return nil, nil
}

// move moves in the pane that has the keys.
func (t *Toot) move(id string) bool {
	switch t.panes.on {
	case paneCommands:
		return t.at.move(id, commandNames(t.found()), 5)
	case paneForm:
		return t.field.move(id, t.fieldNames(), 5)
	}
	return t.line.move(id, t.past(), 5)
}

// open goes from a command to its form, changes a field of that, or fills in a line of the past.
func (t *Toot) open() (Action, tea.Cmd) {
	switch t.panes.on {
	case paneCommands:
		t.panes.focus(paneForm)
	case paneForm:
		return t.change()
	case panePast:
		if i := t.line.settle(t.past()); i >= 0 {
			if err := t.fill(t.past()[i]); err != nil {
				return refusal("that line", err), nil
			}
		}
	}
	return nil, nil
}

// unread names, once, what is remembered and cannot be read any more: the tree has changed since, or somebody has changed the file.
func (t *Toot) unread() Action {
	if t.named {
		return nil
	}
	t.named = true
	first, n := "", 0
	for _, l := range t.past() {
		if _, err := tootctl.Known().Read(l, tootctl.Version{}); err != nil {
			if n++; n == 1 {
				first = l + ": " + brief(err)
			}
		}
	}
	if n == 0 {
		return nil
	}
	return Say{Text: widget.Count(n, "line", "lines") + " of the history cannot be read: " + first, Bad: true}
}

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
	return Open{p.Set(f.Value)}, nil
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

// decided takes what a dialog said.
func (t *Toot) decided(res dialog.Result) (Action, tea.Cmd) {
	kind, name := split(res.Tag)
	switch {
	case !res.OK:
		return nil, nil
	case kind == "field":
		t.form().Set(name, res.Text)
	case kind == "line":
		if err := t.fill(res.Text); err != nil {
			return refusal("that line", err), nil
		}
	case kind == "run" && res.Choice == "rehearse":
		if dry, ok := t.call.Rehearse(); ok {
			return t.start(dry, "")
		}
	case kind == "run" && res.Choice == "typed":
		return Open{t.typed(nil)}, nil
	case kind == "run":
		return t.start(t.call, res.Text)
	}
	return nil, nil
}

// confirm asks by the danger. What has a dry run offers that first.
func (t *Toot) confirm(c *tootctl.Call) (Action, tea.Cmd) {
	t.call = c
	_, dry := c.Rehearse()
	dry = dry && !c.Rehearsal()
	switch {
	case c.Danger() == act.Safe:
		return t.start(c, "")
	case c.Command.Interactive:
		d := t.env.Desk
		return Say{Text: "looking whether it can be begun"}, t.Ask("preflight", func(ctx context.Context) tea.Msg { return gotPreflight{d.Preflight(ctx, c)} })
	case c.Danger() == act.Destroys && !dry:
		return Open{t.typed(nil)}, nil
	}
	run := dialog.Option{ID: "run", Key: "g", Label: "Run it"}
	if c.Danger() == act.Destroys {
		run = dialog.Option{ID: "typed", Key: "g", Label: "Go on without"}
	}
	options := []dialog.Option{run}
	if dry {
		options = []dialog.Option{{ID: "rehearse", Key: "r", Label: "Rehearse it first"}, run}
	}
	return Open{&dialog.Choice{
		Tag: "run", Title: c.Command.Name(), Alarm: theme.Alarm, Text: c.Command.Summary + ".", Details: append([]string{c.Line()}, c.Caution()...), Options: options,
	}}, nil
}

// typed asks for the instance's name before something is lost.
func (t *Toot) typed(seen []desk.Condition) dialog.Dialog {
	name, details := t.env.World.About.Instance, t.call.Caution()
	for _, c := range seen {
		details = append(details, c.String())
	}
	return &dialog.Typed{Tag: "run", Title: t.call.Command.Name(), Text: t.call.Line(), Details: details, Name: name, Deed: "run it on " + name}
}

// start starts a call.
func (t *Toot) start(c *tootctl.Call, typed string) (Action, tea.Cmd) {
	if t.Waiting("start") {
		return Say{Text: "still starting"}, nil
	}
	d := t.env.Desk
	return Say{Text: "starting " + c.Line() + ": Rails starts first, " + t.where.Boot.String()}, t.Act("start", func(ctx context.Context) tea.Msg {
		b, err := d.RunTootctl(ctx, c, typed)
		return begunJob{b, err}
	})
}

// favour keeps the line that the form makes, or the selected one.
func (t *Toot) favour() (Action, tea.Cmd) {
	c, _ := t.form().Call(t.where.Version)
	line, d := c.Line(), t.env.Desk
	if i := t.line.settle(t.past()); t.panes.on == panePast && i >= 0 {
		line = t.past()[i]
	}
	return nil, t.Ask("lines", func(ctx context.Context) tea.Msg {
		l, err := d.Favour(ctx, line)
		return gotLines{l, err}
	})
}

func (t *Toot) click(id string) (Action, tea.Cmd) {
	switch kind, what := split(id); kind {
	case "command":
		t.panes.focus(paneCommands)
		t.at.id = what
	case "field":
		t.panes.focus(paneForm)
		t.field.id = what
	case "line":
		t.panes.focus(panePast)
		t.line.id = what
	case "pane":
		t.panes.focus(what)
	}
	return nil, nil
}

// found are the commands that fit what is typed.
func (t *Toot) found() []*tootctl.Command { return tootctl.Known().Search(t.search) }

func commandNames(all []*tootctl.Command) []string {
	out := make([]string, len(all))
	for i, c := range all {
		out[i] = c.Name()
	}
	return out
}

// command is the selected one; where nothing is found it is the one before.
func (t *Toot) command() *tootctl.Command {
	found := t.found()
	if len(found) == 0 {
		found = tootctl.Known().Search("")
	}
	return found[t.at.settle(commandNames(found))]
}

// form is the selected command's.
func (t *Toot) form() *tootctl.Form {
	c := t.command()
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

// past are the favourites, and behind them what was run before.
func (t *Toot) past() []string {
	out := slices.Clone(t.lines.Favourites)
	for _, l := range t.lines.Past {
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// Bindings implements Screen.
func (t *Toot) Bindings() []binding.Binding {
	bs := t.env.World.Keys.At(binding.Tootctl)
	c, err := t.form().Call(t.where.Version)
	if _, ok := c.Rehearse(); !ok {
		off(bs, "toot-rehearse", "there is no dry run of "+c.Command.Name())
	}
	for _, id := range []string{"toot-run", "toot-rehearse"} {
		if err != nil {
			off(bs, id, brief(err))
		}
		if t.env.World.About.ReadOnly {
			off(bs, id, readOnly)
		}
	}
	return bs
}

// Excerpts implements Copier.
func (t *Toot) Excerpts() []Excerpt {
	c, _ := t.form().Call(t.where.Version)
	return []Excerpt{
		{"the command", c.Line()},
		{"the command that runs it from a shell", "vmtui tootctl -- " + tootctl.Quote(c.Words())},
		{"what it does", drawnText(t.aboutLines(c, excerptWidth))},
	}
}
