package book

import (
	"strings"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
)

// each does its steps for one node after another.
type each struct {
	on     place
	inside []*Step
	line   int
}

func readEach(b block) deed {
	b.only("node", "steps")
	e := &each{on: readPlace(b, "node"), line: b.line}
	if len(e.on.words) == 0 {
		b.wrong(b.line, "add `node: workers`, or a list of names", "each does not say for which nodes")
	}
	if !b.has("steps") {
		b.wrong(b.line, "write `steps:` and a list below it", "each has no steps")
	}
	e.inside = readSteps(b.page, b, "each")
	return e
}

func (e *each) raw() string {
	words := make([]string, len(e.on.words))
	for i, w := range e.on.words {
		words[i] = w.raw
	}
	return strings.Join(words, ", ")
}

func (e *each) check(p *page, d *Definition, s *Step) {
	e.on.check(p, d, s)
	if s.said != "" {
		p.wrong(s.line, "say it of the steps inside", "each has no danger of its own")
	}
}

func (e *each) texts() []*text     { return nil }
func (e *each) kind() run.Kind     { return run.Idempotent }
func (e *each) danger() act.Danger { return act.Safe }
func (e *each) confirms() string   { return "" }

// steps are those inside, for one node after another.
func (e *each) steps(u *unit) ([]run.Step, error) {
	nodes, err := u.nodes(e.on)
	if err != nil {
		return nil, err
	}
	var out []run.Step
	for _, n := range nodes {
		for _, s := range e.inside {
			more, err := u.b.walk(s, n, u.s)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
	}
	return out, nil
}
