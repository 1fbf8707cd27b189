package screen

import (
	"context"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/widget"
)

// Run is one walk through a runbook, live or past: its steps, the current one, what to watch beside it, and the transcript.
type Run struct {
	*Post
	env    Env
	view   *run.View
	stream *stream
	err    error // why the log cannot be followed
	read   bool  // something of the log was read
	letGo  bool  // the last leg has let go of the run
	ended  bool  // the stream has ended

	look    cursor // the step looked at; follows the current one until moved
	looking bool
	lines   int // how many lines of the transcript are below what is shown; 0 follows
	logRows int // of the transcript that are seen
	filter  matcher
	page    int
	parts   panes
	low     bool   // the screen is too low for more than what must be known
	reading string // what the middle shows; something else is read from its beginning
	tall    int    // the most rows that the steps have needed
	broad   int    // how wide the steps of what is over were at most
	round   *Round
	plan    *desk.Plan // it was started with, here; nil when it was not
	below   *below     // the run that the step in sight is; nil when it is none
	panes   map[string]pane
	hush    widget.Hush // for a gate, which opens by itself
}

// The run's parts; behind them come the live panes.
const (
	partSteps = "steps"
	partStep  = "step"
	partLog   = "transcript"
)

// liveParts are the live panes, by where they stand.
var liveParts = []string{"live-1", "live-2", "live-3"}

// pane is what was last seen of something worth watching.
type pane struct {
	desk.Pane
	asked time.Time
}

// paneEvery is how often a pane looks: often enough to see a number move, seldom enough for a provider's rate limit.
const paneEvery = 2 * time.Second

// looked is a pane's answer.
type looked struct {
	name string
	pane desk.Pane
	err  error
}

// NewRun opens a run.
func NewRun(env Env, id string) *Run {
	return &Run{Post: NewPost(env.Ctx), env: env, view: run.NewView(id), panes: map[string]pane{}, page: 5, logRows: 5,
		parts: newPanes(append([]string{partSteps, partStep, partLog}, liveParts...)...)}
}

// ID is the run's.
func (r *Run) ID() string { return r.view.ID }

// Crumb implements Screen.
func (r *Run) Crumb() string {
	if row, known := r.row(); r.view.Header.Runbook == "" {
		switch {
		case r.plan != nil:
			return r.round.name(shortName(desk.Run{Summary: summaryOf(r.plan.Book, r.plan.Target)}))
		case known:
			return r.round.name(shortName(row))
		}
		return r.view.ID
	}
	return r.round.name(shortName(desk.Run{Summary: summaryOf(r.view.Header.Runbook, r.view.Header.Target)}))
}

// Place implements Screen.
func (r *Run) Place() binding.Place { return binding.Run }

// Init implements Screen.
func (r *Run) Init() tea.Cmd { return follow(r.Post, r.env.Desk, r.view.ID, 0) }

// Headline implements Titled.
func (r *Run) Headline() (string, int, bool) {
	v := r.view
	if len(v.Steps) == 0 {
		return r.Crumb(), -1, false
	}
	done := behind(v)
	percent := done * 100 / len(v.Steps)
	if ended(v.State) {
		return runMark(v.State).word + ": " + r.Crumb(), -1, false
	}
	return fmt.Sprintf("%d/%d %s", min(done+1, len(v.Steps)), len(v.Steps), r.Crumb()), percent, v.Gate != nil
}

// behind is how many steps are over.
func behind(v *run.View) int {
	n := 0
	for _, s := range v.Steps {
		switch s.State {
		case run.StepDone, run.Already, run.Skipped:
			n++
		}
	}
	return n
}

// Update implements Screen.
func (r *Run) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Answer:
		if m, ok := r.Open(msg); ok {
			return r.answered(m)
		}
	case Tick, Changed:
		return nil, tea.Batch(r.lookAtPanes(), r.followAgain(), r.followBelow())
	case Filter:
		r.filter, r.lines = newMatcher(msg.Text), 0
	case Clicked:
		r.click(msg.ID)
	case Wheeled:
		return r.wheel(msg)
	case dialog.Result:
		return r.decided(msg)
	case Pressed:
		return r.press(msg.ID)
	}
	return nil, nil
}

