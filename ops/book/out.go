package book

import (
	"context"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/worker"
)

// onWorker is what steps about one worker have in common. They are the built-in runbooks' own.
type onWorker struct {
	node *text
	why  *text
	line int
}

func readWorker(b block, keys ...string) onWorker {
	b.only(append(keys, "node")...)
	o := onWorker{node: newText(b.lineOf("node"), b.must("node", "add `node: target`, a worker's name, or `node: node` inside each")).settle(), line: b.line}
	o.why = newText(b.lineOf("why"), b.text("why")).settle()
	return o
}

func (o *onWorker) check(p *page, d *Definition, s *Step) {
	oneWorker(p, d, s, o.node)
	o.why.compile(p, scope{def: d, step: s})
	if d.cfg.LoadBalancer.ID == "" {
		p.wrong(o.line, "add `load_balancer` and `digitalocean` to the config", "there is no load balancer that a worker could be taken out of")
	}
	if s.said != "" {
		p.wrong(s.line, "leave `danger:` out", "step %s has its own danger", s.ID)
	}
}

// ownSteps refuses what the steps of a way out or back say for themselves.
func (o *onWorker) ownSteps(p *page, s *Step, word string) {
	for said, key := range map[bool]string{s.Deadline > 0: "deadline", s.Skip: "skip", s.Gate: "gate", s.Usual != "": "usual", s.noUndo != "": "no_undo"} {
		if said {
			p.wrong(s.line, "leave it out", "%s of step %s: a %s is made of steps that have their own", key, s.ID, word)
		}
	}
}

func (o *onWorker) texts() []*text     { return nil }
func (o *onWorker) kind() run.Kind     { return run.Idempotent }
func (o *onWorker) danger() act.Danger { return act.Changes }
func (o *onWorker) confirms() string   { return "" }

// part is the worker, and the unit at it.
func (o *onWorker) part(u *unit) (worker.Part, *unit, string, error) {
	name, err := u.word(o.node)
	if err != nil {
		return worker.Part{}, nil, "", err
	}
	if m, ok := u.b.member(name); !ok || m.Role != config.RoleWorker {
		_, err := worker.Recruit(context.Background(), u.b.Deps.Deps, name, "") // it says what is wrong with the name, and asks nobody
		return worker.Part{}, nil, "", err
	}
	at, err := u.on(name, false)
	if err != nil {
		return worker.Part{}, nil, "", err
	}
	why, _, err := o.why.value(at.env())
	return u.b.parts[name], at, why, err
}

// several puts a worker's own steps into the run: under the step's id, and only if the step is wanted.
func several(u *unit, steps []run.Step, back bool) []run.Step {
	prefix := u.id + "."
	u.b.ways = append(u.b.ways, way{prefix: prefix, node: u.node, back: back})
	for i := range steps {
		st := &steps[i]
		st.ID, st.Title = prefix+st.ID, u.node+": "+st.Title
		if st.Until != "" {
			st.Until = prefix + st.Until
		}
		for j, pane := range st.Panes {
			st.Panes[j] = pane + "@" + u.node
		}
		conditional(u, st)
	}
	return steps
}

// conditional lets a ready-made step be left out.
func conditional(u *unit, st *run.Step) {
	if len(u.conditions()) == 0 {
		return
	}
	observe := st.Observe
	st.Observe = func(ctx context.Context, w *run.Walk) (run.Finding, error) {
		return u.observe(func(ctx context.Context) (run.Finding, error) {
			if observe == nil {
				return run.Finding{Truth: run.IsPending}, nil
			}
			return observe(ctx, w)
		})(ctx, w)
	}
}

// drain takes a worker out of service.
type drain struct{ onWorker }

func readDrain(b block) deed { return &drain{readWorker(b, "why")} }

func (d *drain) check(p *page, def *Definition, s *Step) {
	d.ownSteps(p, s, "drain")
	d.onWorker.check(p, def, s)
}

func (d *drain) steps(u *unit) ([]run.Step, error) {
	p, at, why, err := d.part(u)
	if err != nil {
		return nil, err
	}
	return several(at, p.Drain(why), false), nil
}

// back brings a worker back into service.
type back struct{ onWorker }

func readBack(b block) deed { return &back{readWorker(b)} }

func (d *back) check(p *page, def *Definition, s *Step) {
	d.ownSteps(p, s, "return")
	d.onWorker.check(p, def, s)
}

func (d *back) steps(u *unit) ([]run.Step, error) {
	p, at, _, err := d.part(u)
	if err != nil {
		return nil, err
	}
	return several(at, p.Return(), true), nil
}

// hold says that a worker is out on purpose, or takes that back.
type hold struct {
	onWorker
	off bool
}

func readHold(b block) deed   { return &hold{onWorker: readWorker(b, "why")} }
func readUnhold(b block) deed { return &hold{onWorker: readWorker(b), off: true} }

func (h *hold) steps(u *unit) ([]run.Step, error) {
	p, at, why, err := h.part(u)
	if err != nil {
		return nil, err
	}
	st := p.Hold(why)
	if h.off {
		st = p.Unhold()
	}
	st.ID, st.Title, st.Why, st.Gate, st.Skip = at.id, at.title, u.s.Why, u.s.Gate, u.s.Skip || st.Skip
	conditional(at, &st)
	return []run.Step{st}, nil
}
