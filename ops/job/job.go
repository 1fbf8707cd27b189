// Package job runs tootctl on the exec node so that it outlives the console, the connection and the laptop. A job is a directory on that node: what was asked
// for and by whom, the process with its start time and boot, the raw log, and how it ended. Whoever reaches the node can look at it, follow it and end it.
package job

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Dir is where jobs live on a node.
const Dir = "/var/lib/vmtui/jobs"

// Host is the node on which jobs run.
type Host interface {
	Look(ctx context.Context, c ssh.Command) ssh.Result
	Do(ctx context.Context, p remote.Permit, c ssh.Command) ssh.Result
	Stream(ctx context.Context, c ssh.Command, line func(string)) ssh.Result
	User() string // who logs in there
}

// Room is where jobs are started, seen and ended: one node of one instance.
type Room struct {
	Host     Host
	Node     config.Node
	Instance string
	Operator string // "mike@laptop"
	Door     *act.Door
	Journal  act.Journal
	Dir      string       // Dir, unless the node keeps them elsewhere
	Direct   []string     // the environment by which the database is reached past its pool, none where it is reached so anyway
	Tell     func(string) // what is waited for, to a person; nil for nobody
	Memory   string       // the file in which this machine remembers the node's Mastodon
}

// Record is what a job's directory says of it from the beginning.
type Record struct {
	ID      string    `json:"id"`
	Words   []string  `json:"words"`
	Line    string    `json:"line"` // the same, as it is typed
	By      string    `json:"by"`
	Node    string    `json:"node"`
	Started time.Time `json:"started"`
	Secret  bool      `json:"secret,omitempty"`
	Asks    bool      `json:"asks,omitempty"`
	DryRun  bool      `json:"dry_run,omitempty"`

	// Rehearsed is the job that was its dry run, "" for none.
	Rehearsed string `json:"rehearsed,omitempty"`
}

// State is how a job's process stands. How the job ended is its result: that of a process tells too little.
type State string

// The states. Unknown is never success: nobody saw the end.
const (
	Running   State = "running"
	Done      State = "ended" // by itself, with an exit status of 0
	Failed    State = "failed"
	Cancelled State = "cancelled"
	Unknown   State = "unknown"
)

// Job is a job as it was last seen.
type Job struct {
	Record
	State State     `json:"state"`
	Code  *int      `json:"code"` // null unless it ended by itself or was ended
	Ended time.Time `json:"ended,omitzero"`

	Result tootctl.Result `json:"result,omitempty"` // how it ended, by all that is known; "" while it runs
	Failed int            `json:"failed_items,omitempty"`
	Why    string         `json:"why,omitempty"` // what more is known of the end

	Log  bool   `json:"log"` // there is one
	Dead string `json:"cancelled_by,omitempty"`
}

// List is every job there is, newest first.
func (r *Room) List(ctx context.Context) ([]Job, error) {
	return r.list(ctx, "*")
}

// list is the jobs that fit a shell's pattern.
func (r *Room) list(ctx context.Context, pattern string) ([]Job, error) {
	res := r.host().Look(ctx, ssh.Command{For: "list tootctl's jobs", Script: list, Args: []string{r.Dir, pattern}, Limit: 8 << 20})
	if err := res.Err("listing the jobs", r.Node.Name); err != nil {
		return nil, err
	}
	jobs := readAll(res.Stdout)
	slices.Reverse(jobs)
	return jobs, nil
}

// Look is one job as it stands, with the end of what it printed. found is false for one that the node knows nothing of.
func (r *Room) Look(ctx context.Context, id string) (j Job, end []string, found bool, err error) {
	res := r.host().Look(ctx, ssh.Command{For: "look at the job " + id, Script: glance, Args: []string{r.Dir, id, "4096"}})
	if err := res.Err("looking at the job "+id, r.Node.Name); err != nil {
		return Job{}, nil, false, err
	}
	rows, rest, _ := strings.Cut("\n"+res.Stdout, "\n\n")
	if jobs := readAll(rows); len(jobs) == 1 {
		j, found = jobs[0], true
	}
	f := &frame{}
	for line := range strings.Lines(rest) {
		if line = strings.TrimSuffix(line, "\n"); !f.has(line) {
			end = append(end, withoutPassword(line))
		}
	}
	return j, end, found, nil
}

