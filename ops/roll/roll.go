// Package roll does a runbook to one worker after another, as one run: within the budget, stopping at the first failure, resumable in the middle. What is
// done to a worker is a run of its own, with its own log; this room only knows in which order, what must be so before each, and what after.
package roll

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/worker"
)

// Workers is the runbook's name.
const Workers = "workers-roll"

// Deps is everything a roll acts through, and how it finds the runbooks that it walks.
type Deps struct {
	worker.Deps
	Book    func(id string) (run.Book, error)
	Rebuild func(ctx context.Context, id string, h run.Header) (rb run.Runbook, changed bool, err error)
	Runs    func(ctx context.Context) ([]run.Summary, error)
	Jobs    *job.Room // on exec
}

// What may be said when a roll begins, besides what its runbook takes.
const (
	bookInput    = "runbook"
	workersInput = "workers"
	whyInput     = "why" // of every runbook for a worker: for its hold record
)

var workersAbout = run.Input{Name: workersInput, Type: "string", About: "only these, with commas between; all of the config, in its order, when empty"}

// Books are the runbooks over all workers.
func Books(d Deps) []run.Book {
	return []run.Book{d.workers(), d.configuration(), d.certificates(), d.upgrade()}
}

func (d Deps) workers() run.Book {
	return run.Book{
		ID: Workers, Title: "Do a runbook to all workers, one by one", Danger: act.Destroys, Passes: true,
		Summary: "Walks a worker's runbook over all workers in the config's order, each as a run of its own. The next begins when the one before serves again and " +
			"enough others are healthy; the first failure stops it.",
		Dangers: []string{"It does to every worker what the runbook does to one.", "One worker less serves until it is over."},
		Untried: []string{"What the page of the runbook that is rolled says; beyond that a roll only looks."},
		Inputs: []run.Input{
			{Name: bookInput, Type: "string", Needed: true, About: "which runbook: worker-reimage, or another one for a worker, also one of your own"}, workersAbout,
		},
		Build: func(ctx context.Context, target string, given map[string]string) (run.Runbook, error) {
			return d.build(ctx, target, given)
		},
	}
}

// roll is one rollout: what is done, to whom, and what was said.
type roll struct {
	Deps
	book    run.Book
	workers []string
	given   map[string]string // for the runbook
	parts   map[string]worker.Part

	ahead  []run.Step                                                                  // before the first worker
	behind []run.Step                                                                  // after the last
	needs  func(ctx context.Context, p worker.Part) (need bool, why string, err error) // whether a worker's turn is wanted at all; nil: it is
	proof  func(p worker.Part) func(*run.Walk) run.Check                               // of a worker's turn; nil: it serves
}

func (d Deps) build(ctx context.Context, target string, given map[string]string) (run.Runbook, error) {
	name := cmp.Or(target, given[bookInput])
	if target != "" && given[bookInput] != "" && given[bookInput] != target {
		return run.Runbook{}, wrong(target, "runbook="+given[bookInput]+" says another", "name one runbook")
	}
	b, err := d.rolled(name)
	if err != nil {
		return run.Runbook{}, err
	}
	r := &roll{Deps: d, book: b}
	if err := r.recruit(ctx, given); err != nil {
		return run.Runbook{}, err
	}
	return run.Runbook{ID: Workers, Version: 1, Title: fmt.Sprintf("%s, all workers", b.Title), Target: name, Inputs: r.inputs(), Steps: r.steps()}, nil
}

// rolled is a runbook that can be done to all workers one by one.
func (d Deps) rolled(name string) (run.Book, error) {
	if name == "" {
		return run.Book{}, wrong("", "no runbook was named", "name one for a worker: vmtui run workers-roll worker-reimage")
	}
	b, err := d.Book(name)
	switch {
	case err != nil:
		return b, err
	case b.Targets != "worker":
		return b, wrong(name, "it is not done to a worker", "name a runbook for a worker")
	case b.Out:
		return b, wrong(name, "it leaves a worker out of service: after the first, too few would remain", "roll one that brings the worker back")
	}
	return b, nil
}

