package screen

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/verb"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Runs is the history: every run and every single act, newest first.
type Runs struct {
	*Post
	env   Env
	rows  browser[desk.Run]
	round *Round
}

// The panes of the history.
const (
	paneHistory = "runs"
	paneOneRun  = "run"
)

// NewRuns opens the list of runs.
func NewRuns(env Env) *Runs {
	r := &Runs{Post: NewPost(env.Ctx), env: env}
	r.rows = browser[desk.Run]{
		list: list[desk.Run]{id: func(x desk.Run) string { return x.ID }, cols: r.columns(), fixed: 3, page: 5}, panes: newPanes(paneHistory, paneOneRun), kind: "run",
		all: func() []desk.Run { return r.env.World.Runs }, says: runSays,
		nest: func(all []desk.Run) []desk.Run {
			return run.Nested(all, func(x desk.Run) run.Summary { return x.Summary })
		},
	}
	return r
}

// Crumb implements Screen.
func (r *Runs) Crumb() string { return "History" }

// Place implements Screen.
func (r *Runs) Place() binding.Place { return binding.Runs }

// Init implements Screen.
func (r *Runs) Init() tea.Cmd { return nil }

// Update implements Screen.
func (r *Runs) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Filter, Clicked, Wheeled:
		r.rows.take(msg)
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
	if r.rows.press(id) {
		return nil, nil
	}
	switch at := r.rows.at.settle(r.ids()); {
	case id == "next-target" && r.round.why(r.env.World) == "":
		return r.round.on(r.env)
	case at < 0:
	case id == "open":
		return Push{NewRun(r.env, r.rows.at.id)}, nil
	case id == "resume":
		return r.resume()
	}
	return nil, nil
}

// resume goes on with the marked runs, one after another, or else with the selected one.
func (r *Runs) resume() (action Action, cmd tea.Cmd) {
	marked := r.rows.picks.among(r.ids())
	if len(marked) < 2 {
		return resume(r.Post, r.env, append(marked, r.rows.at.id)[0])
	}
	r.rows.picks.clear()
	r.round, action, cmd = resumeAll(r.Post, r.env, marked)
	return action, cmd
}

// StepBack implements Stepper: first a round is called off, then the marks are taken off.
func (r *Runs) StepBack() bool {
	if !r.round.over() {
		r.round = nil
		return true
	}
	return r.rows.picks.clear()
}

// runSays is what the filter looks into.
func runSays(x desk.Run) string {
	return x.ID + " " + x.Runbook + " " + verb.Spoken(x.Runbook) + " " + x.Target + " " + x.Operator + " " + string(x.State) + " " + runKind(x)
}

func (r *Runs) ids() []string { return r.rows.ids(r.rows.visible()) }

// Bindings implements Screen.
func (r *Runs) Bindings() []binding.Binding {
	bs := r.env.World.Keys.At(binding.Runs)
	if !r.canResume() {
		off(bs, "resume", "only a run that is not done and that nobody walks can be resumed")
	}
	if r.env.World.About.ReadOnly {
		off(bs, "resume", readOnly)
	}
	r.round.offer(r.env.World, bs)
	return bs
}

// canResume reports that a marked run, or else the selected one, can be resumed.
func (r *Runs) canResume() bool {
	r.rows.at.settle(r.ids())
	marked := len(r.rows.picks.ids) > 0
	return slices.ContainsFunc(r.env.World.Runs, func(x desk.Run) bool {
		return canResume(x) && (r.rows.picks.has(x.ID) || !marked && x.ID == r.rows.at.id)
	})
}

// Draw implements Screen.
func (r *Runs) Draw(w, h int) widget.Frame {
	r.rows.panes.begin()
	return listAndDetail(w, h, 7, r.list, r.detail)
}

// detail is what is known of the selected run without reading its log.
func (r *Runs) detail(w, h int) widget.Frame {
	x, ok := r.rows.selected()
	if !ok {
		return r.rows.panes.text(paneOneRun, widget.Box{Title: title("Run")}, w, h)
	}
	m := runMark(x.State)
	state := m.full().Add(widget.S(theme.Muted, map[bool]string{true: " after ", false: " for "}[x.State.Final()]+widget.Since(x.Updated.Sub(x.Started))))
	if x.Step != "" && !x.Act {
		state = state.Add(widget.S(theme.Muted, " at "), widget.S(theme.Plain, x.Step))
	}
	if x.Of > 0 {
		state = state.Add(widget.S(theme.Muted, fmt.Sprintf(", %d of %s behind it", x.At, spelling.Count(x.Of, "step", "steps"))))
	}
	lines := widget.Hang(nil, theme.Strong, strings.TrimSpace(x.Title+" "+map[bool]string{true: x.Target}[x.Act || x.Title == x.Runbook]), w-4)
	lines = append(lines, state.Fit(w-4),
		widget.L(theme.Muted, "by "+x.Operator+" at "+x.Started.Local().Format("2006-01-02 15:04:05")+", "+age(x.Updated, r.env.World.Now)+" ago; store "+orWord(x.Store, "local")).Fit(w-4),
		widget.L(theme.Muted, x.ID).Fit(w-4),
		widget.Line{widget.S(theme.Key, r.env.World.Keys.Get("open").Cap()), widget.S(theme.Muted, " shows its transcript")}.Fit(w-4))
	return r.rows.panes.text(paneOneRun, widget.Box{Title: title(map[bool]string{true: "Act", false: "Run"}[x.Act]), Lines: lines}, w, h)
}

