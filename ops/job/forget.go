package job

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Kept is how long a job that has ended stays on the node. How it ended stays in the audit trail.
const Kept = 30 * 24 * time.Hour

// idShape is what newID makes: what is removed is named by nothing else.
var idShape = regexp.MustCompile(`^\d{8}-\d{9}-[a-z0-9]{6}$`)

// Forget removes the directory of a job that has ended, its log with it.
func (r *Room) Forget(ctx context.Context, j Job) error {
	if j.State == Running {
		return &fault.Error{What: "not forgotten", On: j.Line, Why: "it runs", Next: "wait for it, or cancel it: vmtui jobs cancel " + j.ID, Code: fault.Refused}
	}
	return r.remove(ctx, "forget "+j.Line+" on "+r.Node.Name, j)
}

// tidy removes the jobs that ended long ago. It comes before a new one and must not stand in its way: what it could not do is in the trail.
func (r *Room) tidy(ctx context.Context, jobs []Job) {
	var old []Job
	for _, j := range jobs {
		if j.State != Running && time.Since(j.over()) > Kept {
			old = append(old, j)
		}
	}
	if len(old) > 0 {
		_ = r.remove(ctx, fmt.Sprintf("forget what ended more than %s ago on %s", spelling.Count(int(Kept.Hours()/24), "day", "days"), r.Node.Name), old...)
	}
}

// over is when it ended, or, where nobody knows, when it began.
func (j Job) over() time.Time {
	if j.Ended.IsZero() {
		return j.Started
	}
	return j.Ended
}

// remove removes directories, and writes into the trail how each of them ended.
func (r *Room) remove(ctx context.Context, what string, jobs ...Job) error {
	args, said := []string{r.Dir}, make([]string, 0, len(jobs))
	for _, j := range jobs {
		if !idShape.MatchString(j.ID) {
			return &fault.Error{What: "not forgotten", On: j.ID, Why: "no job of ours is called so", Next: "look at " + r.Dir + " on " + r.Node.Name, Code: fault.Refused}
		}
		args, said = append(args, j.ID), append(said, j.epitaph())
	}
	permit, settle, err := r.Door.Open(ctx, r.Journal, act.Act{Verb: "tootctl/forget", Target: r.Instance, What: what, Danger: act.Changes, Unleased: true})
	if err != nil {
		return err
	}
	res := r.host().Do(ctx, permit, ssh.Command{For: what, Script: forget, Args: args})
	err = res.Err(what, r.Node.Name)
	if res.Outcome == ssh.Exited && res.Code == ended {
		err = &fault.Error{What: "not forgotten", On: what, Why: "it runs", Next: "wait for it, or cancel it", Code: fault.Refused}
	}
	return errors.Join(err, settle(act.Outcome{Err: err, Said: said}))
}

// epitaph is a job and how it ended, in a line.
func (j Job) epitaph() string {
	text := fmt.Sprintf("%s  %s  by %s: %s", j.ID, j.Line, j.By, j.Ending())
	if j.Why != "" {
		text += ", " + j.Why
	}
	return text + ", " + j.over().UTC().Format(time.RFC3339)
}
