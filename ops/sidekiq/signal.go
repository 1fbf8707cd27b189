package sidekiq

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/redis"
)

// signals are what Sidekiq understands, by what is wanted.
var signals = map[Deed]string{Quiet: "TSTP", Stop: "TERM", Dump: "TTIN"}

func (a *Acts) planSignal(ctx context.Context, o Order, p *Plan) error {
	all, err := a.Jobs.Processes(ctx)
	if err != nil {
		return err
	}
	if len(o.Identities) == 0 {
		p.refuse("no process is named", "see vmtui sidekiq status")
		return nil
	}
	busy, scheduling := 0, false
	for _, id := range o.Identities {
		i := slices.IndexFunc(all, func(x Process) bool { return x.Identity == id })
		if i < 0 || all[i].Stale {
			p.refuse(clean.Line(id)+" has no heartbeat: it could not hear a signal", "look at its unit or container")
			return nil
		}
		busy += all[i].Busy
		if slices.Contains(all[i].Queues, schedulerQueue) && !all[i].Quiet {
			others := slices.DeleteFunc(listeners(all, schedulerQueue), func(x Process) bool { return slices.Contains(o.Identities, x.Identity) })
			scheduling = scheduling || len(others) == 0
		}
		p.Lines = append(p.Lines, fmt.Sprintf("LPUSH %s-signals %s; EXPIRE 60", clean.Line(a.Jobs.key(id)), signals[o.Deed]))
	}
	words := map[Deed]string{Quiet: "quiet", Stop: "stop", Dump: "dump the threads of"}
	p.What = fmt.Sprintf("%s %d Sidekiq process%s", words[o.Deed], len(o.Identities), map[bool]string{false: "es"}[len(o.Identities) == 1])
	p.Target = strings.Join(cleaned(o.Identities), ", ")
	if o.Name != "" {
		p.Target = clean.Line(o.Name)
		p.What += " of " + p.Target
	}
	p.Jobs = int64(len(o.Identities))
	p.identity = func(ctx context.Context) error { return a.living(ctx, o.Identities) }
	if scheduling && o.Deed != Dump {
		p.warn("the scheduler runs in no other process: its jobs stop until one is started again")
		p.Danger, p.Confirm = act.Destroys, p.Target
		p.Again = a.Instance
	}
	p.warn("each hears it at its next heartbeat, within 10 s (5 s before Sidekiq 7), and says so in the one after")
	p.signalNotes(o.Deed, busy)
	return nil
}

func (p *Plan) signalNotes(d Deed, busy int) {
	switch d {
	case Quiet:
		p.warn("what is in hand (%s) goes on to its end, and releases its unique locks then; nothing new is taken. Only a restart takes that back", spelling.Count(busy, "job", "jobs"))
	case Stop:
		p.warn("what is in hand (%s) has 25 s (its -t) to end; what has not is put back into its queue, and keeps its unique lock", spelling.Count(busy, "job", "jobs"))
		p.warn("under restart: always or Restart=always it is back at once, and not quiet: to keep it down, stop the unit or the container (docker compose stop -t 60)")
	case Dump:
		p.warn("the backtraces of all threads are written into the process's own log")
	default:
	}
}

func cleaned(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = clean.Line(id)
	}
	return out
}

// living proves that processes still have a heartbeat.
func (a *Acts) living(ctx context.Context, ids []string) error {
	all, err := a.Jobs.Processes(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(all, func(p Process) bool { return p.Identity == id && !p.Stale }) {
			return &fault.Error{What: "the process is gone", On: clean.Line(id), Why: "it has no heartbeat any more", Next: "look again: vmtui sidekiq status", Code: fault.Refused}
		}
	}
	return nil
}

func (a *Acts) signal(ctx context.Context, g *grip, o Order, _ Plan) (Report, error) {
	err := a.Jobs.Signal(ctx, g.permit, signals[o.Deed], o.Identities)
	return Report{Jobs: int64(len(o.Identities))}, err
}

func (a *Acts) planPutBack(ctx context.Context, o Order, p *Plan) {
	p.Target, p.Jobs = "possibly lost jobs", int64(len(o.Lost))
	p.What = fmt.Sprintf("put %s back that dead processes had in hand", spelling.Count(len(o.Lost), "job", "jobs"))
	p.warn("a job that was done after all is done twice: only the log of its process knows")
	p.identity = func(context.Context) error { return nil }
	cmds, locked := make([]redis.Command, 0, len(o.Lost)), 0
	for _, l := range o.Lost {
		if lockOf(payloadOf(l.raw)) != (lock{}) {
			locked++
		}
		p.Lines = append(p.Lines, fmt.Sprintf("RPUSH queue:%s   %s %s", l.Queue, l.Class, l.JID))
		cmds = append(cmds, redis.Cmd("LPOS", a.Jobs.key("queue:"+l.queue), redis.Unshown(l.raw), "RANK", -1, "MAXLEN", 10_000))
	}
	switch {
	case locked > 0:
		p.warn("%d of them say they hold a unique lock; each keeps it until it has run", locked)
	case len(o.Lost) > 0:
		p.warn("unique locks: none of them names one")
	}
	got, err := a.Jobs.redis.Read(ctx, cmds...)
	if err != nil {
		p.warn("whether they are in their queues already could not be looked at: %s", fault.Of(err).Why)
		return
	}
	for i, r := range got {
		if !r.Nil() {
			p.warn("%s %s is in its queue already", o.Lost[i].Class, o.Lost[i].JID)
		}
	}
	a.growsWhereFull(ctx, p)
	if len(o.Lost) == 0 {
		p.refuse("nothing is known to be lost", "what a dead process had is in Redis for a minute; after that only the console, or a status --watch, that saw it alive knows it")
	}
}

func (a *Acts) putBack(ctx context.Context, g *grip, o Order, _ Plan) (Report, error) {
	jobs := make([]Job, len(o.Lost))
	for i, l := range o.Lost {
		jobs[i] = l.Job
	}
	return Report{Jobs: int64(len(jobs))}, a.Jobs.PutBack(ctx, g.permit, jobs)
}
