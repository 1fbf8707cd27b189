package desk

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/audit"
	"github.com/vmtui/vmtui/ops/backlog"
	"github.com/vmtui/vmtui/ops/book"
	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/courier"
	"github.com/vmtui/vmtui/ops/fanout"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/logs"
	"github.com/vmtui/vmtui/ops/roll"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/upkeep"
	"github.com/vmtui/vmtui/ops/verb"
	"github.com/vmtui/vmtui/ops/worker"
)

// Desk joins the rooms of ops for one console or one command. Make it with New and Close it: that stops the legs it walks at a step boundary.
type Desk struct {
	cfg     *config.Config
	engine  *run.Engine
	books   []run.Book // built in
	own     *book.Shelf
	watch   *fleet.Watch
	deps    worker.Deps
	fan     fanout.Fan
	asks    *Asks
	calls   *audit.Log
	secrets *keys.Redactor
	logs    logs.Reader
	jobs    *job.Room
	sidekiq *sidekiq.Acts
	queues  *sidekiq.Watch
	caches  *cache.Room
	courier courier.Courier

	// Heard is given each password that a run was given, at once, and says whether somebody has taken it; nil: they wait here until they are copied. It is
	// set before anything is walked.
	Heard func(ctx context.Context, run, password string) bool

	ctx    context.Context // of the legs walked here; cancelled by Close
	cancel context.CancelFunc
	legs   sync.WaitGroup

	mu      sync.Mutex
	walking map[string]bool
	ends    map[string]error     // why legs walked here ended, where their log may not tell
	trails  map[string][]float64 // what panes showed before, for sparklines
	sights  map[string]Pane      // the last look of each pane
	far     map[string]far       // how far unfinished runs are, by id
	spoken  map[string]handed    // passwords that runs were given, by run
	changed chan struct{}

	works  efforts[fanout.View] // commands on nodes
	purges efforts[cache.View]
	trips  efforts[courier.View] // files that are copied
}

// New makes a desk. ctx bounds everything it walks; calls is the log that the wires below write, secrets what no saved file may hold; reader reads the
// logs of the nodes; acts changes Sidekiq's data.
func New(
	ctx context.Context, cfg *config.Config, engine *run.Engine, watch *fleet.Watch, deps book.Deps, jobs *job.Room, fan fanout.Fan, asks *Asks, calls *audit.Log, secrets *keys.Redactor, reader logs.Reader,
	acts *sidekiq.Acts,
) *Desk {
	ctx, cancel := context.WithCancel(ctx)
	d := &Desk{
		cfg: cfg, engine: engine, watch: watch, deps: deps.Deps, jobs: jobs, fan: fan, asks: asks, calls: calls, secrets: secrets, logs: reader,
		sidekiq: acts, queues: acts.Jobs.NewWatch(),
		ctx: ctx, cancel: cancel, walking: map[string]bool{}, ends: map[string]error{}, trails: map[string][]float64{}, changed: make(chan struct{}, 1), sights: map[string]Pane{}, far: map[string]far{},
		spoken: map[string]handed{},
		works:  efforts[fanout.View]{none: noCommand}, purges: efforts[cache.View]{none: noPurge}, trips: efforts[courier.View]{none: noCopy},
	}
	deps.Jobs, deps.Hands = jobs, d
	d.books = slices.Concat(
		worker.Books(deps.Deps), roll.Books(roll.Deps{Deps: deps.Deps, Book: d.Book, Rebuild: d.Rebuild, Runs: engine.List, Jobs: jobs}),
		upkeep.Books(upkeep.Deps{Config: cfg, Jobs: jobs, Hands: d}), backlog.Books(acts), deps.Built,
	)
	d.own = book.NewShelf(deps, d.books)
	d.legs.Go(d.relay)
	return d
}

// relay passes on that the fleet changed, until the desk is closed.
func (d *Desk) relay() {
	for {
		select {
		case <-d.ctx.Done():
			return
		case <-d.watch.Changed():
			d.stir()
		}
	}
}

