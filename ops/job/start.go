package job

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Begun is a job that was started, and what a secret one has said: that is kept nowhere else.
type Begun struct {
	Record
	Said string // cleaned, with the password taken out
	// Password is what the job has printed as one; it is handed over once, by whoever asked for it.
	Password string
	Failed   error // how a job that ran in front has ended
}

// Order makes the record of a job before anything is sent, so that whoever loses the answer can look for it by its id.
func (r *Room) Order(c *tootctl.Call) Record {
	return Record{
		ID: newID(time.Now()), Words: c.Words(), Line: c.Line(), By: r.Operator, Node: r.Node.Name, Started: time.Now().UTC().Truncate(time.Second),
		Secret: c.Secret(), Asks: c.Command.Interactive, DryRun: c.Rehearsal(),
	}
}

// Act is what starting a call is to the door.
func (r *Room) Act(c *tootctl.Call) act.Act {
	return act.Act{Verb: "tootctl/run", Target: r.Instance, What: c.Line() + " on " + r.Node.Name, Danger: dangerOf(c), Identity: r.Identity}
}

// Start runs a call as a job. Typed is what the operator typed to confirm: the instance's name where something is lost.
func (r *Room) Start(ctx context.Context, c *tootctl.Call, typed string) (Begun, error) {
	a := r.Act(c)
	a.Typed, a.Unleased = typed, true
	permit, settle, err := r.Door.Open(ctx, r.Journal, a)
	if err != nil {
		return Begun{}, err
	}
	rec := r.Order(c)
	if jobs, err := r.List(ctx); err == nil { // what cannot be listed must not stand in its way
		rec.Rehearsed = rehearsalOf(rec, jobs)
		r.tidy(ctx, jobs)
	}
	b, err := r.Launch(ctx, permit, c, rec)
	return b, errors.Join(err, settle(act.Outcome{Err: err, Effect: b.ID}))
}

// Launch starts what was ordered, with the door's permit.
func (r *Room) Launch(ctx context.Context, permit act.Permit, c *tootctl.Call, rec Record) (Begun, error) {
	b := Begun{Record: rec}
	text, err := json.Marshal(rec)
	if err != nil {
		return b, err
	}
	long := ""
	if c.Command.Long {
		long = "long"
	}
	order := rec.order(r.Dir, long, string(text), r.place().with(r.direct(c)).command(rec.ID, tootctlProgram, rec.Words))
	if !rec.Secret {
		return b, r.begun(r.host().Do(ctx, permit, order), c)
	}
	order.Mark, order.Told = passwordMark, func(word string) { b.Password = word }
	res := r.host().Do(ctx, permit, order)
	b.Said = withoutPassword(res.Stdout)
	res.Stdout = b.Said
	return b, errors.Join(res.Err(c.Line(), r.Node.Name), r.unsaid(res, b))
}

// unsaid is that tootctl ended well and did not say so: of what prints a password this is all that is ever read.
func (r *Room) unsaid(res ssh.Result, b Begun) error {
	if !res.OK() {
		return nil
	}
	reading := b.Reading()
	for line := range strings.Lines(b.Said) {
		reading.Take(strings.TrimSuffix(line, "\n"))
	}
	result, why := reading.Result(0)
	if result != tootctl.Unsure {
		return nil
	}
	return &fault.Error{What: b.Line, On: r.Node.Name, Why: why, Next: "look at the account: it may have happened", Code: fault.Unknown, Err: remote.ErrUnknown}
}

// dangerOf is the call's danger for the door. Every job writes a directory, so that a read-only console starts none.
func dangerOf(c *tootctl.Call) act.Danger {
	return cmp.Or(c.Danger(), act.Changes)
}

// order is the command that starts a job.
func (r Record) order(dir, long, text, command string) ssh.Command {
	signs := r.command().Signs()
	return ssh.Command{For: "start " + r.Line, Script: start, Args: []string{begin, runner, dir, r.ID, long, r.mode(), text, command, signs.Errors, signs.Closing, signs.Noise, signs.Reasons}}
}

// mode is how the runner runs it.
func (r Record) mode() string {
	switch {
	case r.Secret:
		return "secret"
	case r.Asks:
		return "asks"
	}
	return "log"
}

// begun reads how starting ended.
func (r *Room) begun(res ssh.Result, c *tootctl.Call) error { return r.started(res, c.Line()) }

func (r *Room) started(res ssh.Result, line string) error {
	if res.Outcome != ssh.Exited {
		return res.Err("starting "+line, r.Node.Name)
	}
	f := &fault.Error{What: "not started", On: line, Code: fault.Failed}
	switch res.Code {
	case otherRuns:
		var other Record
		_ = json.Unmarshal([]byte(res.Stdout), &other) // what cannot be read has no name, and runs all the same
		f.Why = fmt.Sprintf("%s runs since %s, started by %s: two long ones on one database hinder each other", cmp.Or(other.Line, "another job"), other.Started.Local().Format("15:04"), cmp.Or(other.By, "somebody"))
		f.Next, f.Code = "wait for it: vmtui jobs attach "+other.ID+", or cancel it: vmtui jobs cancel "+other.ID, fault.Refused
	case notBegun:
		f.Why, f.Next = "its process did not show within 10 s", "look at "+r.Dir+"/ on "+r.Node.Name+" before starting it again"
		f.Code = fault.Unknown
	case cannotWrite:
		f.Why, f.Next = "its directory cannot be made in "+r.Dir+": "+strings.TrimSpace(res.Stderr), "look at the disk and the permissions there"
	default:
		return res.Err("starting "+line, r.Node.Name)
	}
	return f
}

// direct is the environment of a command that must reach the database past its pool.
func (r *Room) direct(c *tootctl.Call) []string {
	if c.Command.Direct {
		return r.Direct
	}
	return nil
}

// newID sorts by time, and no two are alike.
func newID(now time.Time) string {
	stamp := strings.Replace(now.UTC().Format("20060102-150405.000"), ".", "", 1)
	return stamp + "-" + strings.ToLower(rand.Text()[:6])
}

const passwordMark = "New password: "

// withoutPassword takes a password out of what a job said, should it still be there.
func withoutPassword(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if before, _, found := strings.Cut(line, passwordMark); found {
			line = before + passwordMark + "•••"
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}
