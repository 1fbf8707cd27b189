package job

import (
	"context"
	"crypto/rand"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Follow hands on a job's lines from the beginning, cleaned, and returns when it has ended or nobody can see it any more. A bar is a series of lines. A connection
// that breaks is made anew, and it goes on behind the last line.
func (r *Room) Follow(ctx context.Context, j Record, line func(string)) error {
	return r.Attend(ctx, j, line, &Stand{})
}

// Attend is Follow for whoever answers: the stand knows from then on where a job that asks stands still. When a connection was made anew and nothing has come
// since, what it said last is handed on again.
func (r *Room) Attend(ctx context.Context, j Record, line func(string), stand *Stand) error {
	if j.Secret {
		return &fault.Error{What: "there is nothing to follow", On: j.ID, Why: "what it prints is a password, and no log is kept of that", Next: "see how it ended: vmtui jobs", Code: fault.Refused}
	}
	t := &thread{line: line, stand: stand, mark: rand.Text()}
	for {
		c := ssh.Command{For: "follow " + j.Line, Script: follow, Args: []string{path.Join(r.Dir, j.ID), strconv.Itoa(t.from), t.mark}, Tether: true}
		res := t.pull(func(take func(string)) ssh.Result { return r.host().Stream(ctx, c, take) })
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !t.broken(res):
			return r.followed(res, j)
		case time.Since(t.lost) > mendLimit:
			return notFollowed(res, j)
		}
		if t.news() && r.Tell != nil {
			r.Tell("the connection to " + r.Node.Name + " broke; it is made anew. The job does not need it")
		}
		if err := pause(ctx, mendPause); err != nil {
			return err
		}
	}
}

// followed is how reading a log to its end has ended.
func (r *Room) followed(res ssh.Result, j Record) error {
	if res.Outcome == ssh.Exited && res.Code == nowhere {
		return r.gone(j)
	}
	return res.Err("following "+j.Line, r.Node.Name)
}

// gone is that a job's directory is not there any more. Whether the job itself is, nobody knows.
func (r *Room) gone(j Record) error {
	return &fault.Error{
		What: "nothing is known of it any more", On: j.Line, Why: "its directory is gone from " + r.Node.Name,
		Next: "see whether it was forgotten: vmtui audit; look there whether it runs: ps -ef", Code: fault.Unknown, Err: remote.ErrUnknown,
	}
}

// notFollowed is that nobody sees the job any more, which is nothing to it.
func notFollowed(res ssh.Result, j Record) error {
	return &fault.Error{
		What: "it is not followed any more", On: j.Line, Why: strings.TrimSuffix("the connection to "+j.Node+" broke: "+fault.Of(res.Err("", "")).Why, ": "),
		Next: "the job goes on; attach to it again: vmtui jobs attach " + j.ID, Code: fault.Unknown, Err: remote.ErrUnknown,
	}
}

// How long a connection that broke is made anew, which is enough for a node that restarts, and how long between two tries.
const (
	mendLimit = 2 * time.Minute
	mendPause = time.Second
	mended    = 10 * time.Second // what has lasted so long was made anew, though nothing came
)

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// thread is a log that is read as often as needed, and handed on once: from its beginning, or from where it last stood still. Between two such places its lines
// are cut by itself alone, so that they are the same each time.
type thread struct {
	line  func(string)
	stand *Stand
	mark  string // before how far the log is; the job does not know it
	frame frame
	from  int       // where reading begins
	had   int       // lines behind that which were handed on
	last  string    // the last of all
	begun bool      // it has been read
	lost  time.Time // when the connection broke, the first time since there was something to read
	told  time.Time // the one of these that was told
}

// pull reads the log once more and hands on what is new.
func (t *thread) pull(stream func(take func(string)) ssh.Result) ssh.Result {
	read := 0
	res := stream(func(l string) {
		if at, asks, ok := t.still(l); ok {
			t.rest(at, asks)
			read = 0
			return
		}
		if read++; read <= t.had {
			return
		}
		t.had, t.lost = read, time.Time{}
		if !t.frame.has(l) {
			t.hand(withoutPassword(l)) // where none was expected
		}
	})
	if res.Outcome != ssh.Unreachable && res.Took > mended {
		t.lost = time.Time{}
	}
	return res
}

// hand hands on a line.
func (t *thread) hand(l string) {
	t.last = l
	t.stand.Says(l, t.line)
}

// still understands a line that says how far the log is, and whether it ends in a question.
func (t *thread) still(l string) (at int, asks, ok bool) {
	text, ok := strings.CutPrefix(l, t.mark+" ")
	far, stands, both := strings.Cut(text, " ")
	if !ok || !both {
		return 0, false, false
	}
	at, err := strconv.Atoi(far)
	return at, stands == "asks", err == nil
}

