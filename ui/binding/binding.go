// Package binding is the table of keys. Dispatch, footer, help, palette, remapping and the reference in the documentation are readings
// of it; nothing else in the console knows a key.
package binding

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/ops/act"
)

// Place is where a binding holds.
type Place string

// The places.
const (
	Everywhere Place = "everywhere"
	Fleet      Place = "fleet"
	Node       Place = "node"
	Runs       Place = "runs"
	Run        Place = "run"
	Plan       Place = "plan"
	Help       Place = "help"
	Log        Place = "log"
	Exec       Place = "exec"
	File       Place = "file"
	Logs       Place = "logs"
	Books      Place = "runbooks"
	Tootctl    Place = "tootctl"
	Jobs       Place = "jobs"
	Job        Place = "job"
	Trail      Place = "audit"
	Sidekiq    Place = "sidekiq"
	Backlog    Place = "sidekiq's jobs"
	Payload    Place = "sidekiq's job"
	Deed       Place = "sidekiq's plan"
	Caches     Place = "purge"
	Zone       Place = "zone"
	Dialog     Place = "dialog" // and wherever text is typed; what holds everywhere does not hold there
)

// Binding is a thing to do and the keys that do it. Where the id is a verb's, pressing it means the verb.
type Binding struct {
	ID     string
	Keys   []string // as Bubble Tea names them: "d", "ctrl+c", "space"
	Word   string   // in the footer
	Long   string   // in the help
	Places []Place
	Danger act.Danger
	Hidden bool // not in the footer: moving about, and what everybody knows

	// Why says why it is off just now; it stays in its place. Filled by the screen.
	Why string
}

// Holds reports that the binding holds in a place.
func (b Binding) Holds(p Place) bool {
	return slices.Contains(b.Places, p) || slices.Contains(b.Places, Everywhere)
}

// Has reports that a key is one of the binding's.
func (b Binding) Has(key string) bool { return slices.Contains(b.Keys, key) }

// Cap is the key as it is shown: the first one, with signs for those that have them.
func (b Binding) Cap() string {
	if len(b.Keys) == 0 {
		return ""
	}
	return Cap(b.Keys[0])
}

// Caps are all keys as they are shown.
func (b Binding) Caps() string {
	out := make([]string, len(b.Keys))
	for i, k := range b.Keys {
		out[i] = Cap(k)
	}
	return strings.Join(out, " ")
}

// Cap is how a key is written on the screen.
func Cap(key string) string {
	switch key {
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	case "shift+tab":
		return "⇧tab"
	}
	return strings.Replace(key, "ctrl+", "^", 1)
}

// Table is a set of bindings.
type Table struct{ all []Binding }

// New is the default table with keys remapped, by binding id: {"drain": "D", "down": "j down"}. Unknown ids, words that are no keys, and keys that
// would mean two things in one place are errors.
func New(remap map[string]string) (*Table, error) {
	t := &Table{all: defaults()}
	for _, id := range sorted(remap) {
		i := slices.IndexFunc(t.all, func(b Binding) bool { return b.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("bindings: there is nothing called %q to bind; %sdocs/keys.md lists all", id, t.nearest(id))
		}
		keys, err := parse(remap[id])
		if err != nil {
			return nil, fmt.Errorf("bindings: %s: %w", id, err)
		}
		t.all[i].Keys = keys
	}
	if err := t.typing(); err != nil {
		return nil, err
	}
	return t, t.clash()
}

// Default is the table nobody remapped.
func Default() *Table {
	return &Table{all: defaults()}
}

// At are the bindings that hold in a place, its own before those that hold everywhere.
func (t *Table) At(p Place) []Binding {
	own := func(b *Binding) bool { return slices.Contains(b.Places, p) }
	general := func(b *Binding) bool { return p != Dialog && !own(b) && slices.Contains(b.Places, Everywhere) }
	n := 0
	for i := range t.all {
		if own(&t.all[i]) || general(&t.all[i]) {
			n++
		}
	}
	out := make([]Binding, 0, n) // it is asked for at every frame
	for _, of := range []func(*Binding) bool{own, general} {
		for i := range t.all {
			if of(&t.all[i]) {
				out = append(out, t.all[i])
			}
		}
	}
	return out
}

// All are all bindings, in the order of the table.
func (t *Table) All() []Binding { return slices.Clone(t.all) }

// Get is a binding by its id; one that does not exist has no keys.
func (t *Table) Get(id string) Binding {
	for _, b := range t.all {
		if b.ID == id {
			return b
		}
	}
	return Binding{ID: id}
}

// Find is the binding a key means among these.
func Find(bs []Binding, key string) (Binding, bool) {
	for _, b := range bs {
		if b.Has(key) {
			return b, true
		}
	}
	return Binding{}, false
}

// Named is the binding with an id among these.
func Named(bs []Binding, id string) (Binding, bool) {
	i := slices.IndexFunc(bs, func(b Binding) bool { return b.ID == id })
	if i < 0 {
		return Binding{}, false
	}
	return bs[i], true
}

// clash is an error when one key means two things in one place.
func (t *Table) clash() error {
	for _, p := range everyPlace() {
		seen := map[string]string{}
		for _, b := range t.At(p) {
			for _, k := range b.Keys {
				if other, ok := seen[k]; ok {
					return fmt.Errorf("bindings: %s means both %s and %s on %s", k, other, b.ID, p)
				}
				seen[k] = b.ID
			}
		}
	}
	return nil
}

func sorted(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