// answered takes what came back from the desk.
func (r *Run) answered(m tea.Msg) (Action, tea.Cmd) {
	switch m := m.(type) {
	case opened:
		r.stream, r.err, r.ended = m.stream, nil, false
		return nil, r.more()
	case batch:
		return r.fold(m)
	case openedBelow:
		if r.below == nil || r.below.view.ID != m.id {
			return nil, nil
		}
		r.below.stream = m.stream
		return nil, r.moreBelow()
	case batchBelow:
		return nil, r.foldBelow(m)
	case looked:
		p := pane{Pane: m.pane, asked: r.env.World.Now}
		if m.err != nil {
			p.Err = m.err
		}
		if p.Seen.IsZero() && p.Err != nil { // keep what was seen before
			p.Lines, p.Series, p.Value, p.Seen = r.panes[m.name].Lines, r.panes[m.name].Series, r.panes[m.name].Value, r.panes[m.name].Seen
		}
		r.panes[m.name] = p
	case acted:
		if m.err != nil {
			return refusal(m.what, m.err), nil
		}
		return Reload{}, r.followAgain()
	}
	return nil, nil
}

// more waits for the next events.
func (r *Run) more() tea.Cmd {
	s, life := r.stream, r.ctx
	return r.Ask("tail", func(context.Context) tea.Msg { return s.next(life) })
}

// fold applies events. A gate that opens calls the operator, and listens only when the hand has rested.
func (r *Run) fold(b batch) (Action, tea.Cmd) {
	gate, state := r.view.GateSeq, r.view.State
	for _, ev := range b.Events {
		r.view.Apply(ev)
		switch ev.Type {
		case run.LegOpen:
			r.letGo = false
		case run.LegEnd, run.Result:
			r.letGo = true
		}
	}
	r.read = r.read || len(b.Events) > 0
	var action Action
	switch {
	case r.view.Gate != nil && r.view.GateSeq != gate:
		r.hush = widget.NewHush(r.env.World.Now)
		action = Ring{Run: r.view.ID, Why: r.Crumb() + " waits for you: " + r.gateHeadline()}
	case r.view.State != state && ended(r.view.State):
		action = Reload{}
	}
	if b.Ended {
		r.ended, r.err = true, b.Err
		return action, nil
	}
	return action, tea.Batch(r.more(), r.lookAtPanes(), r.followBelow())
}

// SawEnd implements Witness.
func (r *Run) SawEnd(id string) bool { return r.view.ID == id && ended(r.view.State) }

// followAgain opens the stream anew when it has ended and there may be more: the run was walked on, or the store was lost for a while.
func (r *Run) followAgain() tea.Cmd {
	if !r.ended || r.Waiting("tail") {
		return nil
	}
	row, known := r.row()
	if r.err == nil && (!known || !row.Updated.After(r.view.Updated)) && !row.Here {
		return nil
	}
	return follow(r.Post, r.env.Desk, r.view.ID, r.view.Last)
}

// row is the run in the list, which knows whether somebody walks it.
func (r *Run) row() (desk.Run, bool) {
	for _, x := range r.env.World.Runs {
		if x.ID == r.view.ID {
			return x, true
		}
	}
	return desk.Run{}, false
}

// walked reports that some process walks the run, as far as can be told from here.
func (r *Run) walked() bool {
	row, known := r.row()
	if known && (row.Here || row.Alive) {
		return true
	}
	return !r.letGo && (!known || row.State != run.Interrupted)
}

// walkedHere reports that this console walks it, or that nobody is known who does.
func (r *Run) walkedHere() bool {
	row, known := r.row()
	return known && row.Here || r.view.Walker.Operator == ""
}

// shown is the step that is looked at: the current one, until another is chosen.
func (r *Run) shown() *run.StepView {
	i := r.view.Current
	if r.looking {
		i = r.look.settle(r.stepIDs())
	}
	if i < 0 || i >= len(r.view.Steps) {
		return nil
	}
	return &r.view.Steps[i]
}

func (r *Run) stepIDs() []string {
	ids := make([]string, len(r.view.Steps))
	for i, s := range r.view.Steps {
		ids[i] = s.ID
	}
	return ids
}

// lookAtPanes asks for those panes of the current step that have not been looked at lately.
func (r *Run) lookAtPanes() tea.Cmd {
	if ended(r.view.State) {
		return nil
	}
	var cmds []tea.Cmd
	_, of := r.paned()
	for _, name := range r.wanted() {
		topic := "pane:" + name
		if r.Waiting(topic) || r.env.World.Now.Sub(r.panes[name].asked) < paneEvery {
			continue
		}
		d, id := r.env.Desk, of
		cmds = append(cmds, r.Ask(topic, func(ctx context.Context) tea.Msg {
			p, err := d.Pane(ctx, id, name)
			return looked{name: name, pane: p, err: err}
		}))
	}
	return tea.Batch(cmds...)
}

// wanted are the panes the shown step is best watched by, three at most.
func (r *Run) wanted() []string {
	names, of := r.paned()
	if of == r.view.ID && ended(r.view.State) { // nobody looks any more: only what was seen meanwhile is worth its room
		names = slices.DeleteFunc(names, func(name string) bool { return r.panes[name].Seen.IsZero() })
	}
	return names[:min(len(names), 3)]
}
