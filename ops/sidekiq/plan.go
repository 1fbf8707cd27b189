package sidekiq

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
)

// Plan is what an order would do, found by looking only. It is shown before anything is done, and carries what must be typed.
type Plan struct {
	Deed    Deed       `json:"act"`
	Target  string     `json:"target"`
	What    string     `json:"what"` // in a sentence
	Danger  act.Danger `json:"danger"`
	Back    string     `json:"taken_back,omitempty"` // how it is taken back, where no other act does that
	Lines   []string   `json:"does"`                 // what is sent to Redis
	Loss    Loss       `json:"loss,omitzero"`
	Jobs    int64      `json:"jobs"` // that are meant; with a filter they were counted one by one
	Size    int64      `json:"size"` // of the place
	In      Histogram  `json:"in"`   // what they are
	Locks   Locks      `json:"locks"`
	Policy  string     `json:"eviction_policy,omitempty"` // of Redis; "" when it does not say
	Backup  bool       `json:"backup,omitempty"`          // one of the whole queue is written, asked for or not
	Caution []string   `json:"caution"`
	Confirm string     `json:"confirm,omitempty"` // to be typed
	Again   string     `json:"again,omitempty"`   // to be typed as well, where it is asked twice
	Refusal error      `json:"-"`                 // why it cannot be done
	Busy    *Busy      `json:"busy,omitempty"`    // who is at work on the queue, which is the Refusal then

	place    Place
	few      []found // all that are meant, when they are few
	deep     int64   // among how many of the oldest they are; fewer, when workers have taken some since
	identity func(context.Context) error
	tell     func(Progress)
}

// backs are how the acts are taken back that no other act takes back.
var backs = map[Deed]string{
	Quiet: "only a restart takes it back", Stop: "a start takes it back", Dump: "nothing to take back",
	Restore: "what has run stays done", Requeue: "what has run stays done", Move: "what has run stays done", PutBack: "what has run stays done",
}

// fewest is up to how many jobs are taken out of a living queue one by one, without anything else moving; see deepest.
const fewest = 200

// Plan looks at what an order would do. Tell hears of the progress, now and when it is done, from the goroutine that does it; it may be nil.
func (a *Acts) Plan(ctx context.Context, o Order, tell func(Progress)) (Plan, error) {
	if err := o.Filter.Check(); err != nil {
		return Plan{}, err
	}
	p := Plan{
		Deed: o.Deed, Target: o.Name, Danger: act.Changes, Back: backs[o.Deed], Caution: []string{}, Lines: []string{}, tell: tell,
		In: Histogram{Classes: []Share{}, Hosts: []Share{}, Errors: []Share{}},
	}
	var err error
	switch o.Deed {
	case Quiet, Stop, Dump:
		err = a.planSignal(ctx, o, &p)
	case Load:
		err = a.planLoad(ctx, o, &p)
	case PutBack:
		a.planPutBack(ctx, o, &p)
	default:
		err = a.planJobs(ctx, o, &p)
	}
	return p, err
}

func (a *Acts) planJobs(ctx context.Context, o Order, p *Plan) error {
	var err error
	if p.place, err = a.Jobs.Find(ctx, o.Name); err != nil {
		return err
	}
	p.Target, p.Size = p.place.Name, p.place.Size
	if o.Deed == Park || o.Deed == Delete || o.Deed == Kill {
		p.Loss = LossOf(p.queue())
	}
	p.identity = func(ctx context.Context) error { return a.same(ctx, *p) }
	if !o.Filter.Empty() {
		err = a.countMeant(ctx, o, p)
	} else {
		p.In, err = a.Jobs.Sample(ctx, p.place, o.Filter)
		p.Jobs = p.Size
	}
	if err != nil {
		return err
	}
	if o.Limit > 0 {
		p.Jobs = min(p.Jobs, int64(o.Limit))
	}
	if err := a.lookAtLocks(ctx, p); err != nil {
		return err
	}
	if err := a.undisturbed(ctx, p); err != nil || p.Refusal != nil {
		return err
	}
	switch o.Deed {
	case Park:
		err = a.planPark(ctx, o, p)
	case Restore:
		err = a.planRestore(ctx, o, p)
	case Delete:
		a.planDelete(o, p)
		err = a.planFiltered(ctx, p)
	case Requeue, Kill:
		a.planPick(o, p)
		err = a.planFiltered(ctx, p)
	case Move:
		a.planMove(o, p)
		err = a.planFiltered(ctx, p)
	default:
		return fmt.Errorf("there is no act %q", o.Deed)
	}
	p.later(o)
	if o.Deed == Restore || o.Deed == Requeue {
		a.runsWhereFull(ctx, p)
	}
	p.noLocks()
	return err
}

