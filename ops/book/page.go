package book

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
)

// page is a runbook's file while it is read. It collects mistakes instead of ending at the first, so that an author mends them in one go.
type page struct {
	path     string
	mistakes []*fault.Error
	warnings []string
}

// wrong notes a mistake.
func (p *page) wrong(line int, next, why string, args ...any) {
	p.mistakes = append(p.mistakes, &fault.Error{What: "runbook is not valid", On: p.at(line), Why: fmt.Sprintf(why, args...), Next: next, Code: fault.Usage})
}

// warn notes what is allowed, and seldom meant.
func (p *page) warn(line int, why string, args ...any) {
	p.warnings = append(p.warnings, p.at(line)+": "+fmt.Sprintf(why, args...))
}

func (p *page) at(line int) string {
	if line <= 0 {
		return p.path
	}
	return fmt.Sprintf("%s:%d", p.path, line)
}

// err is every mistake, in the file's order.
func (p *page) err() error {
	slices.SortStableFunc(p.mistakes, func(a, b *fault.Error) int { return cmp.Compare(lineIn(a.On), lineIn(b.On)) })
	all := make([]error, len(p.mistakes))
	for i, m := range p.mistakes {
		all[i] = m
	}
	return errors.Join(all...)
}

func lineIn(at string) int {
	n, err := strconv.Atoi(at[strings.LastIndexByte(at, ':')+1:])
	if err != nil {
		return 0
	}
	return n
}

// open parses the file's text and gives its one block.
func (p *page) open(source string) (ast.Node, bool) {
	file, err := parser.ParseBytes([]byte(source), 0)
	if err != nil {
		line, why := 0, err.Error()
		var located yaml.Error
		if errors.As(err, &located) {
			why = located.GetMessage()
			if t := located.GetToken(); t != nil {
				line = t.Position.Line
			}
		}
		p.wrong(line, "mend that line; docs/runbooks.md shows whole runbooks", "%s", why)
		return nil, false
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		p.wrong(0, "write one runbook into the file; docs/runbooks.md shows some", "the file holds %d documents", len(file.Docs))
		return nil, false
	}
	return file.Docs[0].Body, true
}

// block is a mapping of keys and values.
type block struct {
	*page
	what string // in an author's words: "a step"
	line int
	keys []key
}

type key struct {
	name  string
	line  int
	value ast.Node
}

// block reads a mapping. A key that is not among the allowed is a mistake.
func (p *page) block(n ast.Node, what string, allowed ...string) (block, bool) {
	b := block{page: p, what: what, line: lineOf(n)}
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			b.add(v)
		}
	case *ast.MappingValueNode:
		b.add(n)
	default:
		p.wrong(b.line, "write a block of keys and values", "%s is %s", what, kindOf(n))
		return b, false
	}
	if len(allowed) > 0 {
		b.only(allowed...)
	}
	return b, true
}

// only holds the keys of a block that was read without knowing them against those it may have.
func (b block) only(allowed ...string) {
	for _, k := range b.keys {
		if !slices.Contains(allowed, k.name) {
			b.wrong(k.line, "use "+orNearest(k.name, allowed), "%s has no key %q", b.what, k.name)
		}
	}
}

func (b *block) add(v *ast.MappingValueNode) {
	name := v.Key.GetToken().Value
	b.keys = append(b.keys, key{name: name, line: lineOf(v.Key), value: v.Value})
}

func (b block) find(name string) (key, bool) {
	i := slices.IndexFunc(b.keys, func(k key) bool { return k.name == name })
	if i < 0 {
		return key{line: b.line}, false
	}
	return b.keys[i], true
}

func (b block) has(name string) bool { _, ok := b.find(name); return ok }

// lineOf is a key's line, or else the block's.
func (b block) lineOf(name string) int { k, _ := b.find(name); return k.line }

// text reads a scalar; "" when it is not there.
func (b block) text(name string) string {
	k, ok := b.find(name)
	if !ok {
		return ""
	}
	s, ok := scalar(k.value)
	if !ok {
		b.wrong(k.line, "write one value; quote it when it holds a colon or begins with a sign", "%s of %s is %s", name, b.what, kindOf(k.value))
	}
	return s
}

