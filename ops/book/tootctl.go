package book

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"al.essio.dev/pkg/shellescape"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
	tree "github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// tootctl is a tootctl command of the exec node's own Mastodon, as a list of words. One that reads is run in front; any other is a job, which goes on when
// the run is left, and which a resume finds again.
type tootctl struct {
	args  []*text
	reads bool
}

func readTootctl(b block) deed {
	b.only("args", "read", "idempotent", "exits", "proof")
	t := &tootctl{args: readTexts(b, "args"), reads: b.yes("read")}
	if len(t.args) == 0 {
		b.wrong(b.line, "add `args: [media, remove, --days, 14]`", "%s has no args", b.what)
	}
	return readCommand(b, t)
}

func (t *tootctl) texts() []*text { return t.args }

// order is the command in front. Its words stand behind it, for whoever shows it.
func (t *tootctl) order(u *unit, env map[string]any) (ssh.Command, bool, error) {
	words, known, err := values(t.args, env)
	if err != nil || !known {
		return ssh.Command{Args: append([]string{""}, words...)}, known, err
	}
	call, err := t.call(u, words)
	if err != nil {
		return ssh.Command{}, known, err
	}
	c := u.b.Jobs.Front(call)
	c.Args = append(c.Args, words...)
	return c, known, nil
}

// call reads the words as tootctl would. What asks has its own flow, and what says that it only reads has to.
func (t *tootctl) call(u *unit, words []string) (*tree.Call, error) {
	call, err := tree.Known().Parse(words, tree.Version{})
	switch {
	case err != nil:
		return nil, err
	case call.Command.Interactive:
		return nil, &fault.Error{What: "not in a runbook", On: call.Line(), Why: "it asks, and only an operator may answer", Next: "run it at a terminal: vmtui tootctl -- " + call.Command.Name(), Code: fault.Refused}
	case t.reads && call.Danger() != act.Safe:
		return nil, &fault.Error{What: "it does not only read", On: call.Line(), Why: "step " + u.s.ID + " says `read: true`", Next: "leave `read` out", Code: fault.Refused}
	}
	return call, nil
}

func (t *tootctl) lines(u *unit, c ssh.Command) []string {
	line := u.node + "$ tootctl " + clean.Line(strings.ReplaceAll(shellescape.QuoteCommand(c.Args[1:]), "\n", "⏎")) + "   "
	if !t.reads {
		line += "as a job, "
	}
	return []string{line + u.b.Jobs.How()}
}

func (t *tootctl) verified(*unit) run.Check                                  { return nil }
func (t *tootctl) observed(*unit) func(context.Context) (run.Finding, error) { return nil }

// The facts of a step, by the engine's id: the job that it has become, and the one whose new password was taken.
const (
	factJob   = "job of "
	factTaken = "password of "
)

// asJob makes the step one that starts a job, waits for it and looks at how it ended.
func (t *tootctl) asJob(c *command, u *unit, st *run.Step) {
	st.Hands = t.hands(u)
	proof := c.observe(u)
	st.Observe = u.observe(func(ctx context.Context) (run.Finding, error) {
		id := u.walk.Fact(factJob + u.id)
		if id == "" && proof != nil {
			return proof(ctx)
		}
		return t.seen(ctx, u, id)
	})
	st.Do = func(ctx context.Context, w *run.Walk) error { u.walk = w; return t.launch(ctx, u) }
	proven := c.verify(u)
	st.Verify = func(w *run.Walk) run.Check {
		u.walk = w
		return func(ctx context.Context) (run.Progress, error) {
			if p, err := t.watch(ctx, c, u); err != nil || !p.Done || proven == nil {
				return p, err
			}
			return proven(ctx)
		}
	}
}

// hands reports that it brings a new password, as far as its words are known before the run begins.
func (t *tootctl) hands(u *unit) bool {
	words, known, err := values(t.args, u.env())
	if err != nil || !known {
		return false
	}
	call, err := t.call(u, words)
	return err == nil && call.Secret()
}

// seen finds the job of an earlier attempt. One whose output was not read yet is still to be judged.
func (t *tootctl) seen(ctx context.Context, u *unit, id string) (run.Finding, error) {
	if id == "" {
		return pending(""), nil
	}
	j, _, found, err := u.b.Jobs.Look(ctx, id)
	switch {
	case err != nil:
		return run.Finding{}, err
	case !found:
		return pending("job %s was asked for, and %s knows nothing of it", id, u.node), nil
	case j.State == job.Running || u.walk.Fact(factCode+u.id) == "":
		return run.Finding{Truth: run.UnderWay, Detail: "job " + id}, nil
	}
	return pending("job %s: %s", id, strings.TrimSuffix(j.Ending()+": "+j.Why, ": ")), nil
}

