package cache

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/cloudflare"
	"github.com/vmtui/vmtui/remote/web"
)

// Incident is the runbook from the symptom to the proof.
const Incident = "cache-incident"

// Books is the shelf of the caches' runbooks.
func (r *Room) Books() []run.Book {
	return []run.Book{{
		ID: Incident, Title: "Mend a cached page", Danger: act.Changes,
		Summary: "Finds which cache serves a page in the wrong form and by which rule, purges it from the origin outwards, and proves that it is right.",
		Dangers: []string{"The workers render the page anew; nothing else is touched.", "A purge without mending the rule lasts until the next visitor."},
		Untried: []string{"How long a purge at the edge takes to reach all of its places: the box's edge is one place.", "What a plan of the edge's lets one purge in a row: its published limits are kept to."},
		Inputs:  []run.Input{{Name: "url", Type: "string", About: "the page that is wrong: /@picard, or a whole URL", Needed: true}},
		Build:   r.incident,
	}}
}

func (r *Room) incident(_ context.Context, target string, inputs map[string]string) (run.Runbook, error) {
	typed := inputs["url"]
	if typed == "" {
		typed = target
	}
	if typed == "" {
		return run.Runbook{}, &fault.Error{What: "no page was named", On: Incident, Next: "say which is wrong: --set url=/@picard", Code: fault.Usage}
	}
	if err := r.needEdge(); err != nil {
		return run.Runbook{}, err
	}
	raw, err := r.Address(typed)
	if err != nil {
		return run.Runbook{}, err
	}
	return run.Runbook{ID: Incident, Version: 1, Title: "Mend " + raw, Target: r.zone(), Inputs: map[string]string{"url": raw}, Steps: r.incidentSteps(raw)}, nil
}

func (r *Room) incidentSteps(raw string) []run.Step {
	return []run.Step{r.symptom(raw), r.cause(raw), r.purgeStep(raw, Origin), r.purgeStep(raw, TheEdge), r.proofStep(raw)}
}

func fixed(lines ...string) func(context.Context) ([]string, error) {
	return func(context.Context) ([]string, error) { return lines, nil }
}

// healthy is remembered when the symptom was not found.
const healthy = "healthy"

func (r *Room) symptom(raw string) run.Step {
	return run.Step{
		StepInfo: run.StepInfo{ID: "symptom", Title: "Ask every layer for the page", Kind: run.Read, NoUndo: "it changed nothing",
			Why: "The same page comes from each worker, through the balancer and through the edge. The innermost one that is wrong is where it begins; purging further out alone would bring it back."},
		Deadline: 2 * time.Minute,
		Plan:     fixed("GET "+raw+"  as text/html, then as application/activity+json", "of each worker (from "+r.Config.Exec().Name+"), of the balancer, of the edge"),
		Do: func(ctx context.Context, w *run.Walk) error {
			p, err := r.Probe(ctx, raw)
			if err != nil {
				return err
			}
			for _, line := range p.Lines() {
				w.Out("%s", line)
			}
			v := p.Verdict
			if !v.Wrong && !v.Cached && !v.Unsure {
				return w.Remember(ctx, healthy, "yes")
			}
			if err := w.Remember(ctx, healthy, "no"); err != nil || !v.Vain {
				return err
			}
			return unlessGranted(w, run.NeedsGo{Key: "vain", Cause: v.Says, Hint: v.Next + "; say retry when that is mended. Going on purges all the same", Attended: true})
		},
	}
}

// cause names the rules that make the edge keep the page, and waits for the operator to mend them, or to go on all the same.
func (r *Room) cause(raw string) run.Step {
	return run.Step{
		StepInfo: run.StepInfo{ID: "cause", Title: "Find the rule that keeps it", Kind: run.Read, Skip: true, NoUndo: "it changed nothing",
			Why: "The edge ignores Vary: Accept. A rule that caches people's pages serves one form to everybody; a purge without mending it lasts until the next visitor."},
		Deadline: 2 * time.Minute,
		Plan:     fixed("GET /zones/"+r.zone()+"/rulesets/phases/http_request_cache_settings/entrypoint", "GET /zones/"+r.zone()+"/pagerules"),
		Observe:  unneeded,
		Do: func(ctx context.Context, w *run.Walk) error {
			u, err := url.Parse(raw)
			if err != nil {
				return err
			}
			rules, err := r.blamed(ctx, u)
			if err != nil {
				return err
			}
			var names []string
			for _, b := range rules {
				names = append(names, b.String())
				w.Out("%s", b.String())
			}
			if len(names) == 0 {
				w.Out("no rule makes the edge keep it")
				return nil
			}
			return unlessGranted(w, run.NeedsGo{
				Key: "rule", Cause: "the edge keeps it by: " + strings.Join(names, "; "), Details: names,
				Hint: "mend the rule in Cloudflare's panel (Caching, Cache Rules: bypass for /@*, /users/*, /tags/*), then say retry; or go on: the purge then lasts until the next visitor",
			})
		},
	}
}

