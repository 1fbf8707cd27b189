package screen

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// jobsAgain is how often the list is read again. Nothing is asked of tootctl for it.
const jobsAgain = 5 * time.Second

// Jobs is what runs on the exec node, and how what ran has ended.
type Jobs struct {
	*Post
	env  Env
	jobs []job.Job
	seen time.Time
	err  error
	rows browser[job.Job]

	doomed job.Record // that is asked about: another may be selected by the time of the answer
}

// The panes of the list of jobs.
const (
	paneJobs = "jobs"
	paneJob  = "job"
)

// NewJobs opens the list of jobs.
func NewJobs(env Env) *Jobs {
	j := &Jobs{Post: NewPost(env.Ctx), env: env}
	j.rows = browser[job.Job]{
		list: list[job.Job]{id: func(x job.Job) string { return x.ID }, cols: j.columns(), fixed: 2, page: 5}, panes: newPanes(paneJobs, paneJob), kind: "job",
		all: func() []job.Job { return j.jobs }, says: func(x job.Job) string { return x.ID + " " + x.Line + " " + x.By + " " + x.Ending() + " " + x.Why },
	}
	return j
}

// Crumb implements Screen.
func (j *Jobs) Crumb() string { return "Jobs" }

// Place implements Screen.
func (j *Jobs) Place() binding.Place { return binding.Jobs }

// Init implements Screen.
func (j *Jobs) Init() tea.Cmd {
	d := j.env.Desk
	return j.Ask("jobs", func(ctx context.Context) tea.Msg {
		jobs, err := d.Jobs(ctx)
		return foundJobs{jobs, err}
	})
}

// Update implements Screen.
func (j *Jobs) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Filter, Clicked, Wheeled:
		j.rows.take(msg)
	case Tick:
		if !j.Waiting("jobs") && j.env.World.Now.Sub(j.seen) > jobsAgain {
			return nil, j.Init()
		}
	case Answer:
		if m, ok := j.Open(msg); ok {
			return j.answered(m)
		}
	case dialog.Result:
		return j.decided(msg)
	case Pressed:
		return j.press(msg.ID)
	}
	return nil, nil
}

func (j *Jobs) answered(m tea.Msg) (Action, tea.Cmd) {
	switch m := m.(type) {
	case foundJobs:
		j.seen, j.err = j.env.World.Now, m.err
		if m.err == nil {
			j.jobs = m.jobs
		}
	case cancelled:
		if m.err != nil {
			return refusal("cancel", m.err), j.Init()
		}
		return Say{Text: goneText}, j.Init()
	}
	return nil, nil
}

func (j *Jobs) press(id string) (Action, tea.Cmd) {
	if j.rows.press(id) {
		return nil, nil
	}
	x, ok := j.rows.selected()
	switch {
	case !ok:
	case id == "open":
		return Push{NewJob(j.env, x.Record)}, nil
	case id == "job-cancel":
		j.doomed = x.Record
		return OpenWhile{cancelDialog(x.Record), j.whyOver}, nil
	}
	return nil, nil
}

// whyOver says why the job that is to be cancelled needs it no more; "" while it runs as far as is known.
func (j *Jobs) whyOver() string {
	for _, x := range j.rows.all() {
		if x.ID == j.doomed.ID && x.State != job.Running {
			return "the job has ended"
		}
	}
	return ""
}

func (j *Jobs) decided(res dialog.Result) (Action, tea.Cmd) {
	if !res.OK {
		return nil, nil
	}
	d, rec := j.env.Desk, j.doomed
	return Say{Text: "cancelling, and looking whether it is gone"}, j.Act("cancel "+rec.ID, func(ctx context.Context) tea.Msg { return cancelled{d.CancelJob(ctx, rec)} })
}

// Bindings implements Screen.
func (j *Jobs) Bindings() []binding.Binding {
	bs := j.env.World.Keys.At(binding.Jobs)
	x, ok := j.rows.selected()
	if !ok {
		off(bs, "open", "there is no job here")
	}
	if x.State != job.Running {
		off(bs, "job-cancel", "only a job that runs can be cancelled")
	}
	if j.env.World.About.ReadOnly {
		off(bs, "job-cancel", readOnly)
	}
	return bs
}

