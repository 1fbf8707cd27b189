package book

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// text is a value with ${{ expressions }} in it. What they give is a value as well and never more: it is put where a value stands, and no
// shell, no YAML and no template reads it again.
type text struct {
	line    int
	raw     string
	settled bool // it is needed before the run begins: no step has said anything by then
	parts   []part
}

type part struct {
	literal string
	formula *formula
}

// formula is an expression that was checked.
type formula struct {
	source  string
	program *vm.Program
	running bool // it needs something that only a run knows
}

func newText(line int, raw string) *text { return &text{line: line, raw: raw} }

// settle marks a text that is needed before the run begins.
func (t *text) settle() *text { t.settled = true; return t }

const (
	opening = "${{"
	closing = "}}"
)

// compile takes the text apart and checks its expressions.
func (t *text) compile(p *page, sc scope) {
	t.parts = nil
	for rest := t.raw; rest != ""; {
		before, after, found := strings.Cut(rest, opening)
		if before != "" {
			t.parts = append(t.parts, part{literal: before})
		}
		if !found {
			return
		}
		source, behind, closed := strings.Cut(after, closing)
		if !closed {
			p.wrong(t.line, "close it with }}", "%q is not closed", opening+after)
			return
		}
		if f := compile(p, t.line, strings.TrimSpace(source), sc, t.settled); f != nil {
			t.parts = append(t.parts, part{formula: f})
		}
		rest = behind
	}
}

// compile checks one expression: what it names must be there by then, and its types must fit.
func compile(p *page, line int, source string, sc scope, settled bool, more ...expr.Option) *formula {
	tree, err := parser.Parse(source)
	if err != nil {
		p.wrong(line, "write an expression such as steps.space.output or inputs.days > 7", "%q: %s", source, plain(err))
		return nil
	}
	f := &formula{source: source}
	v := &names{}
	ast.Walk(&tree.Node, v)
	good := true
	if v.dynamic {
		p.wrong(line, "write inputs.NAME or steps.ID", "%q looks something up by a name that is only known later", source)
		good = false
	}
	for _, name := range v.inputs {
		good = sc.hasInput(p, line, name) && good
	}
	for _, id := range v.steps {
		good = sc.hasStep(p, line, id, settled) && good
	}
	ofRun := slices.Contains(v.bare, "run") || slices.Contains(v.bare, "operator")
	f.running = len(v.steps) > 0 || ofRun
	if settled && ofRun {
		p.wrong(line, "leave run and operator out here", "%q is needed before there is a run, and must be the same in all of its legs", source)
		good = false
	}
	if !good {
		return nil
	}
	f.program, err = expr.Compile(source, append(more, expr.Env(sc.types()), expr.DisableBuiltin("now"))...)
	if err != nil {
		p.wrong(line, sc.hint(), "%q: %s", source, plain(err))
		return nil
	}
	return f
}

// mentioned are the steps that an expression names; none when it cannot be read.
func mentioned(source string) []string {
	tree, err := parser.Parse(source)
	if err != nil {
		return nil
	}
	v := &names{}
	ast.Walk(&tree.Node, v)
	return v.steps
}

// plain is an error of the expression's, without its picture.
func plain(err error) string {
	var at *file.Error
	if errors.As(err, &at) {
		return at.Message
	}
	return err.Error()
}

// names are what an expression refers to.
type names struct {
	inputs, steps, bare []string
	dynamic             bool // something is looked up by a name that is only known later
}

// Visit implements ast.Visitor.
func (n *names) Visit(node *ast.Node) {
	switch x := (*node).(type) {
	case *ast.IdentifierNode:
		n.bare = append(n.bare, x.Value)
	case *ast.MemberNode:
		of, is := x.Node.(*ast.IdentifierNode)
		name, named := x.Property.(*ast.StringNode)
		switch {
		case is && !named && (of.Value == "inputs" || of.Value == "steps"):
			n.dynamic = true
		case !is || !named:
		case of.Value == "inputs":
			n.inputs = append(n.inputs, name.Value)
		case of.Value == "steps":
			n.steps = append(n.steps, name.Value)
		}
	}
}