// readAll understands what list prints; a job that is damaged is passed over.
func readAll(text string) []Job {
	var jobs []Job
	var ends [][]string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		said, of := strings.CutPrefix(line, endMark)
		switch j, ok := read(line); {
		case ok:
			jobs, ends = append(jobs, j), append(ends, nil)
		case of && len(ends) > 0:
			ends[len(ends)-1] = append(ends[len(ends)-1], said)
		}
	}
	for i := range jobs {
		jobs[i].judge(ends[i])
	}
	return jobs
}

// judge says how the job ended, by the lines that its runner wrote down then.
func (j *Job) judge(end []string) {
	if j.State == Running {
		return
	}
	if len(end) != 3 {
		j.Weigh(nil)
		return
	}
	failed, _ := strconv.Atoi(end[0]) // what was written by our own runner is a number
	j.Weigh(j.command().Digested(tootctl.Digest{Errors: failed, Closing: end[1], Last: strings.TrimSpace(withoutPassword(end[2]))}))
}

// read understands a job's line.
func read(line string) (Job, bool) {
	f := strings.SplitN(strings.TrimSpace(line), " ", 7)
	var j Job
	if len(f) != 7 || json.Unmarshal([]byte(f[6]), &j.Record) != nil || j.ID != f[0] {
		return Job{}, false
	}
	j.By, j.Line, j.Log = clean.Line(j.By), clean.Line(j.Line), f[4] != "-1"
	if f[5] != "-" {
		j.Dead = clean.Line(f[5])
	}
	j.end(f[1], f[2], f[3])
	return j, true
}

// end says what became of the job.
func (j *Job) end(state, code, when string) {
	switch state {
	case "running":
		j.State = Running
		return
	case "ended":
		n, err := strconv.Atoi(code)
		if err != nil {
			j.State, j.Why = Unknown, "its exit status cannot be read"
			return
		}
		seconds, _ := strconv.ParseInt(when, 10, 64) // 0 is shown as no time
		j.Code, j.Ended = &n, time.Unix(seconds, 0)
		switch {
		case j.Dead != "" && n != 0:
			j.State, j.Why = Cancelled, "cancelled by "+j.Dead
		case n == 0:
			j.State = Done
		default:
			j.State, j.Why = Failed, fmt.Sprintf("exit status %d", n)
		}
		return
	case "rebooted":
		j.State, j.Why = Unknown, "the node was restarted while it ran"
	case "unbegun":
		j.State, j.Why = Unknown, "it is not known to have begun"
	case "unwritten":
		j.State, j.Why = Unknown, "its exit status could not be written: is the disk full there?"
	default:
		j.State, j.Why = Unknown, "it is gone and left no exit status"
	}
	if j.Dead != "" {
		j.State, j.Why = Cancelled, "cancelled by "+j.Dead+"; it left no exit status"
	}
}

// Find gives a job by its id, or by as much of it as no other one begins with.
func (r *Room) Find(ctx context.Context, id string) (Job, error) {
	j, _, err := r.Pair(ctx, id)
	return j, err
}

// Pair is Find, with the dry run of the job, nil for one that was not rehearsed.
func (r *Room) Pair(ctx context.Context, id string) (j Job, dry *Job, err error) {
	jobs, err := r.List(ctx)
	if err != nil {
		return Job{}, nil, err
	}
	if j, err = r.pick(jobs, id); err != nil {
		return j, nil, err
	}
	if d, found := j.Rehearsal(jobs); found {
		dry = &d
	}
	return j, dry, nil
}

// End is how a job that was there stands now, with its dry run, nil for one that was not rehearsed.
func (r *Room) End(ctx context.Context, rec Record) (Job, *Job, error) {
	j, dry, err := r.Pair(ctx, rec.ID)
	if err != nil && fault.CodeOf(err) == fault.Usage {
		err = r.gone(rec)
	}
	return j, dry, err
}

// pick finds the job that an id means.
func (r *Room) pick(jobs []Job, id string) (Job, error) {
	var found []Job
	for _, j := range jobs {
		if id != "" && strings.HasPrefix(j.ID, id) {
			found = append(found, j)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return Job{}, &fault.Error{What: "no such job", On: id, Why: "none on " + r.Node.Name + " begins so", Next: "see vmtui jobs; how a forgotten one ended is in vmtui audit", Code: fault.Usage}
	}
	return Job{}, &fault.Error{What: "that may be several jobs", On: id, Why: found[0].ID + ", " + found[1].ID + " begin so", Next: "type it further", Code: fault.Usage}
}
