package binding

import (
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/ops/act"
)

// sections are the places in the order in which the reference tells of them.
var sections = []struct {
	place Place
	head  string
}{
	{Everywhere, "Everywhere"}, {Fleet, "On the fleet"}, {Node, "On a node"}, {Runs, "In the history"},
	{Books, "In the runbooks"}, {Plan, "On a plan"}, {Run, "On a run"}, {Exec, "On a command for nodes"}, {File, "On a file to be copied"},
	{Tootctl, "In tootctl"}, {Jobs, "In the list of jobs"}, {Job, "On a job"},
	{Sidekiq, "In Sidekiq"}, {Backlog, "In the jobs of a queue, a set or something parked"}, {Payload, "In one of Sidekiq's jobs"}, {Deed, "In the plan of an act on Sidekiq"},
	{Caches, "At the caches"}, {Zone, "At the zone"}, {Trail, "In the audit trail"}, {Logs, "In the log of a service"}, {Log, "In the log of what this console did"}, {Help, "In the help"}, {Dialog, "In a dialog, and where text is typed"},
}

// Reference is the table as a page of the documentation.
func (t *Table) Reference() string {
	var b strings.Builder
	b.WriteString(preface)
	for _, s := range sections {
		fmt.Fprintf(&b, "\n## %s\n\n| keys | id | what it does |\n|---|---|---|\n", s.head)
		for _, x := range t.own(s.place) {
			fmt.Fprintf(&b, "| %s | `%s` | %s |\n", x.codes(), x.ID, x.Long+x.warning())
		}
	}
	return b.String()
}

const preface = `# Keys

This page is made from the console's own table of keys; ` + "`?`" + ` shows the same for the place you are in. Every key can be changed in the
config, by the id in the second column; several keys stand behind one another:

` + "```yaml" + `
bindings: {drain: D, down: j ctrl+n, mark: space}
` + "```" + `

Keys are written as ` + "`d`, `D`, `ctrl+d`, `alt+enter`, `space`, `comma`, `f5`, `pgup`" + `. A key that would mean two things in one
place, an id that does not exist and a word that is no key are refused, by ` + "`vmtui config check`" + ` and at the start.
`

// own are the bindings of a place that do not hold everywhere, in the order of the table.
func (t *Table) own(p Place) []Binding {
	var out []Binding
	for _, b := range t.all {
		for _, x := range b.Places {
			if x == p {
				out = append(out, b)
			}
		}
	}
	return out
}

// codes are the keys as they are written in the config.
func (b Binding) codes() string {
	out := make([]string, len(b.Keys))
	for i, k := range b.Keys {
		if k == "," {
			k = "comma"
		}
		out[i] = "`" + strings.ReplaceAll(k, "|", "\\|") + "`"
	}
	return strings.Join(out, " ")
}

// warning says what a binding may do to the world.
func (b Binding) warning() string {
	if b.Danger == act.Destroys {
		return " **(destroys: asks for the name first)**"
	}
	return ""
}
