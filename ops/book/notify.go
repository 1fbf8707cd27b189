package book

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/clean"
)

// notify posts a JSON document to a webhook. Its address is a secret, and so it is a reference.
type notify struct {
	ref  string
	body any // *text, number, bool, nil, []any, map[string]any
	all  []*text
	line int
}

func readNotify(b block) deed {
	b.only("url", "body")
	n := &notify{ref: b.must("url", "write env:NAME, file:PATH, keyring:NAME or cmd:COMMAND: whoever knows the address can post"), line: b.line}
	if n.ref != "" && !keys.IsReference(n.ref) {
		b.wrong(b.lineOf("url"), "write env:NAME, file:PATH, keyring:NAME or cmd:COMMAND, and change the address: it has been written down", "a webhook's address is a secret and may not stand in a runbook")
	}
	k, ok := b.find("body")
	if !ok {
		b.wrong(b.line, "add `body: {text: …}`, in the shape that the service behind it expects", "%s has no body", b.what)
		return n
	}
	n.body = n.read(b.page, k.value)
	return n
}

// read turns YAML into what becomes JSON. Expressions are put in as values, inside of strings: they cannot change the document's shape.
func (n *notify) read(p *page, node ast.Node) any {
	switch v := node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		b, _ := p.block(v, "the body")
		out := map[string]any{}
		for _, k := range b.keys {
			out[k.name] = n.read(p, k.value)
		}
		return out
	case *ast.SequenceNode:
		out := make([]any, 0, len(v.Values))
		for _, x := range v.Values {
			out = append(out, n.read(p, x))
		}
		return out
	case *ast.IntegerNode:
		if i, err := strconv.ParseInt(v.GetToken().Value, 10, 64); err == nil {
			return i
		}
	case *ast.FloatNode:
		return v.Value
	case *ast.BoolNode:
		return v.Value
	case *ast.NullNode:
		return nil
	}
	s, ok := scalar(node)
	if !ok {
		p.wrong(lineOf(node), "write plain keys and values", "the body holds %s", kindOf(node))
	}
	t := newText(lineOf(node), s)
	n.all = append(n.all, t)
	return t
}

// document is the body with what is known.
func (n *notify) document(env map[string]any) ([]byte, error) {
	filled, err := fill(n.body, env)
	if err != nil {
		return nil, err
	}
	return json.Marshal(filled)
}

func fill(v any, env map[string]any) (any, error) {
	switch v := v.(type) {
	case *text:
		s, _, err := v.value(env)
		return s, err
	case []any:
		out := make([]any, len(v))
		for i := range v {
			var err error
			if out[i], err = fill(v[i], env); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := map[string]any{}
		for k := range v {
			var err error
			if out[k], err = fill(v[k], env); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}

func (n *notify) check(*page, *Definition, *Step) {}
func (n *notify) texts() []*text                  { return n.all }
func (n *notify) kind() run.Kind                  { return run.Once }
func (n *notify) danger() act.Danger              { return act.Changes }
func (n *notify) confirms() string                { return n.ref }

func (n *notify) steps(u *unit) ([]run.Step, error) {
	at, err := u.on(u.node, false)
	if err != nil {
		return nil, err
	}
	st := at.frame(run.Once, n.ref)
	st.NoUndo, st.Undo = "", nothing("what was told stays told")
	st.Skip = true // nobody's maintenance hangs on a notice
	st.Plan = at.plan(func(env map[string]any) ([]string, error) {
		doc, err := n.document(env)
		return []string{"POST " + n.ref + " " + clean.Line(string(doc))}, err
	})
	st.Observe = at.observe(nil)
	st.Do = func(ctx context.Context, w *run.Walk) error {
		at.walk = w
		doc, err := n.document(at.env())
		if err != nil {
			return err
		}
		address, err := u.b.Secret(ctx, besideConfig(n.ref, u.b.Config.Path()))
		if err != nil {
			return err
		}
		a := act.Act{Target: n.ref, What: "POST " + n.ref + " " + clean.Line(string(doc)), Danger: act.Changes}
		return w.Act(ctx, a, func(ctx context.Context, p act.Permit) error { return u.b.Hooks.Post(ctx, p, address, n.ref, doc) })
	}
	return []run.Step{st}, nil
}

// besideConfig anchors a relative file: at the config's directory, as the config's own paths are.
func besideConfig(ref, config string) string {
	path, is := strings.CutPrefix(ref, "file:")
	if !is || filepath.IsAbs(path) || strings.HasPrefix(path, "~") {
		return ref
	}
	return "file:" + filepath.Join(filepath.Dir(config), path)
}
