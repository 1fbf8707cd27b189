package screen

import (
	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Runs is every run, newest first.
type Runs struct {
	*Post
	env    Env
	at     cursor
	filter matcher
	page   int
}

// NewRuns opens the list of runs.
func NewRuns(env Env) *Runs { return &Runs{Post: NewPost(env.Ctx), env: env, page: 5} }

// Crumb implements Screen.
func (r *Runs) Crumb() string { return "Runs" }

// Place implements Screen.
func (r *Runs) Place() binding.Place { return binding.Runs }

// Init implements Screen.
func (r *Runs) Init() tea.Cmd { return nil }

// Update implements Screen.
func (r *Runs) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Filter:
		r.filter = newMatcher(msg.Text)
	case Clicked:
		_, r.at.id = split(msg.ID)
	case Answer:
		if m, ok := r.Open(msg); ok {
			return told(r.env, m)
		}
	case Pressed:
		return r.press(msg.ID)
	}
	return nil, nil
}

func (r *Runs) press(id string) (Action, tea.Cmd) {
	if r.at.move(id, r.ids(), r.page) || r.at.settle(r.ids()) < 0 {
		return nil, nil
	}
	switch id {
	case "open":
		return Push{NewRun(r.env, r.at.id)}, nil
	case "resume":
		return resume(r.Post, r.env, r.at.id)
	}
	return nil, nil
}

// visible are the runs the filter lets through.
func (r *Runs) visible() []desk.Run {
	var out []desk.Run
	for _, x := range r.env.World.Runs {
		if r.filter.lets(x.ID + " " + x.Runbook + " " + x.Target + " " + x.Operator + " " + string(x.State)) {
			out = append(out, x)
		}
	}
	return out
}

func (r *Runs) ids() []string {
	var ids []string
	for _, x := range r.visible() {
		ids = append(ids, x.ID)
	}
	return ids
}

// Bindings implements Screen.
func (r *Runs) Bindings() []binding.Binding {
	bs := r.env.World.Keys.At(binding.Runs)
	if i := r.at.settle(r.ids()); i < 0 || !canResume(r.visible()[i]) {
		off(bs, "resume", "only an unfinished run that nobody walks can be resumed")
	}
	if r.env.World.About.ReadOnly {
		off(bs, "resume", readOnly)
	}
	return bs
}

// Draw implements Screen.
func (r *Runs) Draw(w, h int) widget.Frame {
	runs := r.visible()
	t := widget.NewTable(w-4,
		widget.Column{Head: "STATE", W: 15}, widget.Column{Head: "RUN", W: 24, Grow: 2},
		widget.Column{Head: "STEP", W: 12, Grow: 1}, widget.Column{Head: "BY", W: 12, Grow: 1},
		widget.Column{Head: "TOOK", W: 7, Right: true, Least: 90},
		widget.Column{Head: "STARTED", W: 16, Least: 100}, widget.Column{Head: "ID", W: 26, Least: 140},
		widget.Column{Head: "AGO", W: 4, Right: true})
	r.page = max((h-3)/2, 1)
	at := r.at.settle(r.ids())
	from := window(at, len(runs), h-3)
	lines := []widget.Line{t.Head()}
	var hits []widget.Hit
	for i := from; i < min(from+h-3, len(runs)); i++ {
		row := r.row(t, runs[i])
		if i == at {
			row = row.On(theme.Selected)
		}
		hits = append(hits, widget.Hit{Y: len(lines), ID: "run:" + runs[i].ID})
		lines = append(lines, row)
	}
	if len(runs) == 0 {
		lines = append(lines, r.none())
	}
	head := title("Runs")
	if r.filter.on() {
		head = head.Add(widget.S(theme.Muted, "  /"), widget.S(theme.Accent, r.filter.text))
	}
	count := widget.L(theme.Muted, widget.Count(len(runs), "run", "runs"))
	return widget.Box{Title: head, Right: count, Ink: theme.Focus, Lines: lines, Hits: hits}.Draw(w, h)
}

// none says why there is nothing to see.
func (r *Runs) none() widget.Line {
	w := r.env.World
	switch {
	case w.RunsErr != nil:
		return widget.L(theme.Bad, "✗ "+brief(w.RunsErr))
	case w.RunsSeen.IsZero():
		return widget.L(theme.Muted, "◌ reading the runs")
	case r.filter.on():
		return widget.L(theme.Muted, "no run matches the filter")
	}
	return widget.L(theme.Muted, "no run yet: choose a worker on the fleet, and what to do with it")
}

func (r *Runs) row(t widget.Table, x desk.Run) widget.Line {
	now, m := r.env.World.Now, runMark(x.State)
	return t.Row(
		m.full(), widget.L(theme.Strong, shortName(x)), widget.L(theme.Plain, x.Step), widget.L(theme.Muted, x.Operator),
		widget.L(theme.Plain, widget.Since(x.Updated.Sub(x.Started))), widget.L(theme.Muted, x.Started.Local().Format("2006-01-02 15:04")),
		widget.L(theme.Muted, x.ID), widget.L(theme.Muted, age(x.Updated, now)))
}
