// Package job runs tootctl on the exec node so that it outlives the console, the connection and the laptop. A job is a directory on that node: what was asked
// for and by whom, the process with its start time and boot, the raw log, and how it ended. Whoever reaches the node can look at it, follow it and end it.
package job

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
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
	Dir      string // Dir, unless the node keeps them elsewhere
	Memory   string // the file in which this machine remembers the node's Mastodon
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
}

// State is how a job stands.
type State string

// The states. Unknown is never success: nobody saw the end.
const (
	Running   State = "running"
	Done      State = "done"
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
	Why   string    `json:"why,omitempty"` // what more is known of the end
	Log   bool      `json:"log"`           // there is one
	Dead  string    `json:"cancelled_by,omitempty"`
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
	var jobs []Job
	for line := range strings.Lines(res.Stdout) {
		if j, ok := read(line); ok {
			jobs = append([]Job{j}, jobs...)
		}
	}
	return jobs, nil
}

// Look is one job as it stands, with the end of what it printed. found is false for one that the node knows nothing of.
func (r *Room) Look(ctx context.Context, id string) (j Job, end []string, found bool, err error) {
	res := r.host().Look(ctx, ssh.Command{For: "look at the job " + id, Script: glance, Args: []string{r.Dir, id, "4096"}})
	if err := res.Err("looking at the job "+id, r.Node.Name); err != nil {
		return Job{}, nil, false, err
	}
	first, rest, _ := strings.Cut(res.Stdout, "\n")
	j, found = read(first)
	f := &frame{}
	for line := range strings.Lines(rest) {
		if line = strings.TrimSuffix(line, "\n"); !f.has(line) {
			end = append(end, withoutPassword(line))
		}
	}
	return j, end, found, nil
}

// read understands a line of list; one that is damaged is passed over.
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
	default:
		j.State, j.Why = Unknown, "it is gone and left no exit status"
	}
	if j.Dead != "" {
		j.State, j.Why = Cancelled, "cancelled by "+j.Dead+"; it left no exit status"
	}
}

// Find gives a job by its id, or by as much of it as no other one begins with.
func (r *Room) Find(ctx context.Context, id string) (Job, error) {
	jobs, err := r.List(ctx)
	if err != nil {
		return Job{}, err
	}
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
		return Job{}, &fault.Error{What: "no such job", On: id, Why: "none on " + r.Node.Name + " begins so", Next: "see vmtui jobs", Code: fault.Usage}
	}
	return Job{}, &fault.Error{What: "that may be several jobs", On: id, Why: found[0].ID + ", " + found[1].ID + " begin so", Next: "type it further", Code: fault.Usage}
}