func wrong(what, why, next string) error {
	return &fault.Error{What: "this cannot be rolled", On: what, Why: why, Next: next, Code: fault.Usage}
}

// recruit finds out over whom to roll, and with what.
func (r *roll) recruit(ctx context.Context, given map[string]string) error {
	r.given = map[string]string{}
	for key, value := range given {
		switch {
		case key == bookInput || key == workersInput || strings.HasPrefix(key, worker.FrozenIn):
		case slices.ContainsFunc(r.book.Inputs, func(in run.Input) bool { return in.Name == key }):
			r.given[key] = value
		default:
			return &fault.Error{What: "that input is not known", On: key, Why: r.book.ID + " does not take it", Next: "see what it takes: vmtui run", Code: fault.Usage}
		}
	}
	if err := r.choose(given[workersInput]); err != nil {
		return err
	}
	r.parts = map[string]worker.Part{}
	for _, name := range r.workers {
		part, err := worker.Recruit(ctx, r.Deps.Deps, name, given[worker.FrozenIn+name])
		if err != nil {
			return err
		}
		r.parts[name] = part
	}
	return nil
}

// choose takes the workers that were named, in the config's order, or all.
func (r *roll) choose(named string) error {
	wanted := strings.FieldsFunc(named, func(c rune) bool { return c == ',' || c == ' ' })
	for _, n := range r.Config.Workers() {
		if len(wanted) == 0 || slices.Contains(wanted, n.Name) {
			r.workers = append(r.workers, n.Name)
		}
	}
	for _, name := range wanted {
		if !slices.Contains(r.workers, name) {
			return wrong(name, "the config has no worker of that name", "name workers of "+r.Config.Path())
		}
	}
	if len(r.workers) == 0 {
		return wrong("", "the config has no workers", "add some to "+r.Config.Path())
	}
	return nil
}

// inputs are what a resume needs to make the same roll.
func (r *roll) inputs() map[string]string {
	in := map[string]string{workersInput: strings.Join(r.workers, ",")}
	if r.book.ID != "" {
		in[bookInput] = r.book.ID
	}
	for key, value := range r.given {
		in[key] = value
	}
	for name, part := range r.parts {
		in[worker.FrozenIn+name] = part.Frozen()
	}
	return in
}

// steps look once, ask for the names of all where disks are destroyed, and do one worker after another.
func (r *roll) steps() []run.Step {
	steps := append([]run.Step{r.preflight()}, r.ahead...)
	if r.book.Danger == act.Destroys {
		steps = append(steps, r.beSure())
	}
	for _, name := range r.workers {
		steps = append(steps, r.one(name))
	}
	return append(append(steps, r.behind...), r.report())
}

// beSure has the names of all typed, once for the whole roll and anew in every leg: they pass the gates of the runs below.
func (r *roll) beSure() run.Step {
	names := strings.Join(r.workers, ",")
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "sure", Title: "Be sure about all of them", Kind: run.Read, NoUndo: "it changed nothing", Until: reportStep,
			Confirm: names, Panes: r.panes(),
			Why: "What follows cannot be taken back, and it happens to one worker after another without asking again. Unattended it is said as --confirm " + names + ".",
		},
		Plan: plan(fmt.Sprintf("%s, to %s, in this order", r.book.Title, strings.Join(r.workers, ", "))),
	}
}