// stir says that something changed, unless that has been said and not heard yet.
func (d *Desk) stir() {
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// Close stops every leg at its next step boundary and waits for it. None begins any more.
func (d *Desk) Close() {
	d.mu.Lock()
	d.cancel()
	d.mu.Unlock()
	d.legs.Wait()
}

// leg does work that Close waits for; false when the desk is closed.
func (d *Desk) leg(work func()) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx.Err() != nil {
		return false
	}
	d.legs.Go(work)
	return true
}

// Fleet is the fleet as last observed.
func (d *Desk) Fleet() fleet.Snapshot { return d.watch.Snapshot() }

// Changed says, coalesced, that the fleet or a run of this process is not what it was.
func (d *Desk) Changed() <-chan struct{} { return d.changed }

// Refresh looks at the whole fleet now.
func (d *Desk) Refresh() { d.watch.Refresh() }

// Asks are the questions from below.
func (d *Desk) Asks() <-chan Ask { return d.asks.ch }

// Shelf is every runbook: those that are built in, and the instance's own.
func (d *Desk) Shelf() []run.Book { return slices.Concat(d.books, d.own.Books()) }

// Book finds a runbook by name.
func (d *Desk) Book(id string) (run.Book, error) {
	var names []string
	for _, b := range d.Shelf() {
		if b.ID == id {
			return b, b.Off
		}
		names = append(names, b.ID)
	}
	return run.Book{}, unknownBook(id, names)
}

// Verbs are the things that can be done to each of the targets, with why each is off just now; nil when ctx has ended. "" is no target.
func (d *Desk) Verbs(ctx context.Context, targets ...string) map[string][]VerbState {
	all, snap := make(map[string][]VerbState, len(targets)), d.watch.Snapshot()
	table, books := d.known()
	for _, target := range targets {
		if ctx.Err() != nil {
			return nil
		}
		all[target] = d.states(table, books, target, snap)
	}
	return all
}

// Engine gives commands the runs themselves: to list, show, answer and walk.
func (d *Desk) Engine() *run.Engine { return d.engine }

