package book

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/worker"
	"github.com/vmtui/vmtui/remote/ssh"
)

// unit is one step at one place: what the engine walks as one step. A step on three nodes is three units.
type unit struct {
	b     *bench
	s     *Step
	outer *Step  // the each it stands in, nil for none
	each  string // the node of that each
	node  string // where it is done, "" for nowhere
	id    string // the engine's
	title string
	walk  *run.Walk // the last that was seen: plans are made without one
}

// nodes are the nodes that a place names, each once, in the fleet's order.
func (u *unit) nodes(pl place) ([]string, error) {
	named := map[string]bool{}
	for _, t := range pl.words {
		word, err := u.word(t)
		if err != nil {
			return nil, err
		}
		names := chosen(u.b.fleet, word)
		if len(names) == 0 {
			return nil, &fault.Error{What: "no node is meant", On: u.b.def.ID + ", step " + u.s.ID, Why: fmt.Sprintf("no node is named %q", word), Next: "correct `on`", Code: fault.Usage}
		}
		for _, n := range names {
			named[n] = true
		}
	}
	var out []string
	for _, m := range u.b.fleet {
		if named[m.Name] {
			out = append(out, m.Name)
		}
	}
	return out, nil
}

// word is a word of a place, with target and node put in.
func (u *unit) word(t *text) (string, error) {
	word, _, err := t.value(u.env())
	switch {
	case err != nil:
		return "", err
	case word == wordTarget:
		return u.b.target, nil
	case word == wordNode:
		return cmp.Or(u.each, u.node), nil
	}
	return word, nil
}

// on is the unit at a node. several adds the node to its id: the step is done at others too.
func (u *unit) on(node string, several bool) (*unit, error) {
	at := u.at(node)
	if several {
		at.id += "@" + node
	}
	if u.s.Title != nil {
		title, _, err := u.s.Title.value(at.env())
		if err != nil {
			return nil, err
		}
		at.title = title
	}
	switch {
	case several:
		at.title = node + ": " + at.title
	case at.each != "" && at.title != "":
		at.title = at.each + ": " + at.title
	}
	u.b.units = append(u.b.units, at)
	return at, nil
}

// spread makes a step of its own for each node.
func (u *unit) spread(nodes []string, step func(*unit) run.Step) ([]run.Step, error) {
	var out []run.Step
	for _, n := range nodes {
		at, err := u.on(n, len(nodes) > 1)
		if err != nil {
			return nil, err
		}
		out = append(out, step(at))
	}
	return out, nil
}

func (u *unit) at(node string) *unit {
	at := *u
	at.node = node
	return &at
}

// frame is the unit as data. on is what must be typed if it destroys.
func (u *unit) frame(kind run.Kind, on string) run.Step {
	s := u.s
	st := run.Step{StepInfo: run.StepInfo{ID: u.id, Title: u.title, Why: s.Why, Kind: kind, Skip: s.Skip, Gate: s.Gate, Usual: s.Usual, NoUndo: s.noUndo}, Deadline: cmp.Or(s.Deadline, run.DefaultDeadline)}
	if s.danger() == act.Destroys {
		st.Confirm = on
	}
	switch {
	case s.harmless:
		st.Undo = nothing("there is nothing to take back")
	case s.undo != nil || st.NoUndo != "":
	case kind == run.Read:
		st.NoUndo = "it only reads"
	default:
		st.NoUndo = "its author gave no undo"
	}
	return st
}

// nothing is an undo of what leaves nothing to take back, so that the steps before it can be taken back.
func nothing(why string) func(context.Context, *run.Walk) error {
	return func(_ context.Context, w *run.Walk) error { w.Out("%s", why); return nil }
}

// plan makes a Plan of what is known when it is asked.
func (u *unit) plan(lines func(env map[string]any) ([]string, error)) func(context.Context) ([]string, error) {
	return func(context.Context) ([]string, error) {
		out, err := lines(u.env())
		for _, c := range u.conditions() {
			out = append(out, "only if "+c.source)
		}
		return out, err
	}
}

// observe asks the conditions first: a step that is not wanted is left out.
func (u *unit) observe(next func(context.Context) (run.Finding, error)) func(context.Context, *run.Walk) (run.Finding, error) {
	return func(ctx context.Context, w *run.Walk) (run.Finding, error) {
		u.walk = w
		f, certain, err := u.unwanted()
		if err != nil || !certain || f.Truth == run.LeftOut || next == nil {
			return f, err
		}
		return next(ctx)
	}
}

func (u *unit) conditions() []*formula {
	var out []*formula
	if u.outer != nil && u.outer.wanted != nil {
		out = append(out, u.outer.wanted)
	}
	if u.s.wanted != nil {
		out = append(out, u.s.wanted)
	}
	return out
}

