package screen

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
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
	opened   time.Time
	lines    desk.Lines
	linesErr error
	wrong    error // why the line that it was opened with cannot be read, until that has been said
	named    bool  // what cannot be read of them has been named

	jobs     []job.Job // what has run
	jobsSeen time.Time
	jobsErr  error
	grounded bool // there is room to show them

	call    *tootctl.Call // that is being confirmed or started
	tried   string        // the line that was shown then
	setback error         // why that was not started
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
	t := &Toot{Post: NewPost(env.Ctx), env: env, opened: env.World.Now, panes: newPanes(paneCommands, paneForm, panePast), forms: map[string]*tootctl.Form{}}
	t.panes.choices = map[string]*choice{
		paneCommands: {kind: "command", at: &t.at, ids: func() []string { return commandNames(t.found()) }, page: 5},
		paneForm:     {kind: "field", at: &t.field, ids: t.fieldNames, page: 5}, panePast: {kind: "line", at: &t.line, ids: t.past, page: 5},
	}
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
		t.panes.click(msg.ID)
	case Wheeled:
		t.panes.wheel(msg)
	case dialog.Result:
		return t.decided(msg)
	case Pressed:
		return t.press(msg.ID)
	case Tick:
		return nil, t.askJobs()
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
			t.setback = err
			return refusal("run", err), nil
		}
		return Open{t.typed(m.seen)}, nil
	case begunJob:
		return t.begun(m)
	case foundJobs:
		t.tookJobs(m.jobs, m.err)
	}
	return nil, nil
}

func (t *Toot) press(id string) (Action, tea.Cmd) {
	if t.panes.move(id) || t.panes.press(id) {
		return nil, nil
	}
	switch id {
	case "open":
		return t.open()
	case "toot-type":
		return Open{t.prompt()}, nil
	case "toot-favour":
		return t.favour()
	case "toot-forget":
		return t.forget()
	case "toot-rehearse":
		if _, c, err := t.meant(); err == nil {
			if dry, ok := c.Rehearse(); ok {
				return t.confirm(dry)
			}
		}
	case "toot-run":
		if _, c, err := t.meant(); err == nil {
			return t.confirm(c)
		}
	}
	return nil, nil
}

// open goes from a command to its form, changes a field of that, or fills in a line of the past.
func (t *Toot) open() (Action, tea.Cmd) {
	switch t.panes.on {
	case paneCommands:
		t.panes.focus(paneForm)
	case paneForm:
		return t.change()
	case panePast:
		if line := t.recalled(); line != "" {
			if err := t.fill(line); err != nil {
				return refusal("that line", err), nil
			}
		}
	}
	return nil, nil
}

// favour keeps the line that the form makes, or the selected one.
func (t *Toot) favour() (Action, tea.Cmd) {
	line, _, _ := t.meant()
	d := t.env.Desk
	return nil, t.Ask("lines", func(ctx context.Context) tea.Msg {
		l, err := d.Favour(ctx, line)
		return gotLines{l, err}
	})
}

// forget takes the selected line out of the past.
func (t *Toot) forget() (Action, tea.Cmd) {
	line, d := t.recalled(), t.env.Desk
	return nil, t.Ask("lines", func(ctx context.Context) tea.Msg {
		l, err := d.Unremember(ctx, line)
		return gotLines{l, err}
	})
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
	_, c, err := t.meant()
	if c != nil {
		if _, ok := c.Rehearse(); !ok {
			off(bs, "toot-rehearse", "there is no dry run of "+c.Command.Name())
		}
	}
	if err != nil && t.recalled() == "" {
		off(bs, "toot-favour", brief(err))
	}
	if t.recalled() == "" {
		off(bs, "toot-forget", "no line of the history is selected")
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
	line, c, _ := t.meant()
	out := []Excerpt{{"the command", line}}
	if c == nil {
		return out
	}
	return append(out, Excerpt{"the command that runs it from a shell", "vmtui tootctl -- " + tootctl.Quote(c.Words())}, Excerpt{"what it does", drawnText(t.aboutLines(c, excerptWidth))})
}