// Tail yields a run's events after a number and follows it. Where the log cannot be read any more, it says what became of the run here.
func (d *Desk) Tail(ctx context.Context, id string, after uint64) iter.Seq2[run.Event, error] {
	return func(yield func(run.Event, error) bool) {
		for ev, err := range d.engine.Store.Tail(ctx, id, after) {
			if err != nil {
				err = d.became(id, err)
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}

// became is why the leg that was walked here ended, if it did, instead of why its log cannot be read.
func (d *Desk) became(id string, err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if why := d.ends[id]; why != nil {
		return why
	}
	return err
}

// Runs is every run, newest first. With an error beside them, they are those that can be had: a store is away.
func (d *Desk) Runs(ctx context.Context) ([]Run, error) {
	list, missing := d.engine.List(ctx)
	if list == nil && missing != nil {
		return nil, missing
	}
	runs := make([]Run, 0, len(list))
	for _, s := range list {
		r := d.describe(s)
		var err error
		if r.At, r.Of, err = d.progress(ctx, s); err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return runs, missing
}

func (d *Desk) describe(s run.Summary) Run {
	r := Run{Summary: s, Title: s.Runbook, Alive: s.State == run.Running || s.State == run.AtGate, Here: d.here(s.ID) || s.Parent != "" && d.here(s.Parent) && s.State != run.Interrupted}
	if i := slices.IndexFunc(d.books, func(b run.Book) bool { return b.ID == s.Runbook }); i >= 0 {
		r.Title = d.books[i].Title
	} else { // one of the instance's own, whose file may be gone by now, or no runbook at all
		r.Title, r.Act = verb.Spoken(s.Runbook), !book.IsName(s.Runbook)
	}
	return r
}

func (d *Desk) here(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.walking[id]
}

// Answer decides at a gate.
func (d *Desk) Answer(ctx context.Context, id string, answer run.Answer) error {
	answer.By = d.engine.Operator
	return d.engine.Answer(ctx, id, answer)
}

// Stop asks a run to stop at its next step boundary, wherever it is walked.
func (d *Desk) Stop(ctx context.Context, id string) error { return d.engine.Request(ctx, id, "stop") }

// Rebuild makes the runbook of a run that exists, from what was frozen in its header. changed reports that its file says something else by now.
func (d *Desk) Rebuild(ctx context.Context, id string, h run.Header) (rb run.Runbook, changed bool, err error) {
	switch {
	case h.Single():
		return rb, false, &fault.Error{What: "a single act", On: id, Why: verb.Spoken(h.Runbook) + " has no steps to walk", Next: "look at it with `vmtui runs show " + id + "`; do it again by its own command", Code: fault.Usage}
	case h.Definition != "":
		return d.own.Frozen(ctx, h)
	}
	b, err := d.Book(h.Runbook)
	if err != nil {
		return run.Runbook{}, false, err
	}
	rb, err = b.Build(ctx, h.Target, h.Inputs)
	return rb, false, err
}

func unknownBook(id string, names []string) error {
	why := "it is not on the shelf" + spelling.Hint("; the nearest is ", id, names, "")
	return &fault.Error{What: "no such runbook", On: id, Why: why, Next: "choose one of " + strings.Join(names, ", "), Code: fault.Usage}
}

// trail remembers what a pane showed, for its sparkline.
func (d *Desk) trail(key string, value float64) []float64 {
	const length = 60
	d.mu.Lock()
	defer d.mu.Unlock()
	t := append(d.trails[key], value)
	t = t[max(0, len(t)-length):]
	d.trails[key] = t
	return slices.Clone(t)
}

// Pane looks once at something a step is best watched by.
func (d *Desk) Pane(ctx context.Context, id, pane string) (Pane, error) {
	key := id + "/" + pane
	if pane == backlog.Pane {
		return d.queuesPane(ctx, key), nil
	}
	if p, fresh := d.lately(key); fresh && strings.HasPrefix(pane, "balancer") {
		return p, nil
	}
	v, err := d.engine.View(ctx, id)
	if err != nil {
		return Pane{}, err
	}
	what, target, inputs := book.PaneOf(pane, v.Header)
	s, err := worker.Look(ctx, d.deps, what, target, inputs, v.Facts)
	p := Pane{Title: s.Title, Lines: s.Lines, Value: s.Says, Seen: time.Now(), Err: err}
	if s.Says != "" && err == nil {
		p.Series = d.trail(key, s.Value)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sights[key] = p
	return p, nil
}

// lately gives a pane's last look while it is fresh. The provider allows 5,000 requests an hour: who looks at the balancer does so as often as the
// fleet is looked at, and no more.
func (d *Desk) lately(key string) (Pane, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.sights[key]
	return p, ok && time.Since(p.Seen) < d.cfg.Fleet.Every
}

// off says why a verb cannot be used on a target just now. In a read-only console the plan of a runbook can be looked at; starting it is refused
// there, and by the door.
func (d *Desk) off(v verb.Verb, target string, snap fleet.Snapshot) string {
	if v.Runbook == "" && v.Danger != act.Safe && d.engine.Door.ReadOnly() {
		return "this console is read-only"
	}
	if v.Targets == "" {
		return ""
	}
	n, ok := d.cfg.Node(target)
	switch {
	case v.Targets == "node" && ok:
		return ""
	case v.Targets == "node":
		return "no node is chosen"
	case !ok:
		return "no worker is chosen"
	case n.Role != config.RoleWorker:
		return target + " is the exec node, which is never drained"
	case d.cfg.LoadBalancer.ID == "":
		return "no load balancer is configured"
	}
	return cmp.Or(offFor(v.ID, target, snap), d.held(target, snap))
}

func offFor(verbID, target string, snap fleet.Snapshot) string {
	for i := range snap.Nodes {
		n := &snap.Nodes[i]
		if n.Name != target {
			continue
		}
		switch {
		case verbID == "return" && n.LB == "in" && n.Hold == nil:
			return target + " is in service already"
		case verbID == "drain" && n.LB == "out" && n.Hold != nil:
			return target + " is out already, on hold by " + n.Hold.By
		}
	}
	return ""
}
