package tootctl

import (
	"slices"
	"strings"

	"github.com/vmtui/vmtui/ops/act"
)

// Danger is what the call does to the world. What tootctl never asks about, the console does.
func (c *Call) Danger() act.Danger {
	switch k := c.Command; {
	case c.Rehearsal() && k.DryWrites != "":
		return act.Changes
	case c.Rehearsal() || k.Risk == None:
		return act.Safe
	case c.destroyer() >= 0:
		return act.Destroys
	case k.Interactive || k.Risk == Critical || k.Destructive && k.Risk == High:
		return act.Destroys
	}
	return act.Changes
}

// destroyer is the place of an option that destroys though its command does not, -1 where none is given.
func (c *Call) destroyer() int {
	return slices.IndexFunc(c.Given, func(g Given) bool { return g.Option.Destroys && !g.No })
}

// Takes says how long the command takes, in words.
func (c *Command) Takes() string {
	if c.Long {
		return "minutes to hours, once Rails has started"
	}
	return "seconds, once Rails has started"
}

// Touches says what the command reaches besides the database, in words.
func (c *Command) Touches() string {
	touched := []string{"the database"}
	if c.Remote {
		touched = append(touched, "other servers")
	}
	if c.Enqueues {
		touched = append(touched, "Sidekiq's queues")
	}
	switch c.Name() {
	case "accounts cull", "accounts delete", "accounts prune", "domains purge": // accounts go with their media
		touched = append(touched, "the media storage")
	}
	switch c.Path[0] {
	case "media", "emoji", "preview_cards", "upgrade":
		touched = append(touched, "the media storage")
	case "search":
		touched = append(touched, "the search index")
	case "feeds", "cache", "self-destruct":
		touched = append(touched, "Redis")
	case "version":
		return "nothing"
	}
	return strings.Join(touched, ", ")
}

// Lost says in plain words what is gone once the call has run, "" when nothing is.
func (c *Call) Lost() string {
	if c.Rehearsal() {
		return ""
	}
	var lost, too []string
	for _, g := range c.Given {
		if !g.No {
			lost, too = append(lost, g.Option.Lost), append(too, g.Option.LostToo)
		}
	}
	blank := func(s string) bool { return s == "" }
	if lost = slices.DeleteFunc(lost, blank); len(lost) == 0 {
		lost = slices.DeleteFunc([]string{c.Command.Lost}, blank)
	}
	return strings.Join(append(lost, slices.DeleteFunc(too, blank)...), "; ")
}

// Caution says what must be known before a call is confirmed, a sentence each: what is lost, and the rest.
func (c *Call) Caution() []string {
	if lost := c.Lost(); lost != "" {
		return append([]string{"lost: " + lost}, c.Remarks()...)
	}
	return c.Remarks()
}

// Remarks are what must be known beside what is lost.
func (c *Call) Remarks() []string {
	said := c.wary()
	if c.Command.Notes != "" {
		said = append(said, c.Command.Notes)
	}
	if c.Command.DryWrites != "" {
		said = append(said, "its dry run is no mere look: it writes to "+c.Command.DryWrites)
	}
	if c.Danger() != act.Safe && !c.Command.Interactive {
		said = append(said, "tootctl itself asks nothing: it begins at once")
	}
	if c.Command.Direct {
		said = append(said, "it is run past the database's pool where upgrade.db_host, db_port and db_name in the config say the way")
	}
	if c.Danger() != act.Safe && !c.Command.DryRun {
		said = append(said, "there is no dry run of it")
	}
	if c.Secret() {
		said = append(said, "the new password that it prints is masked and in no log, and you are handed it once")
	}
	return said
}