// rest is that the log stands still. Where nothing came since the connection broke, what it said last is shown again.
func (t *thread) rest(at int, asks bool) {
	if !t.lost.IsZero() && t.last != "" {
		t.hand(t.last)
	}
	t.from, t.had, t.lost = at, 0, time.Time{}
	t.stand.Rests(at, asks)
}

// broken reports that reading has ended with the connection and not with the job. A node that was never reached is another matter.
func (t *thread) broken(res ssh.Result) bool {
	t.begun = t.begun || res.Outcome != ssh.Unreachable
	if !t.begun || res.Outcome == ssh.Exited {
		return false
	}
	if t.lost.IsZero() {
		t.lost = time.Now()
	}
	return true
}

// news reports, once, that the connection has broken.
func (t *thread) news() bool {
	was := t.told
	t.told = t.lost
	return was != t.lost
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
	}, map[int]*fault.Error{
		1: {What: "not cancelled", On: j.Line, Why: "something of it still runs after KILL, or its container cannot be asked", Next: "look at it on " + r.Node.Name + ": ps -ef, docker ps", Code: fault.Unknown},
	})
}

// Answer types a line into a job that asks something. Read is how many of its lines whoever answers had before them when they typed: what they typed is for the
// question behind those, and where that stands no more, or none stands, nothing is sent. It is the operator's own word: nothing of the console answers for
// them. What is sent twice, or by two operators, arrives once.
func (r *Room) Answer(ctx context.Context, j Record, stand *Stand, read int, text string) error {
	at, question, err := stand.settled(ctx, j, read)
	if err != nil {
		return err
	}
	if why := tootctl.Unanswerable(question, text); why != "" {
		return &fault.Error{What: "not answered", On: j.Line, Why: why, Next: "its question still stands: answer it again", Code: fault.Refused}
	}
	return r.answer(ctx, j, at, text)
}

// answer is Answer, for what it asked when its log was so far.
func (r *Room) answer(ctx context.Context, j Record, at int, text string) error {
	var res ssh.Result
	err := r.change(ctx, "tootctl/answer", "answer "+j.Line, j, func(ctx context.Context, p act.Permit) ssh.Result {
		res = r.host().Do(ctx, p, ssh.Command{For: "answer " + j.Line, Script: answer, Args: []string{path.Join(r.Dir, j.ID), text, strconv.Itoa(at)}})
		return res
	}, unanswered(j))
	if err != nil && res.Outcome == ssh.Unknown {
		fault.Of(err).Next = "read what it says next. If its question still stands, answer it again: what has arrived is not taken twice"
	}
	return err
}

// unanswered are the exit statuses of an answer that has not arrived.
func unanswered(j Record) map[int]*fault.Error {
	return map[int]*fault.Error{
		movedOn:     {What: "not answered", On: j.Line, Why: "it has gone on since, and asks something else or nothing", Next: "read what it says now, and answer that", Code: fault.Refused},
		answered:    {What: "not answered again", On: j.Line, Why: "that question has its answer, from here or from somebody else", Next: "wait for what it says next; if it does not go on, cancel it: vmtui jobs cancel " + j.ID, Code: fault.Refused},
		asksNothing: nothingAsked(j),
		cannotWrite: {What: "not answered", On: j.Line, Why: "that it was cannot be noted on " + j.Node, Next: "look at the disk there, and answer it again", Code: fault.Failed},
	}
}

// nothingAsked is that a job works in silence, or waits for something else.
func nothingAsked(j Record) *fault.Error {
	return &fault.Error{What: "not answered", On: j.Line, Why: "it asks nothing now", Next: "answer when its question stands", Code: fault.Refused}
}

// change does something to a job that runs. Others say what exit statuses mean that only this has.
func (r *Room) change(ctx context.Context, verb, what string, j Record, do func(context.Context, act.Permit) ssh.Result, others map[int]*fault.Error) error {
	permit, settle, err := r.Door.Open(ctx, r.Journal, act.Act{Verb: verb, Target: r.Instance, What: what + " on " + r.Node.Name, Danger: act.Changes, Unleased: true})
	if err != nil {
		return err
	}
	res := do(ctx, permit)
	err = res.Err(what, r.Node.Name)
	switch {
	case res.Outcome == ssh.Exited && res.Code == nowhere:
		err = r.gone(j)
	case res.Outcome == ssh.Exited && res.Code == ended:
		err = &fault.Error{What: "it does not run", On: j.Line, Why: "it has ended, or the node was restarted", Next: "see how: vmtui jobs", Code: fault.Refused}
	case res.Outcome == ssh.Exited && others[res.Code] != nil:
		err = others[res.Code]
	}
	if failed := settle(act.Outcome{Err: err, Effect: j.ID}); failed != nil {
		return failed
	}
	return err
}
