package job

import (
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/tootctl"
)

// command is what the job runs, as far as the tree knows it: a task's is unknown, and says nothing when it is done.
func (r Record) command() *tootctl.Command {
	if c, err := tootctl.Known().Parse(r.Words, tootctl.Version{}); err == nil {
		return c.Command
	}
	return &tootctl.Command{}
}

// Reading understands what the job prints.
func (r Record) Reading() *tootctl.Reading { return tootctl.NewReading(r.command()) }

// Weigh takes what was read of the whole output into account: what the node has written down at the end tells no more.
func (j *Job) Weigh(read *tootctl.Reading) {
	switch {
	case j.State == Cancelled:
		j.Result = tootctl.Cancelled
		j.halted(read)
	case j.State == Running || j.Code == nil:
		j.Result = tootctl.Unsure
		j.halted(read)
	case j.Result == tootctl.Success && !j.Secret && !j.Log: // the node read it while it was there
	case j.Secret && 0 < *j.Code && *j.Code < 128: // by itself, not by a signal
		j.Result = tootctl.Failure
		j.Why = fmt.Sprintf("exit status %d, and nothing that it printed was kept", *j.Code)
	case read != nil:
		j.Result, j.Why = read.Result(*j.Code)
		j.Failed = read.Count
		j.unlogged()
	case *j.Code == 0:
		j.Result, j.Why = tootctl.Unsure, "exit status 0 alone says nothing, and what it printed was not looked at when it ended"
	default:
		j.Result, j.Why = tootctl.Failure, fmt.Sprintf("exit status %d", *j.Code)
	}
}

// halted says how far the bar of a job had come that was not let end by itself.
func (j *Job) halted(read *tootctl.Reading) {
	if j.State != Running && read != nil && read.Barred && !read.Bar.Done {
		j.Why += ", at " + read.Bar.Count()
	}
}

// unlogged says that the log is gone, where that is why no more is known. Who had read its end before knows how the job ended all the same.
func (j *Job) unlogged() {
	switch {
	case j.Secret || j.Log || j.Result == tootctl.Success:
	case j.Result == tootctl.Unsure:
		j.Why = fmt.Sprintf("exit status %d, and its log is gone from %s: nobody can read what it said at its end", *j.Code, j.Node)
	default:
		j.Why += "; its log is gone from " + j.Node
	}
}

// Ending is how the job stands or how it ended: "running", "success with 3 errors".
func (j Job) Ending() string {
	if j.State == Running {
		return string(Running)
	}
	return j.Result.Words(j.Failed)
}

// Account is how the job stands or how it ended, and why.
func (j Job) Account() string {
	if strings.HasPrefix(j.Why, j.Ending()) { // cancelled by whom
		return j.Why
	}
	return strings.TrimSuffix(j.Ending()+": "+j.Why, ": ")
}

// Lasted is how long the job has run, known only where two machines' clocks agree so far that it did not end before it began.
func (j Job) Lasted() (d time.Duration, known bool) {
	d = j.Ended.Sub(j.Started)
	return d, !j.Ended.IsZero() && d >= 0
}

// Long reports a job that must not run beside another such one.
func (r Record) Long() bool {
	c, err := tootctl.Known().Parse(r.Words, tootctl.Version{})
	return err == nil && c.Command.Long
}

// Standing is how far a job is, by the end of what it printed.
func (j Job) Standing(end []string) string {
	for i := len(end) - 1; i >= 0; i-- {
		p, ok := tootctl.ReadProgress(end[i])
		if !ok {
			continue
		}
		said := p.Count()
		if p.Left > 0 {
			said += ", " + p.Left.String() + " left"
		}
		return strings.TrimSpace(p.Title + " " + said)
	}
	return fmt.Sprintf("%s, since %s", j.Line, time.Since(j.Started).Round(time.Second))
}
