package book

import (
	"slices"
	"strings"

	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/nodeset"
)

// member is a node as it was when a run was made. It is frozen with the run: its steps are for these machines and no others.
type member struct {
	Name, Role string
	Address    string // as dialled; "" before a run is made
	KnownAs    string
	Droplet    int
}

func fleetOf(cfg *config.Config) []member {
	var out []member
	for _, n := range cfg.Nodes {
		out = append(out, member{Name: n.Name, Role: n.Role, Droplet: n.Droplet})
	}
	return out
}

// The words that stand for nodes.
const (
	wordTarget  = "target"
	wordNode    = "node" // inside each
	wordWorkers = "workers"
	wordAll     = "all"
	wordExec    = "exec"
)

// chosen are the nodes that a word names, in the fleet's order: workers, exec, all, or a set such as worker-[1-3]. None when it names none.
func chosen(all []member, word string) []string {
	set := nodeset.Fleet{Groups: map[string][]string{}}
	for _, m := range all {
		set.Names = append(set.Names, m.Name)
		set.Groups[m.Role] = append(set.Groups[m.Role], m.Name)
	}
	switch word {
	case wordAll:
		return set.Names
	case wordWorkers:
		return set.Groups[config.RoleWorker]
	case wordExec:
		return set.Groups[config.RoleExec]
	}
	out, err := nodeset.Parse(word, set)
	if err != nil {
		return nil
	}
	return out
}

// place is where a step is done: words that name nodes.
type place struct {
	line  int
	words []*text
}

func readPlace(b block, name string) place {
	pl := place{line: b.lineOf(name)}
	for _, it := range b.items(name) {
		pl.words = append(pl.words, newText(it.line, it.text).settle())
	}
	return pl
}

// check holds the words against the config.
func (pl place) check(p *page, d *Definition, s *Step) {
	for _, w := range pl.words {
		w.compile(p, scope{def: d, step: s})
		if strings.Contains(w.raw, opening) {
			continue
		}
		checkWord(p, d, s, w.line, w.raw)
	}
}

func checkWord(p *page, d *Definition, s *Step, line int, word string) {
	switch {
	case word == wordTarget && d.Targets == "":
		p.wrong(line, "add `target: worker` (or exec, or node) at the top, or name a node", "the runbook has no target")
	case word == wordNode && s.each == nil:
		p.wrong(line, "name a node, or put the step inside `each:`", "`node` means something only inside `each:`")
	case word == wordTarget, word == wordNode:
	case len(chosen(fleetOf(d.cfg), word)) == 0:
		names := []string{wordWorkers, wordAll}
		for _, n := range d.cfg.Nodes {
			names = append(names, n.Name)
		}
		p.wrong(line, "use "+orNearest(word, names), "no node is named %q", word)
	}
}

// oneWorker holds a word that must name one worker against the config.
func oneWorker(p *page, d *Definition, s *Step, w *text) {
	w.compile(p, scope{def: d, step: s})
	if strings.Contains(w.raw, opening) {
		return
	}
	checkWord(p, d, s, w.line, w.raw)
	role, each := d.Targets, ""
	if s.each != nil {
		each = s.each.raw()
	}
	workers := config.RoleWorker
	n, known := d.cfg.Node(w.raw)
	switch {
	case w.raw == wordTarget && role != "" && role != workers:
		p.wrong(w.line, "make it `target: worker`", "only a worker can be taken out of service, and the target may be another node")
	case w.raw == wordNode && s.each != nil && slices.ContainsFunc(s.each.on.words, func(t *text) bool { return t.raw == wordAll || t.raw == wordExec }):
		p.wrong(w.line, "use `node: workers` in each", "only a worker can be taken out of service, and each walks over %s", each)
	case known && n.Role != workers:
		p.wrong(w.line, "name a worker", "%s is the exec node, which is never taken out of service", w.raw)
	case !known && w.raw != wordTarget && w.raw != wordNode && len(chosen(fleetOf(d.cfg), w.raw)) > 1:
		p.wrong(w.line, "put it inside `each: {node: "+w.raw+"}`, so that they go one after another", "%q names several workers", w.raw)
	}
}
