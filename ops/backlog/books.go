// Package backlog holds the runbooks for a Sidekiq that does not keep up: finding out what waits and why, putting a queue aside, clearing out what
// dead servers left. They use what ops/sidekiq can see and do.
package backlog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ops/spelling"
)

// The runbooks' names.
const (
	Triage  = "sidekiq-triage"
	Flush   = "sidekiq-flush"
	CleanUp = "sidekiq-dead-cleanup"
)

// Pane is the live pane by which these runbooks are watched.
const Pane = "queues"

// What may be said when a run begins.
var (
	queueInput  = run.Input{Name: "queue", Type: "string", About: "the queue", Needed: true}
	lookInput   = run.Input{Name: "queue", Type: "string", About: "the queue to look into; without one, the one that waits longest"}
	thenInput   = run.Input{Name: "then", Type: "enum", About: "what becomes of what was parked", Default: leave, Values: []string{leave, remove, restore}}
	setInput    = run.Input{Name: "set", Type: "enum", About: "where to clear out", Default: sidekiq.Dead, Values: []string{sidekiq.Dead, sidekiq.Retry}}
	filterInput = run.Input{Name: "filter", Type: "string", About: "a filter with a name", Default: "dead-http"}
	hostInput   = run.Input{Name: "host", Type: "string", About: "only jobs that go to this host, such as '*.example'"}
)

// What may become of what was parked.
const (
	leave   = "leave"
	remove  = "delete"
	restore = "restore"
)

// Books is the shelf of these runbooks.
func Books(a *sidekiq.Acts) []run.Book {
	return []run.Book{
		{
			ID: Triage, Title: "Find out why Sidekiq is behind", Danger: act.Safe, Inputs: []run.Input{lookInput},
			Summary: "Looks at queues, processes, retries and the scheduler, measures how they move, counts what is in the slowest queue, and says what to do next.",
			Dangers: []string{"It changes nothing."},
			Build:   built(a, Triage, "Find out why Sidekiq is behind", triageSteps),
		},
		{
			ID: Flush, Title: "Flush a queue", Danger: act.Destroys, Inputs: []run.Input{queueInput, thenInput},
			Summary: "Parks a queue, which can be taken back, sees that its workers recover, and then leaves it parked, restores it, or deletes it with a backup.",
			Dangers: []string{"What lies parked is not done meanwhile.", "What is deleted is lost but for its backup; what that means differs by queue and is shown before."},
			Build:   built(a, Flush, "Flush a queue", flushSteps),
		},
		{
			ID: CleanUp, Title: "Clear out what dead servers left", Danger: act.Destroys, Inputs: []run.Input{setInput, filterInput, hostInput},
			Summary: "Counts the dead jobs (or retries) that failed because another server is gone, and deletes them, with a backup.",
			Dangers: []string{"Retries that are deleted are given up: a server that comes back misses them."},
			Build:   built(a, CleanUp, "Clear out what dead servers left", cleanUpSteps),
		},
	}
}

// site is what one run works on.
type site struct {
	*sidekiq.Acts
	inputs map[string]string
}

func built(a *sidekiq.Acts, id, title string, steps func(*site) ([]run.Step, string, error)) func(context.Context, string, map[string]string) (run.Runbook, error) {
	return func(_ context.Context, target string, given map[string]string) (run.Runbook, error) {
		s := &site{Acts: a, inputs: map[string]string{}}
		for k, v := range given {
			s.inputs[k] = v
		}
		if target != "" && s.inputs[queueInput.Name] == "" {
			s.inputs[queueInput.Name] = target
		}
		all, on, err := steps(s)
		if err != nil {
			return run.Runbook{}, err
		}
		return run.Runbook{ID: id, Version: 1, Title: title, Target: on, Inputs: s.inputs, Steps: all}, nil
	}
}

