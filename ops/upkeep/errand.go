package upkeep

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/remote"
)

// errand is one command of tootctl in a runbook. It is walked as a job: it goes on when the run is left, and a resume finds it by its id.
type errand struct {
	id, title, why, usual string
	call                  *tootctl.Call
	kind                  run.Kind
	noUndo                string
	again                 string // how an interrupted one goes on, where it need not begin anew
	skip                  bool
	after                 string // the step whose result stands beside this one when it is decided: its dry run, or a look
	// proof looks into the world for what the errand is for: before it, and after it as well. Nil where there is nothing to look at.
	proof func(ctx context.Context) (so bool, said string, err error)
	// known is what a look before the dry run found, in a line: the dry run's number is to be compared with it. Nil where there is nothing to compare.
	known func(w *run.Walk) string
	// says makes a line of what tootctl printed. Nil for its closing line.
	// An error of it is a result that is not what the errand is for.
	says func(w *run.Walk, o outcome) (string, error)
}

// longest is how long a job may be waited for in one go; pace is how often it is looked at.
const (
	longest = 48 * time.Hour
	pace    = time.Second
)

// The facts that an errand leaves in the log: which job it became, and what came of it.
func jobFact(step string) string    { return "job/" + step }
func resultFact(step string) string { return "result/" + step }

// handedFact is the job whose password was handed to who walked the run. The password itself is in no log.
const handedFact = "handed"

// rehearsal is the id of a dry run's step.
const rehearsal = "rehearse"

// rehearse is the dry run of an errand.
func (c *chore) rehearse(e errand) run.Step {
	dry, ok := e.call.Rehearse()
	if !ok {
		dry = e.call // what has none is not rehearsed: a test holds the books to it
	}
	return c.step(errand{
		id: rehearsal, title: "Rehearse it", why: "The dry run changes nothing, and its result stands beside the real one's before that begins.", usual: e.usual, call: dry, kind: run.Idempotent, skip: true,
		noUndo: "it changed nothing", says: e.says,
	})
}

// step makes a step of an errand. What destroys asks for the instance's name, and what was rehearsed waits until somebody has read what came of that: both in
// the step itself, because only then is known what to show.
func (c *chore) step(e errand) run.Step {
	s := run.Step{
		StepInfo: run.StepInfo{ID: e.id, Title: e.title, Why: e.why, Usual: e.usual, Kind: e.kind, Skip: e.skip, NoUndo: e.noUndo, Panes: c.panes()},
		Deadline: longest, Hands: e.call.Secret(),
	}
	s.Plan = func(context.Context) ([]string, error) {
		lines := []string{c.Jobs.Node.Name + "$ " + e.call.Line() + "   as a job, " + c.Jobs.How()}
		if e.call.Command.Direct && len(c.Jobs.Direct) > 0 {
			lines = append(lines, "past the database's pool: "+strings.Join(c.Jobs.Direct, " "))
		}
		if c.confirm(e) != "" {
			lines = append(lines, "before that the name "+c.confirm(e)+" is to be typed, beside what was seen until then")
		}
		return lines, nil
	}
	s.Observe = func(ctx context.Context, w *run.Walk) (run.Finding, error) { return c.observe(ctx, w, e) }
	s.Do = func(ctx context.Context, w *run.Walk) error { return c.launch(ctx, w, e) }
	s.Verify = func(w *run.Walk) run.Check {
		return func(ctx context.Context) (run.Progress, error) { return c.watch(ctx, w, e) }
	}
	return s
}

// confirm is the name to type before something is lost, "" where nothing is.
func (c *chore) confirm(e errand) string {
	if e.call.Danger() == act.Destroys {
		return c.Config.Instance
	}
	return ""
}

// before is what the steps before said, for whoever decides now.
func before(e errand, w *run.Walk) []string {
	if e.after == "" {
		return nil
	}
	var lines []string
	if e.known != nil {
		lines = append(lines, "known before: "+e.known(w))
	}
	said := w.Fact(resultFact(e.after))
	switch {
	case said == "" && e.after == rehearsal:
		return append(lines, "it was NOT rehearsed: nobody knows how much it will be")
	case said == "":
		return lines
	case e.after == rehearsal:
		lines = append(lines, "the dry run said:")
	default:
		lines = append(lines, "what was seen before:")
	}
	for line := range strings.Lines(said) {
		lines = append(lines, "  "+strings.TrimRight(line, "\n"))
	}
	return lines
}

