// Package tootctl knows Mastodon's own command line: every command with its arguments, options, dangers and limits, as data. It reads what an operator
// types, checks it as tootctl itself would and says what it would do. It runs nothing; ops/job does.
package tootctl

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed tootctl.json
var embedded []byte

// Tree is every command.
type Tree struct {
	Version  string    `json:"mastodon_version"` // the Mastodon it was read from
	Commands []Command `json:"commands"`
}

// Command is a leaf of the tree.
type Command struct {
	Path        []string     `json:"path"`
	Args        []Arg        `json:"args"`
	Options     []Option     `json:"options"`
	Summary     string       `json:"summary"`
	Destructive bool         `json:"destructive"`
	DryRun      bool         `json:"dry_run"`
	DryWrites   string       `json:"dry_run_writes"`  // what the dry run writes to all the same, "" for nothing
	Direct      bool         `json:"direct_database"` // it must reach the database past a pool
	Interactive bool         `json:"interactive"`     // it asks, and only the operator may answer
	Long        bool         `json:"long_running"`
	Risk        Risk         `json:"risk"`
	Progress    string       `json:"progress"`
	Remote      bool         `json:"contacts_remote_servers"`
	Enqueues    bool         `json:"enqueues_sidekiq_jobs"`
	Success     string       `json:"success_output"` // a regular expression of the closing line
	Lost        string       `json:"lost"`           // what is gone once it has run, "" when nothing is
	Notes       string       `json:"notes"`
	Since       Since        `json:"since"`
	Deprecated  string       `json:"deprecated"` // the version from which it does nothing any more
	Constraints []Constraint `json:"constraints"`
}

// Risk is how bad it is when it was the wrong command, from None to Critical.
type Risk string

// The risks.
const (
	None     Risk = "none"
	Low      Risk = "low"
	Medium   Risk = "medium"
	High     Risk = "high"
	Critical Risk = "critical"
)

// Arg is what stands on the command line without a name.
type Arg struct {
	Name     string `json:"name"`
	Required bool   `json:"required"`
	Variadic bool   `json:"variadic"`
	Summary  string `json:"summary"`
}

// Option is what stands there with one.
type Option struct {
	Name     string   `json:"name"` // with its dashes
	Type     string   `json:"type"` // boolean, numeric, string, array
	Required bool     `json:"required"`
	Aliases  []string `json:"aliases"`
	Default  any      `json:"default"`
	Enum     []string `json:"enum"`
	Summary  string   `json:"summary"`
	Negation string   `json:"negation"`
	Since    Since    `json:"since"`
	Destroys bool     `json:"destroys"` // a call with it is as dangerous as can be, whatever its command is
	Lost     string   `json:"lost"`     // what is gone with it, instead of what its command says
	LostToo  string   `json:"lost_too"` // what is gone with it beside that
	Whole    bool     `json:"whole"`    // a number that counts something
	Bounds   []Bound  `json:"bounds"`   // of a number
}

// Bound is what a number should not be below, or must not.
type Bound struct {
	Under   float64 `json:"under"`
	Why     string  `json:"why"`
	Refused bool    `json:"refused"` // tootctl would refuse it, or do nothing and say that all is well
}

// The types of an option.
const (
	Boolean = "boolean"
	Numeric = "numeric"
	String  = "string"
	Array   = "array"
)

// Constraint is a rule about several options and arguments.
type Constraint struct {
	Conflicts  []string `json:"conflicts"`      // at most one of them
	Exactly    []string `json:"exactly_one_of"` // one and no more
	NeedsOne   []string `json:"needs_one_of"`   // one or more; only if Option is there, when it names one
	Option     string   `json:"option"`
	Argument   string   `json:"argument"`
	Enum       []string `json:"enum"` // what Option or Argument may be
	Unenforced bool     `json:"-"`    // tootctl itself says nothing, and does nothing or something else
}

// UnmarshalJSON reads a rule; one without a word about it is enforced.
func (c *Constraint) UnmarshalJSON(b []byte) error {
	type plain Constraint
	read := struct {
		*plain
		Enforced *bool `json:"enforced"`
	}{plain: (*plain)(c)}
	if err := json.Unmarshal(b, &read); err != nil {
		return err
	}
	c.Unenforced = read.Enforced != nil && !*read.Enforced
	return nil
}

// Known is the tree of this program.
var Known = sync.OnceValue(func() *Tree {
	t := &Tree{}
	if err := json.Unmarshal(embedded, t); err != nil {
		panic(fmt.Sprintf("the embedded tree: %v", err)) // it is compiled in, and a test reads it
	}
	return t
})

// Name is the command as it is typed: "media remove".
func (c *Command) Name() string { return strings.Join(c.Path, " ") }

// Usage is the command with its arguments: "accounts merge FROM TO".
func (c *Command) Usage() string {
	words := slices.Clone(c.Path)
	for _, a := range c.Args {
		words = append(words, a.Usage())
	}
	return strings.Join(words, " ")
}

// Usage is the argument as help shows it.
func (a Arg) Usage() string {
	name := a.Name
	if a.Variadic {
		name += "…"
	}
	if !a.Required {
		name = "[" + name + "]"
	}
	return name
}

// Option finds an option by its name, a short form or its negation.
func (c *Command) Option(name string) (o *Option, negated bool) {
	for i := range c.Options {
		o := &c.Options[i]
		switch {
		case o.Name == name || slices.Contains(o.Aliases, name):
			return o, false
		case o.Negation != "" && (name == o.Negation || name == "--skip-"+strings.TrimPrefix(o.Name, "--")):
			return o, true
		}
	}
	return nil, false
}

// Command finds a command by its words, "" in between included.
func (t *Tree) Command(path ...string) *Command {
	for i := range t.Commands {
		if slices.Equal(t.Commands[i].Path, path) {
			return &t.Commands[i]
		}
	}
	return nil
}

// below are the words that can follow a path.
func (t *Tree) below(path []string) []string {
	var words []string
	for _, c := range t.Commands {
		if len(c.Path) > len(path) && slices.Equal(c.Path[:len(path)], path) && !slices.Contains(words, c.Path[len(path)]) {
			words = append(words, c.Path[len(path)])
		}
	}
	return words
}
