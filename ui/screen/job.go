package screen

import (
	"context"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/ui"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/theme"
)

// Job is a job's output as it comes, with its bar, its errors and how it ended. A dry run stands beside the real one.
type Job struct {
	*Post
	env    Env
	rec    job.Record
	beside *Job // the rehearsal

	gutter  *gutter
	reading *tootctl.Reading
	lines   []string
	lost    int
	read    int // all lines that came, for whoever answers what stands behind them
	panes   panes
	follows bool // the newest lines are shown

	pace  tootctl.Pace
	stand job.Stand // where it asks

	ended    bool
	err      error   // why nothing is read any more
	end      job.Job // how it ended, once that is known: its result is "" before
	setback  error   // why what was last done to it was not
	password string
	boot     tootctl.Boot // how long Rails takes to start there, as far as that is known
}

// The panes of a job.
const (
	paneJobOutput = "job-output"
	paneBeside    = "beside"
	paneFailed    = "failed"
)

// jobLinesMost is how many lines of a job are kept.
const jobLinesMost = 5000

// foundJobs is what became of the jobs.
type foundJobs struct {
	jobs []job.Job
	err  error
}

// goneText says that a job was cancelled.
const goneText = "it is gone; ps shows nothing of it any more"

// NewJob opens a job.
func NewJob(env Env, rec job.Record) *Job {
	return &Job{Post: NewPost(env.Ctx), env: env, rec: rec, follows: true, panes: newPanes(paneJobOutput, paneBeside, paneFailed), reading: rec.Reading()}
}

// Crumb implements Screen.
func (j *Job) Crumb() string { return "Job " + j.rec.ID }

// Place implements Screen.
func (j *Job) Place() binding.Place { return binding.Job }

// Init implements Screen.
func (j *Job) Init() tea.Cmd {
	if j.rec.Secret {
		return j.find()
	}
	d, life, rec := j.env.Desk, j.ctx, j.rec
	var beside tea.Cmd
	if rec.Rehearsed != "" {
		beside = j.Ask("rehearsal", func(ctx context.Context) tea.Msg { return rehearsalOf(ctx, d, rec) })
	}
	return tea.Batch(beside, j.Ask("output", func(context.Context) tea.Msg {
		return openedGutter{pourFrom(life, func(ctx context.Context, take func(string)) error { return d.FollowJob(ctx, rec, take, &j.stand) })}
	}))
}

// gotRehearsal is the dry run of a job, with what it printed.
type gotRehearsal struct {
	job   job.Job
	lines []string
	err   error
}

// rehearsalOf reads the dry run of a job, whoever made it. One that is gone, or runs, stands beside nothing.
func rehearsalOf(ctx context.Context, d ui.Desk, rec job.Record) gotRehearsal {
	jobs, err := d.Jobs(ctx)
	dry, found := rec.Rehearsal(jobs)
	if err != nil || !found || dry.State == job.Running {
		return gotRehearsal{err: err}
	}
	g := gotRehearsal{job: dry}
	g.err = d.FollowJob(ctx, dry.Record, func(l string) {
		if len(g.lines) < jobLinesMost {
			g.lines = append(g.lines, l)
		}
	}, &job.Stand{})
	return g
}

// rehearsed puts the dry run beside the job.
func (j *Job) rehearsed(g gotRehearsal) Action {
	if g.err != nil {
		return refusal("its dry run", g.err)
	}
	if g.job.ID == "" {
		return nil
	}
	dry := NewJob(j.env, g.job.Record)
	dry.Close() // it is only looked at
	dry.take(poured{Lines: g.lines, Ended: true})
	dry.ended, dry.end = true, g.job
	j.beside = dry
	return nil
}

// told takes what a job said that nobody may keep.
func (j *Job) told(b job.Begun, err error) {
	j.lines, j.password, j.ended, j.err = []string{b.Said}, b.Password, true, err
}