func (t *tootctl) launch(ctx context.Context, u *unit) error {
	words, _, err := values(t.args, u.env())
	if err != nil {
		return err
	}
	call, err := t.call(u, words)
	if err != nil {
		return err
	}
	rec := u.b.Jobs.Order(call)
	if u.walk.Fact(factCode+u.id) != "" { // of an earlier attempt
		if err := u.walk.Remember(ctx, factCode+u.id, ""); err != nil {
			return err
		}
	}
	if err := u.walk.Remember(ctx, factJob+u.id, rec.ID); err != nil {
		return err
	}
	var begun job.Begun
	err = u.walk.Act(ctx, u.act(call.Line()+" on "+u.node), func(ctx context.Context, p act.Permit) (err error) {
		begun, err = u.b.Jobs.Launch(ctx, p, call, rec)
		run.Effect(ctx, rec.ID)
		return err
	})
	if begun.Said != "" {
		u.walk.Out("%s", begun.Said)
	}
	if begun.Password != "" {
		err = errors.Join(err, u.taken(ctx, rec.ID, job.HandOver(ctx, u.b.Hands, u.walk.Run(), begun.Password, u.walk.Out)))
	}
	return err
}

// taken remembers that somebody has a new password.
func (u *unit) taken(ctx context.Context, id string, has job.Holder) error {
	if has != job.Taken {
		return nil
	}
	return u.walk.Remember(ctx, factTaken+u.id, id)
}

// handing reports that a new password still waits to be taken.
func (t *tootctl) handing(ctx context.Context, u *unit, id string) (waits bool, err error) {
	if !t.hands(u) || u.walk.Fact(factTaken+u.id) == id {
		return false, nil
	}
	has := job.HeldBy(u.b.Hands, u.walk.Run(), u.walk.Out)
	return has == job.Waits, u.taken(ctx, id, has)
}

// watch looks at the job, and when it has ended keeps what it said.
func (t *tootctl) watch(ctx context.Context, c *command, u *unit) (run.Progress, error) {
	id := u.walk.Fact(factJob + u.id)
	if waits, err := t.handing(ctx, u, id); err != nil || waits {
		return run.Progress{For: job.Awaited, Again: pace}, err
	}
	j, end, found, err := u.b.Jobs.Look(ctx, id)
	switch {
	case err != nil:
		return run.Progress{For: "a look at it; " + fault.Of(err).What, Again: pace}, nil
	case !found:
		return run.Progress{}, lostJob(u, "the node knows nothing of job "+id)
	case j.State == job.Running:
		return run.Progress{For: j.Standing(end), Again: pace}, nil
	}
	out, result, why, err := t.ended(ctx, u, j)
	if err != nil {
		return run.Progress{For: "its output; " + fault.Of(err).What, Again: pace}, nil
	}
	if j.Code == nil || *j.Code == 0 && result == tree.Unsure {
		return run.Progress{}, lostJob(u, why)
	}
	if err := u.keep(ctx, out, *j.Code); err != nil {
		return run.Progress{}, err
	}
	if j.State == job.Cancelled || !slices.Contains(c.exits, *j.Code) {
		return run.Progress{}, &fault.Error{What: u.title, On: u.node, Why: strings.TrimSuffix(string(result)+": "+why, ": "), Next: "look at what it said, in the transcript, or by vmtui jobs attach " + id}
	}
	if j.Secret && *j.Code == 0 && u.walk.Fact(factTaken+u.id) != id {
		return run.Progress{}, job.Unhanded(u.node)
	}
	return run.Progress{Done: true, Detail: fmt.Sprintf("job %s: %s", id, strings.TrimSuffix(string(result)+": "+why, ": "))}, nil
}

// ended reads what a job printed, but for its bars, into the transcript.
func (t *tootctl) ended(ctx context.Context, u *unit, j job.Job) (out string, result tree.Result, why string, err error) {
	var reading *tree.Reading
	if j.Log {
		reading = j.Reading()
		var lines []string
		err = u.b.Jobs.Follow(ctx, j.Record, func(l string) {
			if !reading.Take(l) {
				lines = append(lines, l)
			}
		})
		out = strings.Join(lines, "\n")
		u.tell(ssh.Result{Stdout: out})
	}
	if reading != nil {
		j.Weigh(reading)
	}
	return out, j.Result, j.Why, err
}

func lostJob(u *unit, why string) error {
	return &fault.Error{What: u.title, On: u.node, Why: why, Next: "look at the instance before it is done again: it may have happened", Code: fault.Unknown, Err: remote.ErrUnknown}
}

// spoken are the secrets that tootctl says aloud: "New password: …".
var spoken = regexp.MustCompile(`(?i)\b(password|secret|token|otp)\b(\s*(?:is|:|=)\s*)\S+`)

// hushed takes out what a command says that nobody should keep.
func hushed(text string) string { return spoken.ReplaceAllString(text, "$1$2•••") }
