package job

import (
	"context"
	"path"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Follow hands on a job's lines from the beginning, cleaned, and returns when it has ended or nobody can see it any more. A bar is a series of lines.
func (r *Room) Follow(ctx context.Context, j Record, line func(string)) error {
	if j.Secret {
		return &fault.Error{What: "there is nothing to follow", On: j.ID, Why: "what it prints is a password, and no log is kept of that", Next: "see how it ended: vmtui jobs", Code: fault.Refused}
	}
	c := ssh.Command{For: "follow " + j.Line, Script: follow, Args: []string{path.Join(r.Dir, j.ID), strconv.Itoa(0)}, Tether: true}
	f := &frame{}
	res := r.host().Stream(ctx, c, func(l string) {
		if !f.has(l) {
			line(withoutPassword(l)) // where none was expected
		}
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return res.Err("following "+j.Line, r.Node.Name)
}

// frame is what script(1) writes around the output: its first line, with the command that it was given, which is the same one-line for every job, and its last.
type frame struct{ lines int }

// has reports a line that is part of it.
func (f *frame) has(l string) bool {
	f.lines++
	if f.lines == 1 {
		return strings.HasPrefix(l, "Script started on ")
	}
	return strings.HasPrefix(l, "Script done on ") && strings.Contains(l, "[COMMAND_EXIT_CODE=")
}

// Cancel ends a job and everything it started, and looks whether it is gone.
func (r *Room) Cancel(ctx context.Context, j Record) error {
	return r.change(ctx, "tootctl/cancel", "cancel "+j.Line, j, func(ctx context.Context, p act.Permit) ssh.Result {
		return r.host().Do(ctx, p, ssh.Command{For: "cancel " + j.Line, Script: cancel, Args: []string{
			path.Join(r.Dir, j.ID), r.Operator, reach(r.Node, j.ID, "TERM"), reach(r.Node, j.ID, "KILL"), left(r.Node, j.ID),
		}})
	}, &fault.Error{What: "not cancelled", On: j.Line, Why: "something of it still runs after KILL, or its container cannot be asked", Next: "look at it on " + r.Node.Name + ": ps -ef, docker ps", Code: fault.Unknown})
}

// Answer types a line into a job that asks something. It is the operator's own word: nothing of the console answers for them.
func (r *Room) Answer(ctx context.Context, j Record, text string) error {
	return r.change(ctx, "tootctl/answer", "answer "+j.Line, j, func(ctx context.Context, p act.Permit) ssh.Result {
		return r.host().Do(ctx, p, ssh.Command{For: "answer " + j.Line, Script: answer, Args: []string{path.Join(r.Dir, j.ID), text}})
	}, nil)
}

// change does something to a job that runs. Other says what an exit status means that is none of ours.
func (r *Room) change(ctx context.Context, verb, what string, j Record, do func(context.Context, act.Permit) ssh.Result, other *fault.Error) error {
	permit, settle, err := r.Door.Open(ctx, r.Journal, act.Act{Verb: verb, Target: r.Instance, What: what + " on " + r.Node.Name, Danger: act.Changes, Unleased: true})
	if err != nil {
		return err
	}
	res := do(ctx, permit)
	err = res.Err(what, r.Node.Name)
	switch {
	case res.Outcome == ssh.Exited && res.Code == ended:
		err = &fault.Error{What: "it does not run", On: j.Line, Why: "it has ended, or the node was restarted", Next: "see how: vmtui jobs", Code: fault.Refused}
	case res.Outcome == ssh.Exited && res.Code == 1 && other != nil:
		err = other
	}
	if failed := settle(act.Outcome{Err: err, Effect: j.ID}); failed != nil {
		return failed
	}
	return err
}
