package sidekiq

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/redis"
)

// Job is a job in a process's hands. Its arguments are left out on purpose.
type Job struct {
	Class  string    `json:"class"`
	JID    string    `json:"jid"`
	Queue  string    `json:"queue"`
	Since  time.Time `json:"since"`
	Thread string    `json:"thread"`
}

// Work reads what a process has in hand as of its last heartbeat, the oldest first. A process whose heartbeat is gone has nothing here, which
// does not mean that it had nothing: ask Processes whether it is Stale.
func (j *Jobs) Work(ctx context.Context, identity string) ([]Job, error) {
	got, err := j.redis.Read(ctx, redis.Cmd("HGETALL", j.key(identity+":work")))
	if err != nil {
		return nil, err
	}
	var out []Job
	for thread, raw := range got[0].Map() {
		out = append(out, jobInHand(thread, []byte(raw)))
	}
	slices.SortFunc(out, func(a, b Job) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Thread, b.Thread))
	})
	return out, nil
}

// payload is the part of a job that may be shown.
type payload struct {
	Class    string      `json:"class"`
	Wrapped  string      `json:"wrapped"`
	JID      string      `json:"jid"`
	Queue    string      `json:"queue"`
	Enqueued json.Number `json:"enqueued_at"`
	Created  json.Number `json:"created_at"`
}

// name is the real class: Active Job wraps it.
func (p payload) name() string { return clean.Line(cmp.Or(p.Wrapped, p.Class, "?")) }

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
	p := payloadOf([]byte(inner))
	job.Class, job.JID, job.Since = p.name(), clean.Line(p.JID), seconds(w.RunAt)
	job.Queue = clean.Line(cmp.Or(w.Queue, p.Queue))
	return job
}

// payloadOf reads a job; what cannot be read stays empty.
func payloadOf(raw []byte) payload {
	var p payload
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&p) != nil {
		return payload{}
	}
	return p
}
