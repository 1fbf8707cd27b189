package roll

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote"
)

// task is a command on exec that goes on when the run is left: a job, which a resume finds by its id.
type task struct {
	id, title, why, usual string
	do                    job.Task
	kind                  run.Kind
	noUndo                string
	skip                  bool
	// proof looks whether what the task is for is so, before it and after it. Nil where only its end tells.
	proof func(ctx context.Context) (so bool, said string, err error)
}

// longest is how long a job may be waited for in one go; pace is how often it is looked at.
const (
	longest = 24 * time.Hour
	pace    = 2 * time.Second
)

// jobFact is the job that a step became.
func jobFact(step string) string { return "job/" + step }

func (r *roll) task(t task) run.Step {
	return run.Step{
		StepInfo: run.StepInfo{ID: t.id, Title: t.title, Why: t.why, Kind: t.kind, Usual: t.usual, NoUndo: t.noUndo, Skip: t.skip, Panes: r.hostOfExec()},
		Deadline: longest,
		Plan:     plan(r.Jobs.Node.Name + "$ " + t.do.Line() + "   as a job, " + r.Jobs.How()),
		Observe:  func(ctx context.Context, w *run.Walk) (run.Finding, error) { return r.observe(ctx, w, t) },
		Do:       func(ctx context.Context, w *run.Walk) error { return r.launch(ctx, w, t) },
		Verify: func(w *run.Walk) run.Check {
			told := false
			return func(ctx context.Context) (run.Progress, error) { return r.watch(ctx, w, t, &told) }
		},
	}
}

// observe asks the world first, where it can tell, and then the node for the job of an earlier attempt.
func (r *roll) observe(ctx context.Context, w *run.Walk, t task) (run.Finding, error) {
	said := ""
	if t.proof != nil {
		so, seen, err := t.proof(ctx)
		if err != nil || so {
			return run.Finding{Truth: run.IsDone, Detail: seen}, err
		}
		said = seen
	}
	id := w.Fact(jobFact(t.id))
	if id == "" {
		return run.Finding{Truth: run.IsPending, Detail: said}, nil
	}
	j, _, found, err := r.Jobs.Look(ctx, id)
	switch {
	case err != nil:
		return run.Finding{}, err
	case !found:
		return run.Finding{Truth: run.IsPending, Detail: "job " + id + " was asked for, and " + r.Jobs.Node.Name + " knows nothing of it"}, nil
	case j.State == job.Running:
		return run.Finding{Truth: run.UnderWay, Detail: "job " + id + " runs"}, nil
	case j.State == job.Done && t.proof == nil:
		return run.Finding{Truth: run.IsDone, Detail: "job " + id + " is done"}, nil
	}
	return run.Finding{Truth: run.IsPending, Detail: "job " + id + " is " + ended(j) + "; " + said, Hint: "look at what it printed: vmtui jobs attach " + id}, nil
}

func ended(j job.Job) string { return strings.TrimSuffix(string(j.State)+", "+j.Why, ", ") }

// launch starts the job. Its id is in the log before it is sent, so that nobody has to start it again to know.
func (r *roll) launch(ctx context.Context, w *run.Walk, t task) error {
	rec := r.Jobs.Do(t.do)
	if err := w.Remember(ctx, jobFact(t.id), rec.ID); err != nil {
		return err
	}
	err := w.Act(ctx, r.Jobs.Doing(t.do), func(ctx context.Context, p act.Permit) error {
		run.Effect(ctx, rec.ID)
		return r.Jobs.Set(ctx, p, t.do, rec)
	})
	if err == nil {
		w.Out("job %s on %s; it goes on without this run: vmtui jobs attach %s", rec.ID, rec.Node, rec.ID)
	}
	return err
}

// watch looks at the job until it has ended, tells what it printed, and then whether what it was for is so.
func (r *roll) watch(ctx context.Context, w *run.Walk, t task, told *bool) (run.Progress, error) {
	id := w.Fact(jobFact(t.id))
	j, end, found, err := r.Jobs.Look(ctx, id)
	switch {
	case err != nil:
		return run.Progress{For: "a look at job " + id + "; " + fault.Of(err).What, Again: pace}, nil
	case !found:
		return run.Progress{}, r.unknown(t, "the node knows nothing of job "+id)
	case j.State == job.Running:
		return run.Progress{For: fmt.Sprintf("%s, since %s", j.Line, time.Since(j.Started).Round(time.Second)), Again: pace, Usual: t.usual}, nil
	}
	if !*told {
		*told = true
		for _, line := range end {
			w.Out("%s", line)
		}
	}
	switch j.State {
	case job.Done:
	case job.Unknown:
		return run.Progress{}, r.unknown(t, j.Why)
	default:
		return run.Progress{}, &fault.Error{What: t.do.Line(), On: j.Node, Why: ended(j) + last(end), Next: "look at all that it printed: vmtui jobs attach " + id}
	}
	if t.proof == nil {
		return run.Progress{Done: true, Detail: "job " + id + " is done"}, nil
	}
	so, said, err := t.proof(ctx)
	switch {
	case err != nil:
		return run.Progress{For: "a look whether it is so; " + fault.Of(err).What, Again: pace}, nil
	case !so:
		return run.Progress{}, &fault.Error{What: t.title, On: j.Node, Why: "the job says that it is done, and " + said, Next: "look at what it printed: vmtui jobs attach " + id}
	}
	return run.Progress{Done: true, Detail: said}, nil
}

// last is the last line that says something.
func last(lines []string) string {
	for i := len(lines) - 1; i >= 0; i-- {
		if l := strings.TrimSpace(lines[i]); l != "" {
			return ": " + l
		}
	}
	return ""
}

func (r *roll) unknown(t task, why string) error {
	return &fault.Error{What: t.do.Line(), On: r.Jobs.Node.Name, Why: why, Next: "look at the database before it is done again: it may have happened", Code: fault.Unknown, Err: remote.ErrUnknown}
}