// scope is what can be named in the expressions of one step.
type scope struct {
	def  *Definition
	step *Step // nil before the first
	undo bool  // in its undo: its own result is there
}

func (sc scope) types() types.Map {
	inputs, steps := types.Map{}, types.Map{}
	for _, in := range sc.def.Inputs {
		inputs[in.Name] = in.kind()
	}
	for _, s := range sc.def.every() {
		steps[s.ID] = types.Map{"output": types.String, "code": types.Int, "ran": types.Bool}
	}
	return types.Map{
		"inputs": inputs, "steps": steps, "target": types.String, "node": types.String, "instance": types.String, "site": types.String, "operator": types.String, "run": types.String,
	}
}

func (sc scope) hint() string {
	return "there are inputs.NAME, steps.ID.output, .code and .ran, target, node, instance, site, operator and run; int(…) makes a number of a text"
}

// hasInput reports that an input is declared.
func (sc scope) hasInput(p *page, line int, name string) bool {
	names := make([]string, 0, len(sc.def.Inputs))
	for _, in := range sc.def.Inputs {
		if in.Name == name {
			return true
		}
		names = append(names, in.Name)
	}
	p.wrong(line, "declare it under `inputs:`, or use "+orNearest(name, names), "the input %q is never declared", name)
	return false
}

// hasStep reports that a step is known and has been walked by then.
func (sc scope) hasStep(p *page, line int, id string, settled bool) bool {
	all := sc.def.every()
	i := slices.IndexFunc(all, func(s *Step) bool { return s.ID == id })
	if i < 0 {
		ids := make([]string, len(all))
		for j, s := range all {
			ids[j] = s.ID
		}
		p.wrong(line, "use "+orNearest(id, ids), "there is no step %q", id)
		return false
	}
	if settled {
		p.wrong(line, "use inputs, target or node here", "steps.%s is not known before the run begins, and this must be", id)
		return false
	}
	here := slices.Index(all, sc.step)
	if i < here || i == here && sc.undo {
		return true
	}
	if way := sc.def.cycle(sc.step, id); way != "" {
		p.wrong(line, "let the earlier step do without the later one's result", "a cycle: %s", way)
		return false
	}
	p.wrong(line, "put the step behind it, or refer to an earlier one", "step %q comes later: it has no result by then", id)
	return false
}

// value gives the text with what is known now. known is false when something in it is not known yet: then it stands there as it was written.
func (t *text) value(env map[string]any) (value string, known bool, err error) {
	var b strings.Builder
	known = true
	for _, p := range t.parts {
		if p.formula == nil {
			b.WriteString(p.literal)
			continue
		}
		if !p.formula.ready(env) {
			known = false
			b.WriteString(opening + " " + p.formula.source + " " + closing)
			continue
		}
		v, err := expr.Run(p.formula.program, env)
		if err != nil {
			return "", false, fmt.Errorf("%s: %s", p.formula.source, plain(err))
		}
		s, err := spell(v)
		if err != nil {
			return "", false, fmt.Errorf("%s: %w", p.formula.source, err)
		}
		b.WriteString(s)
	}
	return b.String(), known, nil
}

// ready reports that everything the expression needs is known.
func (f *formula) ready(env map[string]any) bool {
	if !f.running {
		return true
	}
	if run, _ := env["run"].(string); run == "" {
		return false // a plan is only looked at
	}
	return true
}

// holds evaluates a condition.
func (f *formula) holds(env map[string]any) (bool, error) {
	v, err := expr.Run(f.program, env)
	if err != nil {
		return false, fmt.Errorf("%s: %s", f.source, plain(err))
	}
	yes, _ := v.(bool)
	return yes, nil
}

// spell is a value as a word.
func spell(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case time.Duration:
		return v.String(), nil
	case bool, int, float64:
		return fmt.Sprint(v), nil
	}
	return "", fmt.Errorf("it gives %T, which is no single value", v)
}
