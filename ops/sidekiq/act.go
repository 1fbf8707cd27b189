package sidekiq

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/redis"
)

// Deed is what can be done.
type Deed string

// The deeds.
const (
	Park    Deed = "park"    // put a queue aside
	Restore Deed = "restore" // put what is parked, or was interrupted, back
	Load    Deed = "load"    // read a backup back
	Delete  Deed = "delete"
	Requeue Deed = "retry" // let jobs of a set run now
	Kill    Deed = "kill"  // give jobs up
	Move    Deed = "move"  // to another queue
	PutBack Deed = "put back"
	Quiet   Deed = "quiet"
	Stop    Deed = "stop"
	Dump    Deed = "dump"
)

// Order is what somebody wants done. Acts.Plan says what it would do, Acts.Do does it.
type Order struct {
	Deed   Deed
	Name   string // of a queue, a set or a shelf; of a backup's file for Load; Quiet, Stop, Dump: of the node whose processes are meant, "" for none
	Filter Filter // Delete, Requeue, Kill, Move: which jobs
	To     string // Move: the queue
	Limit  int    // Requeue, Kill, Move, Delete: at most so many, 0 for all; a retry has a limit always
	Rate   int    // Requeue, Restore: jobs a second, 0 for as fast as it goes; a retry has a rate always
	Newer  time.Duration
	// Backup writes a backup before a park. A delete always writes one, and so does a park where Redis may drop what nobody touches.
	Backup bool
	Run    string // Park: the run that does it, by which it finds its shelf again; "" for none
	// KeepLocks leaves the unique locks of deleted and killed jobs.
	KeepLocks  bool
	Identities []string // Quiet, Stop, Dump: of processes
	Lost       []Lost   // PutBack

	Typed string // what was typed to confirm: Plan.Confirm
	Again string // where it is asked twice: Plan.Again
}

// Progress is how far an act is.
type Progress struct {
	Doing string // in a few words
	Done  int64
	Of    int64  // 0 while that is not known
	Unit  string // of both, "" for jobs
	Says  string // why nothing happens for a while; "" mostly
}

// Report is what an act has done.
type Report struct {
	Deed     Deed          `json:"act"`
	Name     string        `json:"name"`
	Jobs     int64         `json:"jobs"`              // parked, restored, deleted, retried, killed, moved, put back
	Kept     int64         `json:"kept"`              // looked at and left
	Gone     int64         `json:"gone"`              // were meant, and were no longer there when their turn came
	Unsure   int64         `json:"unsure,omitempty"`  // were not there when they were asked for again, because the first answer got lost: taken by this act, or by others
	Back     int64         `json:"back,omitempty"`    // were taken, and are there again: another Redis took over that had not heard of it
	Unlocked int64         `json:"unlocked"`          // unique locks released
	Shelf    string        `json:"parked,omitempty"`  // where jobs lie now
	Left     int64         `json:"left,omitempty"`    // that lie there because a deletion of them was interrupted
	Backups  []string      `json:"backups,omitempty"` // files
	Certain  string        `json:"certain,omitempty"` // what was counted again after Redis was away; "" where it was not
	Doubt    string        `json:"doubt,omitempty"`   // what is not certain, or why it may not last; "" mostly
	Took     time.Duration `json:"-"`
	Seconds  float64       `json:"seconds"`
}

// Acts does what changes Sidekiq's data, each through the door.
type Acts struct {
	Jobs     *Jobs
	Door     *act.Door
	Journal  act.Journal
	Instance string
	Operator string
	Dir      string // where backups are written
}

// Act is what the door is asked for an order.
func (p Plan) Act(o Order) act.Act {
	return act.Act{Verb: "sidekiq/" + string(o.Deed), Target: p.Target, What: p.What, Danger: p.Danger, Typed: o.Typed, Identity: p.identity, Unleased: true}
}

// stakes are what is at stake, in a few words: what is lost, or what is to be known first of all.
func (p Plan) stakes() string {
	if p.Loss.Lost == "" && len(p.Caution) > 0 {
		return p.Caution[0]
	}
	return p.Loss.Lost
}

// ready says why an order cannot be carried out as it was planned.
func (p Plan) ready(o Order) error {
	if p.Deed != o.Deed {
		return fmt.Errorf("there is no plan for %q", o.Deed)
	}
	if p.Refusal != nil {
		return p.Refusal
	}
	if p.Again != "" && o.Again != p.Again {
		return &fault.Error{What: "not confirmed", On: p.Target, Why: "it is asked about twice: " + p.stakes(), Next: "confirm with the instance's name too: " + p.Again, Code: fault.Refused}
	}
	return nil
}

// Do does what was planned, through the door. Whoever gives up (ctx) is heard between two portions; what was begun is brought to an end that loses
// nothing. An outcome that could not be recorded is an error too.
func (a *Acts) Do(ctx context.Context, o Order, p Plan) (Report, error) {
	if err := p.ready(o); err != nil {
		return Report{}, err
	}
	permit, settle, err := a.Door.Open(context.WithoutCancel(ctx), a.Journal, p.Act(o))
	if err != nil {
		return Report{}, err
	}
	r, err := a.With(ctx, permit, o, p)
	return r, errors.Join(err, settle(act.Outcome{Err: err, Effect: r.Shelf, Said: r.said()}))
}

