// Package nodeset reads and writes sets of nodes in the manner of ClusterShell: `worker-[1-3,7],exec!worker-2`.
package nodeset

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
)

// most keeps a slip of the pen, [1-99999999], from filling the memory.
const most = 100_000

// Fleet is what a set can name.
type Fleet struct {
	Names  []string            // of every node, in the fleet's order
	Groups map[string][]string // by name: @worker
}

// Parse gives the nodes that a set names, in the fleet's order. Parts are joined with a comma, taken away with !, and & leaves what both sides have,
// from left to right. A part is a name with ranges in brackets ([1-3,07,10-20/5]), a pattern (worker-*), or a group (@worker, @all).
func Parse(set string, fleet Fleet) ([]string, error) {
	chosen, operator := map[string]bool{}, byte(',')
	for rest := set; ; {
		part, next, after := cut(rest)
		named, err := fleet.named(set, part)
		if err != nil {
			return nil, err
		}
		combine(chosen, named, operator)
		if next == 0 {
			break
		}
		operator, rest = next, after
	}
	out := slices.DeleteFunc(slices.Clone(fleet.Names), func(n string) bool { return !chosen[n] })
	if len(out) == 0 {
		return nil, wrong(set, "no node is left in it", "name some of "+Fold(fleet.Names))
	}
	return out, nil
}

// cut splits a set behind its first part; a comma in brackets belongs to the part.
func cut(set string) (part string, operator byte, rest string) {
	inside := false
	for i := range len(set) {
		switch set[i] {
		case '[':
			inside = true
		case ']':
			inside = false
		case ',', '!', '&':
			if !inside {
				return strings.TrimSpace(set[:i]), set[i], set[i+1:]
			}
		}
	}
	return strings.TrimSpace(set), 0, ""
}

func combine(chosen map[string]bool, named []string, operator byte) {
	for _, n := range named {
		if operator != '&' {
			chosen[n] = operator == ','
		}
	}
	if operator == '&' {
		for n := range chosen {
			chosen[n] = chosen[n] && slices.Contains(named, n)
		}
	}
}

// named are the nodes of one part.
func (f Fleet) named(set, part string) ([]string, error) {
	if part == "" {
		return nil, wrong(set, "a name is missing in it", "write worker-[1-3],exec; the nodes are "+Fold(f.Names))
	}
	if group, ok := strings.CutPrefix(part, "@"); ok {
		return f.group(set, group)
	}
	names, err := expand(part)
	if err != nil {
		return nil, wrong(set, err.Error(), "write a range as worker-[1-3] or worker-[01-10,15]")
	}
	var out []string
	for _, n := range names {
		found, err := f.find(set, n)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// find is the node of that name, or those that a pattern fits.
func (f Fleet) find(set, name string) ([]string, error) {
	if !strings.ContainsAny(name, "*?") {
		if slices.Contains(f.Names, name) {
			return []string{name}, nil
		}
		return nil, wrong(set, fmt.Sprintf("there is no node %q", name), spelling.Hint("the nearest is ", name, f.Names, "; ")+"the nodes are "+Fold(f.Names))
	}
	var out []string
	for _, n := range f.Names {
		if fits, err := path.Match(name, n); err == nil && fits {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return nil, wrong(set, fmt.Sprintf("no node fits %q", name), "the nodes are "+Fold(f.Names))
	}
	return out, nil
}

func (f Fleet) group(set, name string) ([]string, error) {
	if name == "all" {
		return f.Names, nil
	}
	if nodes, ok := f.Groups[name]; ok {
		return nodes, nil
	}
	known := []string{"all"}
	for g := range f.Groups {
		known = append(known, g)
	}
	slices.Sort(known)
	return nil, wrong(set, fmt.Sprintf("there is no group %q", "@"+name), spelling.Hint("the nearest is @", name, known, "; ")+"the groups are @"+strings.Join(known, ", @"))
}

func wrong(set, why, next string) error {
	return &fault.Error{What: "those nodes are not known", On: set, Why: why, Next: next, Code: fault.Usage}
}