// Update implements Screen.
func (j *Job) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Answer:
		if m, ok := j.Open(msg); ok {
			return j.answered(m)
		}
	case Wheeled:
		j.scroll(msg.Pane, msg.step())
	case dialog.Result:
		return j.decided(msg)
	case Pressed:
		return j.press(msg.ID)
	}
	return nil, nil
}

func (j *Job) answered(m tea.Msg) (Action, tea.Cmd) {
	switch m := m.(type) {
	case openedGutter:
		j.gutter = m.gutter
		return nil, j.more()
	case poured:
		j.take(m)
		if !m.Ended {
			return nil, j.more()
		}
		j.ended, j.err = true, m.Err
		return nil, j.find()
	case foundJobs:
		j.judge(m)
	case gotRehearsal:
		return j.rehearsed(m), nil
	case acted:
		if j.setback = m.err; m.err != nil {
			return refusal(m.what, m.err), nil
		}
		return Say{Text: m.what + ": done"}, j.again()
	case cancelled:
		if j.setback = m.err; m.err != nil {
			return refusal("cancel", m.err), nil
		}
		return Say{Text: goneText}, j.again()
	}
	return nil, nil
}

// more waits for the next lines.
func (j *Job) more() tea.Cmd {
	g, life := j.gutter, j.ctx
	return j.Ask("output", func(context.Context) tea.Msg { return g.next(life) })
}

// take understands lines; a bar is shown in place and not kept.
func (j *Job) take(p poured) {
	j.lost += p.Dropped
	j.read += p.Dropped + len(p.Lines)
	for _, l := range p.Lines {
		if !j.reading.Take(l) {
			j.lines, j.setback = append(j.lines, l), nil // it has gone on
		}
	}
	if over := len(j.lines) - jobLinesMost; over > jobLinesMost/4 {
		j.lost += over
		j.lines = slices.Clone(j.lines[over:])
	}
	if j.reading.Barred {
		j.pace.Take(j.env.World.Now, j.reading.Bar)
	}
}

// find asks how it ended.
func (j *Job) find() tea.Cmd {
	d := j.env.Desk
	return j.Ask("end", func(ctx context.Context) tea.Msg {
		jobs, err := d.Jobs(ctx)
		return foundJobs{jobs, err}
	})
}

// again asks how it stands after something was done to it, where nothing of it is read that would tell.
func (j *Job) again() tea.Cmd {
	if !j.ended {
		return nil
	}
	return j.find()
}

// judge weighs what the node knows and what was read.
func (j *Job) judge(m foundJobs) {
	i := slices.IndexFunc(m.jobs, func(x job.Job) bool { return x.ID == j.rec.ID })
	j.end = job.Job{Record: j.rec, Result: tootctl.Unsure}
	switch {
	case m.err != nil:
		j.end.Why = brief(m.err)
	case i < 0:
		j.end.Why = "the node knows nothing of it"
	case m.jobs[i].State == job.Running:
		j.end.State, j.end.Why = job.Running, "it is not followed any more: open it again. "+brief(j.err)
	case j.rec.Secret: // nothing of it was kept
		if j.end = m.jobs[i]; j.end.Result == tootctl.Success && j.err != nil {
			j.end.Result, j.end.Why = tootctl.Unsure, brief(j.err)
		}
	default:
		if j.end = m.jobs[i]; j.lost == 0 && j.err == nil { // who has read all of it knows as much as the node
			j.end.Weigh(j.reading)
		}
	}
}

func (j *Job) press(id string) (Action, tea.Cmd) {
	if j.panes.press(id) {
		return nil, nil
	}
	switch id {
	case "job-cancel":
		return OpenWhile{cancelDialog(j.rec), j.whileOn(id)}, nil
	case "job-answer":
		return j.askAnswer()
	}
	j.scroll(j.panes.on, id)
	return nil, nil
}

