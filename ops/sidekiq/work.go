package sidekiq

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/redis"
)

// Job is a job in a process's hands. Its arguments are not to be read, on purpose.
type Job struct {
	Class  string    `json:"class"`
	JID    string    `json:"jid"`
	Queue  string    `json:"queue"`
	Since  time.Time `json:"since"`
	Thread string    `json:"thread"`

	queue, raw string // as Redis had them, for PutBack
}

// Work reads what a process has in hand as of its last heartbeat, the oldest first. A process whose heartbeat is gone has nothing here, which
// does not mean that it had nothing: ask Processes whether it is Stale.
func (j *Jobs) Work(ctx context.Context, identity string) ([]Job, error) {
	got, err := j.redis.Read(ctx, j.askWork(identity)...)
	if err != nil {
		return nil, err
	}
	return workOf(got), nil
}

// workKeys are where a process writes what it has in hand: the first since Sidekiq 6.5, the other one before.
var workKeys = []string{":work", ":workers"}

func (j *Jobs) askWork(identity string) []redis.Command {
	cmds := make([]redis.Command, len(workKeys))
	for i, k := range workKeys {
		cmds[i] = redis.Cmd("HGETALL", j.key(identity+k))
	}
	return cmds
}

func workOf(replies []redis.Reply) []Job {
	out := []Job{}
	for _, r := range replies {
		for thread, raw := range r.Map() {
			out = append(out, jobInHand(thread, []byte(raw)))
		}
	}
	slices.SortFunc(out, func(a, b Job) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Thread, b.Thread))
	})
	return out
}

func jobInHand(thread string, raw []byte) Job {
	var w struct {
		Queue   string          `json:"queue"`
		Payload json.RawMessage `json:"payload"`
		RunAt   float64         `json:"run_at"`
	}
	job := Job{Thread: clean.Line(thread), Class: "?"}
	if json.Unmarshal(raw, &w) != nil {
		return job
	}
	// A string with JSON in it; versions before 6.5 wrote the object itself.
	var inner string
	if json.Unmarshal(w.Payload, &inner) != nil {
		inner = string(w.Payload)
	}
	p := payloadOf(inner)
	job.Class, job.JID, job.Since = p.name(), clean.Line(p.jid), seconds(w.RunAt)
	job.queue, job.raw = cmp.Or(w.Queue, p.queue), inner
	job.Queue = clean.Line(job.queue)
	return job
}

// PutBack puts jobs into their queues again, to be taken next. One that was done after all, or is there already, is done twice.
func (j *Jobs) PutBack(ctx context.Context, permit remote.Permit, jobs []Job) error {
	var cmds []redis.Command
	for _, job := range jobs {
		if job.queue == "" || job.raw == "" {
			return &fault.Error{What: "the job cannot be put back", On: job.JID, Why: "it was not readable when it was last seen", Next: "look for it in the log of the process that vanished"}
		}
		cmds = append(cmds, redis.Cmd("SADD", j.key("queues"), job.queue), redis.Cmd("RPUSH", j.key("queue:"+job.queue), redis.Unshown(job.raw)))
	}
	_, err := j.redis.Change(ctx, permit, fmt.Sprintf("put %s back", spelling.Count(len(jobs), "job", "jobs")), cmds...)
	return err
}