// said is an input, or its default; it is frozen with the run.
func (s *site) said(in run.Input) (string, error) {
	v := s.inputs[in.Name]
	if v == "" {
		v = in.Default
	}
	if in.Needed && v == "" {
		return "", &fault.Error{What: "an input is missing", On: in.Name, Why: in.About, Next: "say it with --set " + in.Name + "=…", Code: fault.Usage}
	}
	if len(in.Values) > 0 && !slices.Contains(in.Values, v) {
		return "", &fault.Error{What: "an input cannot be used", On: in.Name, Why: v + " is none of " + strings.Join(in.Values, ", "), Next: "say one of them", Code: fault.Usage}
	}
	s.inputs[in.Name] = v
	return v, nil
}

// plan shows fixed lines.
func plan(lines ...string) func(context.Context) ([]string, error) {
	return func(context.Context) ([]string, error) { return lines, nil }
}

// tellPlan writes what an order would do into the transcript.
func tellPlan(w *run.Walk, p sidekiq.Plan) {
	w.Out("%s", p.What)
	if p.In.Counted > 0 {
		w.Out("in it, of %d looked at: %s", p.In.Counted, cmp.Or(shares(p.In.Classes), "none that is meant"))
		if len(p.In.Hosts) > 0 {
			w.Out("they go to: %s", shares(p.In.Hosts))
		}
	}
	if p.Loss.Lost != "" {
		w.Out("risk %s: %s", p.Loss.Severity, p.Loss.Lost)
		w.Out("what brings it back: %s", p.Loss.Again)
	}
	for _, c := range p.Caution {
		w.Out("! %s", c)
	}
}

func shares(all []sidekiq.Share) string {
	var words []string
	for _, s := range all[:min(len(all), 6)] {
		words = append(words, fmt.Sprintf("%s %d", s.Name, s.Count))
	}
	return strings.Join(words, ", ")
}

// carry does an order within a run: the walk opens the door.
func (s *site) carry(ctx context.Context, w *run.Walk, o sidekiq.Order) (sidekiq.Report, error) {
	p, err := s.Plan(ctx, o, waits(w))
	if err != nil {
		return sidekiq.Report{}, err
	}
	if !w.Granted(typedKey) { // else it was told with the question
		tellPlan(w, p)
	}
	if o.Typed == "" && p.Confirm != "" {
		if !w.Granted(typedKey) {
			return sidekiq.Report{}, run.NeedsGo{Key: typedKey, Cause: p.What, Hint: stakes(p), Details: p.Caution, Confirm: p.Confirm}
		}
		o.Typed = p.Confirm
	}
	if p.Again != "" {
		if !w.Granted(againKey) {
			return sidekiq.Report{}, run.NeedsGo{Key: againKey, Cause: p.Target + " is asked about twice: " + p.Loss.Lost, Hint: "type the name of the instance", Details: p.Caution, Confirm: p.Again, Attended: true}
		}
		o.Again = p.Again
	}
	what := p.Act(o)
	what.Verb, what.Unleased = "", false
	var r sidekiq.Report
	err = w.Act(ctx, what, func(ctx context.Context, permit act.Permit) error {
		r, err = s.With(ctx, permit, o, p)
		run.Effect(ctx, r.Shelf)
		return err
	})
	if err == nil {
		w.Out("%s; %d left as they were; %d no longer there; %s released", spelling.Count(r.Jobs, "job", "jobs"), r.Kept, r.Gone, spelling.Count(r.Unlocked, "unique lock", "unique locks"))
	}
	for _, b := range r.Backups {
		w.Out("backup: %s", b)
	}
	if r.Doubt != "" {
		w.Out("doubt: %s", r.Doubt)
	}
	return r, err
}

// waits writes what an act waits for into the transcript, once.
func waits(w *run.Walk) func(sidekiq.Progress) {
	said := ""
	return func(p sidekiq.Progress) {
		if p.Says != "" && p.Says != said {
			said = p.Says
			w.Out("%s: %s", p.Doing, p.Says)
		}
	}
}

// stakes is what is at stake, in a line.
func stakes(p sidekiq.Plan) string {
	if p.Deed == sidekiq.Park {
		return "what waits there is not done meanwhile: " + p.Loss.Lost
	}
	return "what is lost: " + p.Loss.Lost
}

// The questions of an act that asks for names.
const (
	typedKey = "typed"
	againKey = "again"
)