// askAnswer asks for the answer to the question that stands on the screen. It is closed once that has gone on: what was typed is for this question alone.
func (j *Job) askAnswer() (Action, tea.Cmd) {
	question, read := j.lastLine(), j.read
	on := j.whileOn("job-answer")
	return OpenWhile{
		&dialog.Prompt{
			Tag: "answer:" + strconv.Itoa(read), Title: "Answer the job", Text: question,
			Check: func(text string) string { return tootctl.Unanswerable(question, text) },
		},
		func() string {
			if j.read != read {
				return "more has come since. Read what stands there now, and answer that"
			}
			return on()
		},
	}, nil
}

// whileOn lets a question stand as long as the key that asked it is not off.
func (j *Job) whileOn(id string) func() string {
	return func() string { return whyOff(j.Bindings(), id) }
}

// scroll moves in a pane; at its end the output follows again.
func (j *Job) scroll(pane, id string) {
	s := j.panes.scroll(pane)
	if s.move(id) && pane == paneJobOutput {
		j.follows = s.from >= s.lines-s.rows
	}
}

// lastLine is what the job asked.
func (j *Job) lastLine() string {
	if len(j.lines) == 0 {
		return ""
	}
	return j.lines[len(j.lines)-1]
}

// cancelDialog asks before a job is ended.
func cancelDialog(rec job.Record) dialog.Dialog {
	return &dialog.Choice{
		Tag: "cancel", Title: "Cancel the job", Alarm: theme.Alarm, Cancel: "Let it run", Text: "Started by " + rec.By + ". What it has done stays done.", Details: []string{rec.Line},
		Options: []dialog.Option{{ID: "cancel-it", Label: "Cancel it"}},
	}
}

func (j *Job) decided(res dialog.Result) (Action, tea.Cmd) {
	d, rec := j.env.Desk, j.rec
	kind, at := split(res.Tag)
	switch {
	case !res.OK:
		return nil, nil
	case kind == "cancel":
		return Say{Text: "cancelling, and looking whether it is gone"}, j.Act("job-cancel", func(ctx context.Context) tea.Msg { return cancelled{d.CancelJob(ctx, rec)} })
	case kind == "answer":
		read, _ := strconv.Atoi(at) // it is our own
		return nil, j.Act("job-answer", func(ctx context.Context) tea.Msg {
			return acted{what: "answer", err: d.AnswerJob(ctx, rec, &j.stand, read, res.Text)}
		})
	}
	return nil, nil
}

// Bindings implements Screen.
func (j *Job) Bindings() []binding.Binding {
	bs := j.env.World.Keys.At(binding.Job)
	switch {
	case !j.rec.Asks:
		off(bs, "job-answer", "it asks nothing")
	case len(j.lines) == 0:
		off(bs, "job-answer", "it has asked nothing yet")
	case !j.stand.Asks(j.read):
		off(bs, "job-answer", "it asks nothing now")
	}
	for _, id := range []string{"job-answer", "job-cancel"} {
		if j.Waiting(id) {
			off(bs, id, "the last one is still on its way to it")
		}
		if j.ended && j.err == nil {
			off(bs, id, "it has ended")
		}
		if j.env.World.About.ReadOnly {
			off(bs, id, readOnly)
		}
	}
	return bs
}

// Excerpts implements Copier.
func (j *Job) Excerpts() []Excerpt {
	out := []Excerpt{{"its output", j.text()}, {"the command", j.rec.Line}, {"the command that attaches to it", "vmtui jobs attach " + j.rec.ID}}
	if len(j.reading.Errors) > 0 {
		out = append(out, Excerpt{"what failed", strings.Join(j.reading.Errors, "\n") + "\n"})
	}
	if j.password != "" {
		out = append([]Excerpt{{passwordOnce, j.password}}, out...)
	}
	return out
}

// passwordOnce is what the new password is called when it is copied.
const passwordOnce = "the new password, once"

// Secret implements Once.
func (j *Job) Secret(e Excerpt) bool { return e.Name == passwordOnce }

// Forget implements Once.
func (j *Job) Forget() { j.password = "" }