// With does what was planned, with a permit that the door has given for Plan.Act.
func (a *Acts) With(ctx context.Context, permit act.Permit, o Order, p Plan) (Report, error) {
	if err := p.ready(o); err != nil {
		return Report{}, err
	}
	g := &grip{permit: permit, what: p.What, asked: ctx, tell: p.tell, began: time.Now().Truncate(time.Millisecond)}
	defer g.close()
	a = a.waitingFor(g)
	deeds := map[Deed]func(context.Context, *grip, Order, Plan) (Report, error){
		Park: a.park, Restore: a.restore, Load: a.load, Delete: a.remove, Requeue: a.pick, Kill: a.kill, Move: a.filter, PutBack: a.putBack,
		Quiet: a.signal, Stop: a.signal, Dump: a.signal,
	}
	all := context.WithoutCancel(ctx)
	if err := a.alone(all, g, p); err != nil {
		return Report{}, err
	}
	defer g.release(all)
	r, err := deeds[o.Deed](all, g, o, p)
	if err == nil {
		err = a.prove(all, g, o, p, &r)
	}
	r.Deed, r.Name, r.Took = o.Deed, p.Target, time.Since(g.began)
	r.Seconds = r.Took.Round(time.Millisecond).Seconds()
	return r, err
}

// alone takes the queue for the act, and looks once more whether another one was interrupted on it since the plan was made.
func (a *Acts) alone(ctx context.Context, g *grip, p Plan) error {
	queue := p.claimed()
	if queue == "" {
		return nil
	}
	if err := g.claim(ctx, a.Operator, queue); err != nil {
		return err
	}
	if s, is, err := a.unfinished(ctx, p); err != nil || is {
		g.release(ctx)
		if is {
			err = interrupted(queue, s)
		}
		return err
	}
	return nil
}

// Nothing reports that nothing was done, as far as is known.
func (r Report) Nothing() bool { return r.Jobs+r.Gone+r.Unsure+r.Back == 0 && r.Shelf == "" }

// TakenOut reports a deletion that has deleted nothing of what it took out: its backup was not proved.
func (r Report) TakenOut() bool { return r.Deed == Delete && r.Shelf != "" && r.Left == 0 }

// Counts are its numbers, in words.
func (r Report) Counts() string {
	said := fmt.Sprintf("%s; %d left as they were; %d no longer there; %s released", spelling.Count(r.Jobs, "job", "jobs"), r.Kept, r.Gone, spelling.Count(r.Unlocked, "unique lock", "unique locks"))
	if r.Left > 0 {
		said += fmt.Sprintf("; %d left of those that are meant", r.Left)
	}
	if r.Unsure > 0 {
		said += fmt.Sprintf("; %d unsure", r.Unsure)
	}
	if r.Back > 0 {
		said += fmt.Sprintf("; %d there again", r.Back)
	}
	return said
}

// said is the report for the record.
func (r Report) said() []string {
	lines := []string{fmt.Sprintf("%s; %s", r.Counts(), r.Took.Round(time.Millisecond))}
	for _, b := range r.Backups {
		lines = append(lines, "backup: "+b)
	}
	for _, l := range []string{r.Certain, r.Doubt} {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// grip is the hold that one act has on Redis: its permit, and a line.
type grip struct {
	jobs   *Jobs
	permit remote.Permit
	what   string
	asked  context.Context //nolint:containedctx // whoever asked for the act may give up, which is looked at between portions
	tell   func(Progress)
	began  time.Time
	line   *redis.Line
	waits  int // for Redis: it may be another one since each
	taken  taken

	queue, token string // what it claims, and by what
	kept         time.Time
}

func (g *grip) close() {
	if g.line != nil {
		g.line.Close()
		g.line = nil
	}
}

// givenUp reports that whoever asked does not want it any more.
func (g *grip) givenUp() bool { return g.asked.Err() != nil }

func (g *grip) say(p Progress) {
	if g.tell != nil {
		g.tell(p)
	}
}

// once sends a script, one time.
func (g *grip) once(ctx context.Context, s redis.Script, keys []string, args ...any) (redis.Reply, error) {
	if g.line == nil {
		line, err := g.jobs.redis.Hold(ctx, g.what)
		if err != nil {
			return redis.Reply{}, err
		}
		g.line = line
	}
	keys, args = append([]string{g.jobs.key(claimKey + g.queue)}, keys...), append([]any{g.token, claimLife.Milliseconds()}, args...)
	r, err := g.line.Run(ctx, g.permit, g.what, s, keys, args...)
	if err != nil {
		g.close()
		return r, g.ours(err)
	}
	g.kept = time.Now()
	return r, nil
}

// steady sends a script that may be sent twice, and waits for a Redis that is away, restarts or changes its primary.
func (g *grip) steady(ctx context.Context, s redis.Script, keys []string, args ...any) (redis.Reply, error) {
	return g.sent(ctx, redis.Passing, s, keys, args...)
}

// wary sends a script that must not be sent twice, and waits for such a Redis as long as it was certainly not sent.
func (g *grip) wary(ctx context.Context, s redis.Script, keys []string, args ...any) (redis.Reply, error) {
	return g.sent(ctx, unsent, s, keys, args...)
}

func (g *grip) sent(ctx context.Context, again func(error) bool, s redis.Script, keys []string, args ...any) (r redis.Reply, err error) {
	err = g.insist(again, func() error {
		r, err = g.once(ctx, s, keys, args...)
		return err
	})
	return r, err
}