// Draw implements Screen.
func (j *Jobs) Draw(w, h int) widget.Frame {
	j.rows.panes.begin()
	return listAndDetail(w, h, 7, j.list, j.detail)
}

// detail is the selected job: its whole command, who started it, and how it ended.
func (j *Jobs) detail(w, h int) widget.Frame {
	x, ok := j.rows.selected()
	if !ok {
		return j.rows.panes.text(paneJob, widget.Box{Title: title("Job")}, w, h)
	}
	m := endMark(x)
	lines := widget.Hang(widget.L(theme.Accent, "› "), theme.Info, x.Line, w-4)
	lines = append(lines, m.full())
	if x.Why != "" {
		lines = append(lines, widget.Hang(widget.L(m.ink, "  "), m.ink, x.Why, w-4)...)
	}
	lines = append(lines, widget.L(theme.Muted, "started by "+x.By+" at "+x.Started.Local().Format("2006-01-02 15:04:05")+", "+age(x.Started, j.env.World.Now)+" ago").Fit(w-4),
		widget.Line{widget.S(theme.Key, j.env.World.Keys.Get("open").Cap()), widget.S(theme.Muted, " shows what it printed; vmtui jobs attach "+x.ID)}.Fit(w-4))
	return j.rows.panes.text(paneJob, widget.Box{Title: title("Job " + x.ID), Lines: lines}, w, h)
}

func (j *Jobs) list(w, h int) widget.Frame {
	rows := j.rows.visible()
	var below []widget.Line
	switch {
	case j.err != nil:
		below = widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(j.err), w-4)
	case j.seen.IsZero():
		below = []widget.Line{widget.L(theme.Muted, "◌ asking exec")}
	case len(rows) == 0:
		below = []widget.Line{widget.L(theme.Muted, map[bool]string{true: "no job matches the filter", false: "no job was started yet"}[j.rows.filter.on()])}
	}
	var said widget.Line
	if !j.seen.IsZero() {
		said = widget.L(theme.Muted, widget.Count(len(rows), "job", "jobs")+" · seen "+age(j.seen, j.env.World.Now)+" ago")
	}
	return j.rows.pane("Jobs on exec", rows, said, below, w, h)
}

// columns are what a job shows in the list.
func (j *Jobs) columns() []column[job.Job] {
	state := func(x job.Job) string { return x.Ending() }
	what := func(x job.Job) string { return strings.TrimPrefix(x.Line, "tootctl ") }
	by := func(x job.Job) string { return x.By }
	why := func(x job.Job) string { return x.Why }
	return []column[job.Job]{
		{Column: widget.Column{Head: "STATE", W: 23}, by: byText(state), cell: func(x job.Job, _ int) widget.Line { return endMark(x).full() }},
		{Column: widget.Column{Head: "COMMAND", W: 24, Grow: 4}, by: byText(what), cell: inked(theme.Strong, what)},
		{Column: widget.Column{Head: "BY", W: 12, Grow: 1, Least: 90}, by: byText(by), cell: inked(theme.Muted, by)},
		{Column: widget.Column{Head: "END", W: 14, Grow: 3}, by: byText(why), cell: inked(theme.Plain, why)},
		{Column: widget.Column{Head: "STARTED", W: 16, Least: 99}, most: true, by: func(a, b job.Job) int { return a.Started.Compare(b.Started) },
			cell: inked(theme.Muted, func(x job.Job) string { return x.Started.Local().Format("2006-01-02 15:04") })},
		{Column: widget.Column{Head: "AGO", W: 5, Right: true}, by: func(a, b job.Job) int { return b.Started.Compare(a.Started) },
			cell: inked(theme.Muted, func(x job.Job) string { return age(x.Started, j.env.World.Now) })},
	}
}

// Excerpts implements Copier.
func (j *Jobs) Excerpts() []Excerpt {
	x, ok := j.rows.selected()
	if !ok {
		return nil
	}
	return []Excerpt{{"the command", x.Line}, {"the job's id", x.ID}, {"the command that attaches to it", "vmtui jobs attach " + x.ID}}
}