// unwanted finds that the step is left out. certain is false when that cannot be known before the run.
func (u *unit) unwanted() (f run.Finding, certain bool, err error) {
	env := u.env()
	for _, c := range u.conditions() {
		if !c.ready(env) {
			return pending("only if %s", c.source), false, nil
		}
		yes, err := c.holds(env)
		if err != nil {
			return run.Finding{}, false, &fault.Error{What: "the condition cannot be judged", On: u.s.ID, Why: err.Error(), Next: "look at what the steps before said, in the transcript; skip the step, or stop", Err: err}
		}
		if !yes {
			return run.Finding{Truth: run.LeftOut, Detail: "it was to be done only if " + c.source}, true, nil
		}
	}
	return run.Finding{Truth: run.IsPending}, true, nil
}

// act is the change that the unit is about to make at its node.
func (u *unit) act(what string) act.Act {
	a := act.Act{Target: u.node, What: what, Danger: u.s.danger()}
	if a.Danger == act.Destroys {
		a.Identity = func(ctx context.Context) error { return u.b.identity(ctx, u.node) }
	}
	return a
}

func (u *unit) host() worker.Host { return u.b.Host(u.node) }

// known reports that texts need nothing that only a run knows.
func (u *unit) known(texts []*text) bool {
	_, known, err := values(texts, u.env())
	return err == nil && known
}

// What a run keeps of a step's result, by the engine's id.
const (
	factOutput = "output of "
	factCode   = "code of "
)

// mostKept bounds what a step hands to those behind it.
const mostKept = 16 << 10

// keep remembers what a command said, without what nobody should keep.
func (u *unit) keep(ctx context.Context, out string, code int) error {
	out = u.b.Redact(hushed(strings.TrimSpace(out)))
	if len(out) > mostKept {
		u.walk.Out("only the last %s are kept for the steps behind this one", spelling.Count(mostKept, "byte", "bytes"))
		out = strings.ToValidUTF8(out[len(out)-mostKept:], "")
	}
	if err := u.walk.Remember(ctx, factOutput+u.id, out); err != nil {
		return err
	}
	return u.walk.Remember(ctx, factCode+u.id, strconv.Itoa(code))
}

// mostTold is how many lines of an output get into the transcript.
const mostTold = 400

// tell puts an output into the transcript.
func (u *unit) tell(res ssh.Result) {
	lines := slices.Collect(strings.Lines(hushed(res.Stdout) + hushed(res.Stderr)))
	if over := len(lines) - mostTold; over > 0 {
		u.walk.Out("(%s before these left out)", spelling.Count(over, "line", "lines"))
		lines = lines[over:]
	}
	for _, l := range lines {
		u.walk.Out("%s", strings.TrimRight(l, "\n"))
	}
	if res.Dropped > 0 {
		u.walk.Out("(%s more dropped)", spelling.Count(res.Dropped, "byte", "bytes"))
	}
}

// env is what expressions see at this unit.
func (u *unit) env() map[string]any {
	steps := map[string]any{}
	for _, s := range u.b.def.every() {
		steps[s.ID] = u.result(s)
	}
	env := map[string]any{
		"inputs": u.b.inputs, "steps": steps, "target": u.b.target, "node": cmp.Or(u.each, u.node), "instance": u.b.Config.Instance, "site": strings.TrimSuffix(u.b.Config.Site, "/"), "operator": u.b.Operator, "run": "",
	}
	if u.walk != nil && !u.walk.Dry() {
		env["run"] = u.walk.Run()
	}
	return env
}

// result is what a step came to: here, when it was done at this unit's place, or else everywhere that it was done.
func (u *unit) result(s *Step) map[string]any {
	result := map[string]any{"output": "", "code": 0, "ran": false}
	if u.walk == nil || u.walk.Dry() {
		return result
	}
	var said []string
	for _, of := range u.of(s) {
		code := u.walk.Fact(factCode + of.id)
		if code == "" {
			continue
		}
		n, _ := strconv.Atoi(code) // it was a number when it was kept
		result["ran"], result["code"] = true, max(n, result["code"].(int))
		said = append(said, u.walk.Fact(factOutput+of.id))
	}
	result["output"] = strings.Join(said, "\n")
	return result
}

// of are the units of a step that this unit means when it names it.
func (u *unit) of(s *Step) []*unit {
	var all, here []*unit
	for _, x := range u.b.units {
		if x.s != s || u.outer != nil && x.outer == u.outer && x.each != u.each {
			continue
		}
		all = append(all, x)
		if x.node == u.node && u.node != "" {
			here = append(here, x)
		}
	}
	if len(here) > 0 {
		return here
	}
	return all
}
