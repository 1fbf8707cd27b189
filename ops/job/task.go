package job

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"al.essio.dev/pkg/shellescape"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Task is a command of a native Mastodon's upkeep that is not tootctl's: bin/rails, bundle, git. It is a job like any other.
type Task struct {
	Words []string
	Env   []string // NAME=value, beside the node's own; no secrets: what runs is shown
}

// Line is the task as a person would type it.
func (t Task) Line() string {
	line := shellescape.QuoteCommand(t.Words)
	if len(t.Env) > 0 {
		line = strings.Join(t.Env, " ") + " " + line
	}
	return line
}

// Do makes the record of a task before anything is sent, so that whoever loses the answer can look for it by its id.
func (r *Room) Do(t Task) Record {
	return Record{ID: newID(time.Now()), Words: t.Words, Line: t.Line(), By: r.Operator, Node: r.Node.Name, Started: time.Now().UTC().Truncate(time.Second)}
}

// Doing is what starting a task is to the door.
func (r *Room) Doing(t Task) act.Act {
	return act.Act{Target: r.Instance, What: t.Line() + " on " + r.Node.Name, Danger: act.Changes, Identity: r.Identity}
}

// Set starts a task, with the door's permit. It counts as a long one: two on one database would hinder each other.
func (r *Room) Set(ctx context.Context, permit act.Permit, t Task, rec Record) error {
	text, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	return r.started(r.host().Do(ctx, permit, rec.order(r.Dir, "long", string(text), r.place().task(t))), t.Line())
}

// Ask runs a task that only reads, in front, and gives what it prints.
func (r *Room) Ask(ctx context.Context, what string, t Task) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, versionLimit)
	defer cancel()
	p := r.place()
	p.quiet = true
	res := r.host().Look(ctx, ssh.Command{For: what, Script: ask, Args: []string{p.task(t)}})
	return res.Stdout, res.Err(what, r.Node.Name)
}

// Native says why tasks cannot be done here, nil when they can.
func (r *Room) Native() error {
	if r.Node.Mastodon.Kind == config.KindNative {
		return nil
	}
	return &fault.Error{What: "not a native Mastodon", On: r.Node.Name, Why: "its Mastodon runs in containers, which are upgraded by their image", Next: "upgrade it by its compose file", Code: fault.Refused}
}

// task is a task as one line for /bin/sh, quoted by the library: as the user and in the directory of the node's Mastodon.
func (p place) task(t Task) string {
	return "exec " + shellescape.QuoteCommand(p.nativeCall(t.Env, t.Words))
}