// later says that a filter on what is in use means what it finds when it begins, where the single jobs are not known.
func (p *Plan) later(o Order) {
	if p.Refusal == nil && p.place.Shelf == nil && !p.inPlace() && o.Deed != Park {
		p.warn("meant is what is there when it begins: jobs that come in until then too, and none that comes in later")
	}
}

// isQueue reports a queue that workers take from.
func (p *Plan) isQueue() bool { return p.place.Shelf == nil && !p.place.Set }

// queue is the queue or set whose loss is spoken of.
func (p *Plan) queue() string {
	if p.place.Shelf != nil {
		return p.place.Shelf.Queue
	}
	return p.place.Name
}

// countMeant reads the whole place, and keeps what is meant while that is little.
func (a *Acts) countMeant(ctx context.Context, o Order, p *Plan) error {
	c, first := newCounter(sieve{o.Filter, time.Now()}), 0
	err := a.Jobs.scan(ctx, p.place, func(jobs []found) (bool, error) {
		for _, f := range jobs {
			c.read++
			if pl := payloadOf(f.raw); c.means(pl) {
				c.count(pl)
				if len(p.few) == 0 {
					first = c.read
				}
				if len(p.few) <= fewest {
					p.few = append(p.few, found{raw: strings.Clone(f.raw), score: f.score})
				}
			}
		}
		if p.tell != nil {
			p.tell(Progress{Doing: "counting", Done: int64(c.read), Of: p.Size})
		}
		return true, nil
	})
	p.In = c.histogram(p.place)
	p.Jobs = int64(c.meant)
	p.deep = int64(c.read - first + 1) // a list is read from its newest on
	if len(p.few) > fewest {
		p.few = nil
	}
	return err
}

func (a *Acts) lookAtLocks(ctx context.Context, p *Plan) error {
	if p.In.Locked == 0 {
		return nil
	}
	jobs, err := a.Jobs.sample(ctx, p.place, sampled)
	if err != nil {
		return err
	}
	p.Locks, err = a.Jobs.locks(ctx, jobs)
	return err
}

// same proves that a name still means what the plan was made for.
func (a *Acts) same(ctx context.Context, p Plan) error {
	now, err := a.Jobs.Find(ctx, p.place.Name)
	if err != nil {
		return err
	}
	if now.Set != p.place.Set || (now.Shelf == nil) != (p.place.Shelf == nil) || now.Shelf != nil && !now.Shelf.At.Equal(p.place.Shelf.At) {
		return &fault.Error{What: "it is not what it was", On: p.Target, Why: "another thing has that name now", Next: "look again: vmtui sidekiq status", Code: fault.Refused}
	}
	return nil
}

func (p *Plan) refuse(why, next string) {
	p.What = cmp.Or(p.What, string(p.Deed)+" "+p.Target)
	p.Refusal = &fault.Error{What: "refused: " + string(p.Deed), On: p.Target, Why: why, Next: next, Code: fault.Refused}
}

func (p *Plan) warn(format string, args ...any) {
	p.Caution = append(p.Caution, fmt.Sprintf(format, args...))
}

// confirm wants the target's name typed, and the instance's as well where it is asked twice.
func (p *Plan) confirm(instance string) {
	p.Danger, p.Confirm = act.Destroys, p.Target
	if twice(p.queue()) {
		p.Again = instance
	}
}

// mayDrop reports a policy under which a list without an end can vanish: a parked one is the first, because nobody touches it.
func mayDrop(policy string) bool { return strings.HasPrefix(policy, "allkeys-") }

// top are the first of some shares, in words.
func top(all []Share, n int) string {
	var words []string
	for _, s := range all[:min(n, len(all))] {
		words = append(words, fmt.Sprintf("%s %d", s.Name, s.Count))
	}
	return strings.Join(words, ", ")
}

// listeners are the living processes that take jobs from a queue.
func listeners(all []Process, queue string) []Process {
	return slices.DeleteFunc(slices.Clone(all), func(p Process) bool { return p.Stale || p.Quiet || !slices.Contains(p.Queues, queue) })
}