// rehearsed is how the dry run of an errand ended, "" where there was none.
func rehearsed(e errand, w *run.Walk) string {
	if e.after != rehearsal {
		return ""
	}
	return ending(w.Fact(resultFact(rehearsal)))
}

// observe finds the job of an earlier attempt, by its id; and what the errand is for, if that can be seen.
func (c *chore) observe(ctx context.Context, w *run.Walk, e errand) (run.Finding, error) {
	id := w.Fact(jobFact(e.id))
	if id == "" {
		return c.unasked(ctx, e)
	}
	j, end, found, err := c.Jobs.Look(ctx, id)
	switch {
	case err != nil:
		return run.Finding{}, err
	case !found:
		return run.Finding{Truth: run.IsPending, Detail: "job " + id + " was asked for, and " + c.Jobs.Node.Name + " knows nothing of it"}, nil
	case j.State == job.Running:
		return run.Finding{Truth: run.UnderWay, Detail: "job " + id + ": " + j.Standing(end)}, nil
	case w.Fact(resultFact(e.id)) == "":
		return run.Finding{Truth: run.UnderWay, Detail: "job " + id + " has ended; what came of it is still to be read"}, nil
	}
	o, err := c.outcome(ctx, j)
	if err != nil {
		return run.Finding{}, err
	}
	said, wrong, err := c.judge(ctx, w, e, o)
	switch {
	case err != nil:
		return run.Finding{}, err
	case wrong != nil:
		f := fault.Of(wrong)
		return run.Finding{Truth: run.IsPending, Detail: "job " + id + ": " + f.What + ": " + f.Why, Hint: f.Next}, nil
	}
	return run.Finding{Truth: run.IsDone, Detail: "job " + id + ": " + said}, nil
}

// unasked is what can be said of an errand that no job was started for.
func (c *chore) unasked(ctx context.Context, e errand) (run.Finding, error) {
	if e.proof == nil || e.kind == run.Once {
		return run.Finding{Truth: run.IsPending}, nil
	}
	so, said, err := e.proof(ctx)
	if so && err == nil {
		return run.Finding{Truth: run.IsDone, Detail: said}, nil
	}
	return run.Finding{Truth: run.IsPending, Detail: said}, err
}

// decided opens the gate before what was rehearsed, or destroys: once for each leg.
func (c *chore) decided(e errand, w *run.Walk) error {
	if e.after != rehearsal && c.confirm(e) == "" || w.Granted(e.id) {
		return nil
	}
	ask := run.NeedsGo{Key: e.id, Cause: "rehearsed: " + e.call.Line(), Hint: "the real one comes next", Details: append(before(e, w), c.warnings()...), Confirm: c.confirm(e)}
	switch {
	case e.after != rehearsal:
		ask.Cause, ask.Hint = "this cannot be taken back: "+e.call.Line(), e.why
	case !strings.HasPrefix(rehearsed(e, w), string(tootctl.Success)):
		ask.Cause = "not rehearsed: " + e.call.Line()
	}
	return ask
}

// launch starts the job. Its id is in the log before it is sent, so that nobody has to start it again to know.
func (c *chore) launch(ctx context.Context, w *run.Walk, e errand) error {
	if err := c.decided(e, w); err != nil {
		return err
	}
	rec := c.Jobs.Order(e.call)
	if e.after == rehearsal {
		rec.Rehearsed = w.Fact(jobFact(rehearsal))
	}
	if w.Fact(resultFact(e.id)) != "" { // of an earlier attempt
		if err := w.Remember(ctx, resultFact(e.id), ""); err != nil {
			return err
		}
	}
	if err := w.Remember(ctx, jobFact(e.id), rec.ID); err != nil {
		return err
	}
	var begun job.Begun
	err := w.Act(ctx, c.Jobs.Act(e.call), func(ctx context.Context, p act.Permit) (err error) {
		begun, err = c.Jobs.Launch(ctx, p, e.call, rec)
		run.Effect(ctx, rec.ID)
		return err
	})
	if begun.Password != "" {
		w.Out("%s", begun.Said)
		err = errors.Join(err, c.give(ctx, w, rec, begun.Password))
	}
	if err == nil {
		w.Out("job %s on %s; it goes on without this run: vmtui jobs attach %s", rec.ID, c.Jobs.Node.Name, rec.ID)
	}
	return err
}