func (r *Runs) list(w, h int) widget.Frame {
	runs := r.rows.visible()
	count := widget.L(theme.Muted, runsAndActs(runs))
	if err := r.env.World.RunsErr; err != nil && len(runs) > 0 {
		count = widget.L(theme.Bad, "✗ "+brief(err))
	}
	return r.rows.pane("History", runs, widget.Join(widget.Gap(2), r.round.line(r.env.World), count), r.none(runs), w, h)
}

// runsAndActs counts both.
func runsAndActs(all []desk.Run) string {
	acts := 0
	for _, x := range all {
		if x.Act {
			acts++
		}
	}
	text := widget.Count(len(all)-acts, "run", "runs")
	if acts > 0 {
		text += ", " + widget.Count(acts, "act", "acts")
	}
	return text
}

// runKind is whether something was a walk through a runbook or a single act.
func runKind(x desk.Run) string {
	if x.Act {
		return "act"
	}
	return "run"
}

// none says why there is nothing to see.
func (r *Runs) none(runs []desk.Run) []widget.Line {
	w := r.env.World
	switch {
	case len(runs) > 0:
		return nil
	case w.RunsErr != nil:
		return []widget.Line{widget.L(theme.Bad, "✗ "+brief(w.RunsErr))}
	case w.RunsSeen.IsZero():
		return []widget.Line{widget.L(theme.Muted, "◌ reading the runs")}
	case r.rows.filter.on():
		return []widget.Line{widget.L(theme.Muted, "nothing matches the filter")}
	}
	return []widget.Line{widget.L(theme.Muted, "nothing was done yet: choose a worker on the fleet, and what to do with it")}
}

// columns are what a run shows in the list.
func (r *Runs) columns() []column[desk.Run] {
	now := func() time.Time { return r.env.World.Now }
	state := func(x desk.Run) string { return runMark(x.State).word }
	step := func(x desk.Run) string { return map[bool]string{false: x.Step}[x.Act] } // an act has none
	by := func(x desk.Run) string { return x.Operator }
	store := func(x desk.Run) string { return x.Store }
	id := func(x desk.Run) string { return x.ID }
	took := func(x desk.Run) time.Duration { return x.Updated.Sub(x.Started) }
	return []column[desk.Run]{
		{Column: widget.Column{Head: "STATE", W: 15}, by: byText(state), cell: func(x desk.Run, _ int) widget.Line { return runMark(x.State).full() }},
		{Column: widget.Column{Head: "KIND", W: 4, Least: 85}, by: byText(runKind), cell: inked(theme.Muted, runKind)},
		{Column: widget.Column{Head: "WHAT", W: 18, Grow: 3}, whole: true, by: byText(shortName), cell: inked(theme.Strong, r.placed)},
		{Column: widget.Column{Head: "STEP", W: 13, Grow: 1, Rank: 2}, by: byText(step), cell: inked(theme.Plain, step)},
		{Column: widget.Column{Head: "BY", W: 12, Grow: 1, Rank: 3}, by: byText(by), cell: inked(theme.Muted, by)},
		{Column: widget.Column{Head: "STORE", W: 5, Least: 110}, by: byText(store), cell: inked(theme.Muted, store)},
		{Column: widget.Column{Head: "TOOK", W: 7, Right: true, Least: 90}, most: true, by: func(a, b desk.Run) int { return cmp.Compare(took(a), took(b)) },
			cell: inked(theme.Plain, func(x desk.Run) string { return widget.Since(took(x)) })},
		{Column: widget.Column{Head: "STARTED", W: 16, Least: 99}, most: true, by: func(a, b desk.Run) int { return a.Started.Compare(b.Started) },
			cell: inked(theme.Muted, func(x desk.Run) string { return x.Started.Local().Format("2006-01-02 15:04") })},
		{Column: widget.Column{Head: "ID", W: 26, Least: 139}, by: byText(id), cell: inked(theme.Muted, id)},
		{Column: widget.Column{Head: "AGO", W: 5, Right: true}, by: func(a, b desk.Run) int { return b.Updated.Compare(a.Updated) },
			cell: inked(theme.Muted, func(x desk.Run) string { return age(x.Updated, now()) })},
	}
}

// placed is a run's short name, set under the run that it is a step of where the list has its own order.
func (r *Runs) placed(x desk.Run) string {
	if x.Parent != "" {
		return "└ " + shortName(x)
	}
	return shortName(x)
}
