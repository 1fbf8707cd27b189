// Package book holds the operator's own runbooks: YAML files made of the same steps as the built-in ones. A definition is read and checked whole,
// with a line for every mistake, and built into steps that the engine in ops/run walks. What a run began with is frozen in its log as text.
package book

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
)

// Definition is a runbook as its author wrote it, read and checked.
type Definition struct {
	ID       string // the file's name
	Version  int
	Title    *text
	Summary  string
	Targets  string // "worker", "exec", "node", or "" for none
	Danger   act.Danger
	Dangers  []string
	Inputs   []Input
	Steps    []*Step
	Warnings []string

	path, source string
	cfg          *config.Config
}

// name is what a runbook's file may be called. The dash keeps it apart from the console's own words.
var name = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)

// IsName reports what a runbook of one's own can be called.
func IsName(id string) bool { return name.MatchString(id) }

// Read reads and checks a runbook's text; path names it in mistakes, and its file's name is the runbook's id. The error joins a fault for every
// mistake.
func Read(cfg *config.Config, path, source string) (*Definition, error) {
	p := &page{path: path}
	d := &Definition{ID: idOf(path), path: path, source: source, cfg: cfg, Version: 1}
	if !IsName(d.ID) {
		p.wrong(0, "call the file by two words or more, e.g. rotate-logs.yaml", "%q is no name for a runbook", d.ID)
	}
	if node, ok := p.open(source); ok {
		d.read(p, node)
		if len(p.mistakes) == 0 {
			d.check(p)
		}
	}
	d.Warnings = p.warnings
	return d, p.err()
}

// named is the title before anything was said.
func (d *Definition) named() string {
	inputs := map[string]any{}
	for _, in := range d.Inputs {
		inputs[in.Name] = any("…")
		if in.Default != nil {
			inputs[in.Name] = *in.Default
		}
	}
	title, _, err := d.Title.value(map[string]any{"inputs": inputs, "target": "…", "instance": d.cfg.Instance, "site": d.cfg.Site})
	if err != nil {
		return d.Title.raw // it counts with its inputs, and they are not numbers yet
	}
	return title
}

func idOf(path string) string { return strings.TrimSuffix(filepath.Base(path), ".yaml") }

var topKeys = []string{"title", "summary", "version", "target", "danger", "dangers", "inputs", "steps"}

func (d *Definition) read(p *page, node yamlNode) {
	b, ok := p.block(node, "a runbook", topKeys...)
	if !ok {
		return
	}
	d.Title = newText(b.lineOf("title"), b.must("title", "say in a few words what it does")).settle()
	d.Summary = b.must("summary", "say in a sentence or two what it does and when it is used")
	if v, ok := b.number("version"); ok {
		d.Version = v
	}
	d.Targets = b.among("target", "none", config.RoleWorker, config.RoleExec, "node")
	if d.Targets == "none" {
		d.Targets = ""
	}
	d.Danger = act.Danger(b.among("danger", string(act.Safe), string(act.Changes), string(act.Destroys)))
	for _, it := range b.items("dangers") {
		d.Dangers = append(d.Dangers, it.text)
	}
	if k, ok := b.find("inputs"); ok {
		d.Inputs = readInputs(p, k.value)
	}
	if !b.has("steps") {
		p.wrong(b.line, "write `steps:` and a list below it", "the runbook has no steps")
		return
	}
	d.Steps = readSteps(p, b, "")
}

// every are all steps in the order in which they are walked, those inside of others too.
func (d *Definition) every() []*Step {
	var out []*Step
	for _, s := range d.Steps {
		if each, is := s.deed.(*each); is {
			out = append(out, each.inside...)
			continue
		}
		out = append(out, s)
	}
	return out
}

// check is what can only be said of the whole.
func (d *Definition) check(p *page) {
	d.checkIDs(p)
	d.Title.compile(p, scope{def: d})
	for i := range d.Inputs {
		d.Inputs[i].check(p, d.cfg)
	}
	for _, s := range d.Steps {
		s.check(p, d)
	}
	if len(p.mistakes) > 0 {
		return
	}
	d.checkDanger(p)
	d.checkReturns(p)
	d.checkNames(p)
}

func (d *Definition) checkIDs(p *page) {
	seen := map[string]int{}
	for _, s := range d.Steps {
		for _, s := range append([]*Step{s}, s.inner()...) {
			if first, twice := seen[s.ID]; twice && s.ID != "" {
				p.wrong(s.line, "give each step an id of its own", "two steps are called %q; the first is on line %d", s.ID, first)
			}
			seen[s.ID] = s.line
		}
	}
}

// checkDanger takes the runbook's danger from its steps; what the author says may only be more.
func (d *Definition) checkDanger(p *page) {
	most := act.Safe
	for _, s := range d.every() {
		if slices.Index(dangers, s.danger()) > slices.Index(dangers, most) {
			most = s.danger()
		}
	}
	if d.Danger == "" {
		d.Danger = most
	}
	if slices.Index(dangers, d.Danger) < slices.Index(dangers, most) {
		p.wrong(0, "leave `danger:` out, or say "+string(most), "the runbook says that it is %s, and a step in it is %s", d.Danger, most)
	}
}

// checkReturns warns of a worker that is left out of service.
func (d *Definition) checkReturns(p *page) {
	all := d.every()
	for i, s := range all {
		out, is := s.deed.(*drain)
		if !is {
			continue
		}
		if back := returnOf(all[i+1:], out.node.raw); back == nil {
			p.warn(s.line, "step %q drains %s and no later step returns it: it stays out of service, on hold", s.ID, out.node.raw)
		}
	}
}

// returnOf is the step that brings a drained worker back, nil when there is none.
func returnOf(later []*Step, node string) *Step {
	for _, s := range later {
		if back, is := s.deed.(*back); is && back.node.raw == node {
			return s
		}
	}
	return nil
}

// checkNames warns of a runbook that can only be walked by hand: --confirm says one name.
func (d *Definition) checkNames(p *page) {
	var first *Step
	for _, s := range d.every() {
		if s.danger() != act.Destroys {
			continue
		}
		if first != nil && first.deed.confirms() != s.deed.confirms() {
			p.warn(s.line, "steps %q and %q want different names typed: with --yes only one of them can be said beforehand", first.ID, s.ID)
			return
		}
		first = s
	}
}

// cycle is the way from a step back to itself through the results that steps need, "" when there is none.
func (d *Definition) cycle(from *Step, to string) string {
	if from == nil {
		return ""
	}
	if from.ID == to {
		return fmt.Sprintf("%s → %s", to, to)
	}
	next := map[string][]string{}
	for _, s := range d.every() {
		next[s.ID] = s.needs()
	}
	seen := map[string]bool{}
	var walk func(at string, way []string) []string
	walk = func(at string, way []string) []string {
		if at == from.ID {
			return way
		}
		if seen[at] {
			return nil
		}
		seen[at] = true
		for _, n := range next[at] {
			if found := walk(n, append(slices.Clone(way), n)); found != nil {
				return found
			}
		}
		return nil
	}
	if way := walk(to, []string{from.ID, to}); way != nil {
		return strings.Join(way, " → ")
	}
	return ""
}
