package upkeep

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/tootctl"
)

// outcome is how a job ended, and what it printed.
type outcome struct {
	job    job.Job
	result tootctl.Result
	why    string
	lines  []string // the first of them, without the bars
	last   []string // the last of them
	more   int      // lines that are not among the first
}

// linesMost is how many lines of a job go into a run's transcript: its log stays on the node.
const linesMost = 300

// outcome reads the whole log of a job that has ended.
func (c *chore) outcome(ctx context.Context, j job.Job) (outcome, error) {
	o := outcome{job: j}
	if !j.Log {
		o.result, o.why = j.Result, j.Why
		return o, nil
	}
	reading := j.Reading()
	err := c.Jobs.Follow(ctx, j.Record, func(l string) {
		if !reading.Take(l) && strings.TrimSpace(l) != "" {
			o.add(l)
		}
	})
	j.Weigh(reading)
	o.job, o.result, o.why = j, j.Result, j.Why
	return o, err
}

// add takes a line: a job may print one for each of a million files.
func (o *outcome) add(line string) {
	if o.last = append(o.last, line); len(o.last) > keptMost {
		o.last = o.last[1:]
	}
	if len(o.lines) < linesMost {
		o.lines = append(o.lines, line)
		return
	}
	o.more++
}

// words are the result and why.
func (o outcome) words() string { return strings.TrimSuffix(o.job.Ending()+": "+o.why, ": ") }

// failed is an error unless the job did what it was for.
func (o outcome) failed(e errand) error {
	if o.result == tootctl.Success || o.result == tootctl.Partly {
		return nil
	}
	next := "look at what it printed: vmtui jobs attach " + o.job.ID
	if e.again != "" {
		next += "; " + e.again
	}
	return &fault.Error{What: e.call.Line(), On: o.job.Node, Why: o.words(), Next: next}
}

// tell puts the output into the transcript.
func (o outcome) tell(w *run.Walk) {
	for _, l := range o.lines {
		w.Out("%s", l)
	}
	if o.more > 0 {
		w.Out("… and %s more: vmtui jobs attach %s", spelling.Count(o.more, "line", "lines"), o.job.ID)
	}
}

// keptMost is how many lines stand beside the real run.
const keptMost = 12

// kept is the end of the output and the result, which the next step shows.
func (o outcome) kept() string {
	lines := slices.Clone(o.last)
	if n := len(lines); n > 0 && strings.HasSuffix(o.words(), lines[n-1]) { // the result says its closing line itself
		lines = lines[:n-1]
	}
	if cut := len(o.lines) + o.more - len(o.last); cut > 0 {
		lines = append([]string{fmt.Sprintf("(%s before)", spelling.Count(cut, "line", "lines"))}, lines...)
	}
	return strings.Join(append(lines, endsWith+o.words()), "\n")
}

// endsWith begins the line of what is kept that says how it ended.
const endsWith = "= "

// ending is that line of what was kept, "" where nothing was.
func ending(kept string) string {
	last := kept[strings.LastIndexByte(kept, '\n')+1:]
	said, _ := strings.CutPrefix(last, endsWith)
	return said
}