func unlessGranted(w *run.Walk, ask run.NeedsGo) error {
	if w.Granted(ask.Key) {
		return nil
	}
	return ask
}

// unneeded leaves a step out where nothing was wrong.
func unneeded(_ context.Context, w *run.Walk) (run.Finding, error) {
	if w.Fact(healthy) == "yes" {
		return run.Finding{Truth: run.LeftOut, Detail: "nothing is wrong with the page"}, nil
	}
	return run.Finding{Truth: run.IsPending}, nil
}

// StepDeadline lets a purge within a run be waited for as long as the APIs are ever waited for.
const StepDeadline = web.Patience + 2*time.Minute

// purgeStep purges the page in one of the caches.
func (r *Room) purgeStep(raw string, at Where) run.Step {
	s := run.Step{
		StepInfo: run.StepInfo{ID: "purge-" + string(at), Kind: run.Idempotent, NoUndo: "what was purged is fetched again when somebody asks for it"},
		Deadline: StepDeadline, Observe: unneeded,
	}
	s.Title, s.Why = "Purge it at the edge", "It is wrong there, or was filled from what was wrong behind it."
	if at == Origin {
		s.Title, s.Why = "Purge nginx's own cache on the workers", "Who is asked by the edge is purged before it: otherwise the edge would be filled with the old page again."
		s.Skip = true
	}
	p := Plan{Order: Order{URLs: []string{raw}, At: []Where{at}}}
	if at == Origin {
		p.proves = true // before anything is touched
		r.originItems(&p)
	} else {
		p.add(TheEdge, r.zone(), cloudflare.URLs, p.Order.URLs)
	}
	s.Plan = fixed(append(r.lines(p), p.Warnings...)...)
	if len(p.Items) == 0 {
		s.Observe = func(context.Context, *run.Walk) (run.Finding, error) {
			return run.Finding{Truth: run.LeftOut, Detail: "nginx keeps nothing of it by the config"}, nil
		}
	}
	s.Do = func(ctx context.Context, w *run.Walk) error {
		a := act.Act{Target: r.zone(), What: p.Order.Words(), Danger: act.Changes}
		return w.Act(ctx, a, func(ctx context.Context, permit act.Permit) error { return r.PurgeWithin(ctx, w, permit, p) })
	}
	return s
}

// AtEdge is an order for the edge as a step of somebody's runbook, by the config alone.
func (r *Room) AtEdge(o Order) (Plan, error) {
	o.At = []Where{TheEdge}
	o, err := r.tidy(o)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Order: o}
	r.edgeItems(&p)
	p.Lines = r.lines(p)
	return p, nil
}

// PurgeWithin purges as a part of a run, as `vmtui purge` does: waited for, repeated and written down. A worker that is not reached keeps nobody from a right page.
func (r *Room) PurgeWithin(ctx context.Context, walk *run.Walk, permit act.Permit, p Plan) error {
	ctx, w, err := r.begin(ctx, p, permit)
	if err != nil {
		return err
	}
	defer w.End()
	w.hear = func(line string) { walk.Out("%s", line) }
	walk.Out("purge %s", w.record.ID)
	stopped := w.purge(remote.Telling(ctx, w.tell))
	out := w.end(stopped)
	rest := w.record.Rest()
	if stopped != nil || ctx.Err() != nil || slices.ContainsFunc(rest, func(i Item) bool { return i.State != Unreached }) {
		return errors.Join(out.Err, ctx.Err())
	}
	for _, i := range rest {
		walk.Out("warning: %s was not purged; when it answers: vmtui purge --repeat %s", i.On, w.record.ID)
	}
	return nil
}

// proofAgain is the pause before another proof: a purge takes a moment to reach every data centre.
const proofAgain = 2 * time.Second

func (r *Room) proofStep(raw string) run.Step {
	return run.Step{
		StepInfo: run.StepInfo{ID: "proof", Title: "Prove that it is right", Kind: run.Read, NoUndo: "it changed nothing", Usual: "a moment; a purge is everywhere within seconds",
			Why: "HTML is asked for first, and JSON under a query, so that the proof is not what is cached next. It holds for the data centre that answers."},
		Deadline: time.Minute,
		Plan:     fixed("GET "+raw+"  as text/html", "GET "+raw+"?vmtui=…  as application/activity+json", "of every layer"),
		Observe:  unneeded,
		Verify: func(w *run.Walk) run.Check {
			return func(ctx context.Context) (run.Progress, error) {
				p, err := r.Prove(ctx, raw)
				if err != nil {
					return run.Progress{}, err
				}
				ok, said := p.Worked()
				if !ok {
					return run.Progress{For: "a right answer: " + said, Again: proofAgain, Usual: "seconds"}, nil
				}
				for _, line := range p.Lines() {
					w.Out("%s", line)
				}
				return run.Progress{Done: true, Detail: said}, nil
			}
		},
	}
}