// must reads a scalar that has to be there.
func (b block) must(name, next string) string {
	s := b.text(name)
	if strings.TrimSpace(s) == "" && (!b.has(name) || isScalar(b.keys, name)) {
		b.wrong(b.lineOf(name), next, "%s has no %s", b.what, name)
	}
	return s
}

func isScalar(keys []key, name string) bool {
	i := slices.IndexFunc(keys, func(k key) bool { return k.name == name })
	_, ok := scalar(keys[i].value)
	return ok
}

// yes reads true or false.
func (b block) yes(name string) bool {
	k, ok := b.find(name)
	if !ok {
		return false
	}
	v, ok := k.value.(*ast.BoolNode)
	if !ok {
		b.wrong(k.line, "write true or false", "%s of %s is %s", name, b.what, kindOf(k.value))
		return false
	}
	return v.Value
}

// number reads a whole number.
func (b block) number(name string) (int, bool) {
	k, ok := b.find(name)
	if !ok {
		return 0, false
	}
	s, _ := scalar(k.value)
	n, err := strconv.Atoi(s)
	if err != nil {
		b.wrong(k.line, "write a whole number", "%s of %s is %s", name, b.what, shown(k.value))
	}
	return n, err == nil
}

// span reads a duration; 0 when it is not there.
func (b block) span(name string) time.Duration {
	k, ok := b.find(name)
	if !ok {
		return 0
	}
	s, _ := scalar(k.value)
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		b.wrong(k.line, "write a duration such as 90s or 5m", "%s of %s is %s", name, b.what, shown(k.value))
		return 0
	}
	return d
}

// among reads a word out of some.
func (b block) among(name string, words ...string) string {
	s := b.text(name)
	if s != "" && !slices.Contains(words, s) {
		b.wrong(b.lineOf(name), "use "+orNearest(s, words), "%s of %s is %q", name, b.what, s)
		return ""
	}
	return s
}

// items reads a list of scalars, or one alone.
func (b block) items(name string) []item {
	k, ok := b.find(name)
	if !ok {
		return nil
	}
	list, is := k.value.(*ast.SequenceNode)
	if !is {
		s, ok := scalar(k.value)
		if !ok {
			b.wrong(k.line, "write a list: [a, b]", "%s of %s is %s", name, b.what, kindOf(k.value))
			return nil
		}
		return []item{{s, k.line}}
	}
	var out []item
	for _, v := range list.Values {
		s, ok := scalar(v)
		if !ok {
			b.wrong(lineOf(v), "quote what is one value", "an entry of %s is %s", name, kindOf(v))
		}
		out = append(out, item{s, lineOf(v)})
	}
	return out
}

// item is an entry of a list.
type item struct {
	text string
	line int
}

// nodes reads a list of blocks.
func (b block) nodes(name string) []ast.Node {
	k, ok := b.find(name)
	if !ok {
		return nil
	}
	list, is := k.value.(*ast.SequenceNode)
	if !is {
		b.wrong(k.line, "write a list: each entry begins with a dash", "%s of %s is %s", name, b.what, kindOf(k.value))
		return nil
	}
	return list.Values
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil {
		return 0
	}
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
		return lineOf(m.Values[0])
	}
	if v, ok := n.(*ast.MappingValueNode); ok {
		return lineOf(v.Key)
	}
	return n.GetToken().Position.Line
}

// scalar is the text of a single value, as it was written.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	case *ast.NullNode:
		return "", true
	}
	return "", false
}

func shown(n ast.Node) string {
	if s, ok := scalar(n); ok {
		return fmt.Sprintf("%q", s)
	}
	return kindOf(n)
}

// kindOf is what a node is, in an author's words.
func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a block of keys and values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode, nil:
		return "empty"
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		return "an anchor, an alias or a tag, which runbooks do without"
	}
	return shown(n)
}

// orNearest names the word that was probably meant, if there is one, and all there are.
func orNearest(word string, words []string) string {
	if len(words) == 0 {
		return "none: there is none"
	}
	if near := spelling.Nearest(word, words); near != "" {
		return near + "; there are " + strings.Join(words, ", ")
	}
	return "one of " + strings.Join(words, ", ")
}