// one is a worker's turn.
func (r *roll) one(name string) run.Step {
	part := r.parts[name]
	return run.Step{
		StepInfo: run.StepInfo{
			ID: name, Title: r.book.Title + ": " + name, Kind: run.Idempotent, Panes: []string{"balancer@" + name, "sidekiq@" + name},
			Why: "One at a time: the others carry its load, and if it does not come back well, nobody else is touched.",
		},
		Deadline: r.Config.LoadBalancer.DrainTimeout,
		Plan:     plan(fmt.Sprintf("%s %s, as a run of its own, once the budget allows it", r.book.ID, name), "then: "+name+" is in the load balancer, healthy, and on no hold"),
		Observe: func(ctx context.Context, w *run.Walk) (run.Finding, error) {
			if need, why, err := r.wanted(ctx, part); err != nil || !need {
				return run.Finding{Truth: run.IsDone, Detail: why}, err
			}
			said, err := part.Budget(ctx)
			if err != nil {
				return run.Finding{}, err
			}
			w.Out("budget: %s", said)
			return run.Finding{Truth: run.IsPending, Detail: said}, nil
		},
		Child: func(ctx context.Context, w *run.Walk, begun *run.Header) (run.Runbook, error) {
			if begun != nil {
				rb, _, err := r.Rebuild(ctx, name, *begun)
				return rb, err
			}
			rb, err := r.book.Build(ctx, name, r.given)
			if err != nil {
				return rb, err
			}
			return rb, r.unchanged(ctx, w, rb)
		},
		Verify: r.proven(part),
	}
}

// factDefinition is the text of a runbook of one's own that the first worker's run was made of, as a digest.
const factDefinition = "definition"

// unchanged refuses to do to one worker what was not done to the others: the file of a runbook of one's own may have been edited since the roll began.
func (r *roll) unchanged(ctx context.Context, w *run.Walk, rb run.Runbook) error {
	if rb.Definition == "" {
		return nil
	}
	now := fmt.Sprintf("%x", sha256.Sum256([]byte(rb.Definition)))
	switch w.Fact(factDefinition) {
	case "":
		return w.Remember(ctx, factDefinition, now)
	case now:
		return nil
	}
	return &fault.Error{
		What: "the runbook has changed since the roll began", On: rb.ID, Why: "the workers before had another", Code: fault.Refused,
		Next: "put its file back as it was; or stop this roll, and begin another",
	}
}

func (r *roll) wanted(ctx context.Context, p worker.Part) (bool, string, error) {
	if r.needs == nil {
		return true, "", nil
	}
	return r.needs(ctx, p)
}

func (r *roll) proven(p worker.Part) func(*run.Walk) run.Check {
	if r.proof == nil {
		return p.Serving
	}
	return r.proof(p)
}

// reportStep is the id of a roll's last step.
const reportStep = "report"

// report says what came of it, worker by worker.
func (r *roll) report() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: reportStep, Title: "Sum up", Kind: run.Read, NoUndo: "it changed nothing", Panes: r.panes(),
			Why: "Whoever asks tomorrow what was done reads a line for each worker, and its run if they doubt it.",
		},
		Deadline: time.Minute,
		Plan:     plan("a line for each worker: its run, and how long it took"),
		Do: func(ctx context.Context, w *run.Walk) error {
			runs, err := r.Runs(ctx)
			if runs == nil && err != nil {
				return err
			}
			for _, name := range r.workers {
				w.Out("report: %s", sum(name, runOf(w, name), runs))
			}
			return nil
		},
	}
}

// runOf is the newest run that was begun for a worker.
func runOf(w *run.Walk, name string) string {
	id := ""
	for _, a := range w.Intents(name) {
		id = cmp.Or(a.Run, id)
	}
	return id
}

func sum(name, id string, runs []run.Summary) string {
	at := slices.IndexFunc(runs, func(s run.Summary) bool { return s.ID == id })
	if at < 0 {
		return name + ": nothing was done, or its run cannot be read"
	}
	s := runs[at]
	return fmt.Sprintf("%s: run %s is %s, %s from %s", name, id, s.State, s.Updated.Sub(s.Started).Round(time.Second), s.Started.Local().Format(time.DateTime))
}

func plan(lines ...string) func(context.Context) ([]string, error) {
	return func(context.Context) ([]string, error) { return lines, nil }
}