// give hands a new password to who walks the run, and remembers that somebody has it. Until then it waits in memory alone: a run that is killed just then
// does not remember it.
func (c *chore) give(ctx context.Context, w *run.Walk, rec job.Record, password string) error {
	return taken(ctx, w, rec.ID, job.HandOver(ctx, c.Hands, w.Run(), password, w.Out))
}

// taken remembers that somebody has it.
func taken(ctx context.Context, w *run.Walk, id string, has job.Holder) error {
	if has != job.Taken {
		return nil
	}
	return w.Remember(ctx, handedFact, id)
}

// handing waits until a new password was taken.
func (c *chore) handing(ctx context.Context, w *run.Walk, e errand, id string) (waits bool, err error) {
	if !e.call.Secret() || w.Fact(handedFact) == id {
		return false, nil
	}
	has := job.HeldBy(c.Hands, w.Run(), w.Out)
	return has == job.Waits, taken(ctx, w, id, has)
}

// watch looks at the job, and when it has ended at what came of it.
func (c *chore) watch(ctx context.Context, w *run.Walk, e errand) (run.Progress, error) {
	id := w.Fact(jobFact(e.id))
	if waits, err := c.handing(ctx, w, e, id); err != nil || waits {
		return run.Progress{For: job.Awaited, Again: pace}, err
	}
	j, end, found, err := c.Jobs.Look(ctx, id)
	switch {
	case err != nil:
		f := fault.Of(err)
		return run.Progress{For: "a look at it; " + strings.TrimSuffix(f.What+": "+f.Why, ": "), Again: pace}, nil
	case !found:
		return run.Progress{}, unknown(e, c, "the node knows nothing of job "+id)
	case j.State == job.Running:
		return run.Progress{For: j.Standing(end), Again: pace, Usual: e.usual}, nil
	}
	o, err := c.outcome(ctx, j)
	if err != nil {
		return run.Progress{For: "its output; " + fault.Of(err).What, Again: pace}, nil
	}
	o.tell(w)
	if err := w.Remember(ctx, resultFact(e.id), o.kept()); err != nil {
		return run.Progress{}, err
	}
	said, wrong, err := c.judge(ctx, w, e, o)
	switch {
	case wrong != nil:
		return run.Progress{}, wrong
	case err != nil:
		return run.Progress{For: "a look whether it is so; " + fault.Of(err).What, Again: pace}, nil
	}
	return run.Progress{Done: true, Detail: said}, nil
}

// judge says what came of an errand, by what tootctl said and by what the world shows; or what is wrong with it. A look that failed is an error of its own. A
// resume judges again: what was not as it should be does not become so by being looked at twice.
func (c *chore) judge(ctx context.Context, w *run.Walk, e errand, o outcome) (said string, wrong, err error) {
	if wrong = o.failed(e); wrong != nil {
		if o.result == tootctl.Unsure {
			wrong = unknown(e, c, o.why)
		}
		return "", wrong, nil
	}
	said = o.words()
	if e.says != nil {
		if said, wrong = e.says(w, o); wrong != nil {
			return "", wrong, nil
		}
	}
	if dry := rehearsed(e, w); dry != "" {
		said += "; its dry run: " + dry
	}
	if e.call.Secret() && w.Fact(handedFact) != o.job.ID {
		return "", job.Unhanded(c.Config.Instance), nil
	}
	if e.proof == nil {
		return said, nil, nil
	}
	so, seen, err := e.proof(ctx)
	switch {
	case err != nil:
		return "", nil, err
	case !so:
		return "", &fault.Error{What: e.title, On: c.Config.Instance, Why: "tootctl said " + said + ", and " + seen, Next: "look at the instance; retry does it again"}, nil
	}
	return said + "; " + seen, nil, nil
}

func unknown(e errand, c *chore, why string) error {
	return &fault.Error{What: e.call.Line(), On: c.Jobs.Node.Name, Why: why, Next: "look at the instance before it is done again: it may have happened", Code: fault.Unknown, Err: remote.ErrUnknown}
}
