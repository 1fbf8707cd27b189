package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/tootctl"
)

// Condition is something that must hold before a command of tootctl that asks is begun.
type Condition struct {
	What  string // "Sidekiq is stopped everywhere"
	State ConditionState
	Said  string // what was seen
	Next  string // what to do about one that fails
}

// ConditionState is how a condition stands.
type ConditionState string

// The states. What nobody can see from here is for the operator to know.
const (
	Holds   ConditionState = "holds"
	Fails   ConditionState = "fails"
	Unknown ConditionState = "unknown"
)

// String is the condition in one line.
func (c Condition) String() string {
	return strings.TrimSuffix(fmt.Sprintf("%s: %s, %s", c.What, c.State, c.Said), ", ")
}

// Preflight looks at what must hold before a call that asks is begun; there is nothing to be looked at before the others.
func (d *Desk) Preflight(ctx context.Context, c *tootctl.Call) []Condition {
	switch c.Command.Name() {
	case "maintenance fix-duplicates":
		return []Condition{d.noSidekiq(ctx), d.nothingServes(), d.directDatabase(ctx), d.asksWhat(ctx, c), backup()}
	case "self-destruct":
		return []Condition{d.notActive(ctx), d.asksWhat(ctx, c), backup()}
	}
	return nil
}

// Unfit refuses a call for the first condition that fails.
func Unfit(c *tootctl.Call, seen []Condition) error {
	for _, x := range seen {
		if x.State == Fails {
			return &fault.Error{What: "not begun", On: c.Line(), Why: x.What + " does not hold: " + x.Said, Next: x.Next, Code: fault.Refused}
		}
	}
	return nil
}

// noSidekiq: fix-duplicates refuses to run while one is registered in Redis.
func (d *Desk) noSidekiq(ctx context.Context) Condition {
	c := Condition{What: "Sidekiq is stopped everywhere", State: Holds, Said: "none is registered in Redis", Next: "stop each of them: vmtui sidekiq status shows where they run"}
	v, err := d.queues.Look(ctx)
	switch {
	case err != nil:
		c.State, c.Said = Unknown, fault.Of(err).What
	case len(v.Processes) > 0:
		names := make([]string, len(v.Processes))
		for i, p := range v.Processes {
			names[i] = p.Identity
		}
		c.State, c.Said = Fails, fmt.Sprintf("%d registered: %s", len(names), strings.Join(names, ", "))
	}
	return c
}

// nothingServes: nothing of Mastodon may write while indexes are missing.
func (d *Desk) nothingServes() Condition {
	c := Condition{What: "Mastodon is stopped on all nodes", State: Holds, Said: "no container or unit of it runs", Next: "stop them: docker compose stop on the workers, systemctl stop on exec"}
	var runs, unseen []string
	for _, n := range d.Fleet().Nodes {
		if n.Health.Stale() {
			unseen = append(unseen, n.Name)
		}
		for _, x := range n.Health.Value.Containers {
			if x.State == "running" && !n.Health.Stale() {
				runs = append(runs, x.Service+" on "+n.Name)
			}
		}
	}
	slices.Sort(runs)
	switch {
	case len(runs) > 0:
		c.State, c.Said = Fails, strings.Join(runs, ", ")+" runs"
	case len(unseen) > 0:
		c.State, c.Said = Unknown, "nobody has looked at "+strings.Join(unseen, ", ")+": see vmtui status"
	}
	return c
}

// directDatabase: a pool that changes connections between transactions loses what fix-duplicates sets for its session.
func (d *Desk) directDatabase(ctx context.Context) Condition {
	c := Condition{What: "the database is reached past its pool", Next: "say upgrade.db_host, db_port and db_name in the config: it is run with them"}
	if direct := d.jobs.Direct; len(direct) > 0 {
		c.State, c.Said = Holds, "it is run with "+strings.Join(direct, " ")
		return c
	}
	prepared, err := d.jobs.Setting(ctx, "PREPARED_STATEMENTS")
	switch {
	case err != nil:
		c.State, c.Said = Unknown, fault.Of(err).What
	case prepared == "false":
		c.State, c.Said = Fails, "PREPARED_STATEMENTS=false says that a transaction pool stands before it"
	default:
		c.State, c.Said = Holds, "no setting says that a pool stands before it"
	}
	return c
}

// notActive: an instance that destroys itself already only tells how far that is.
func (d *Desk) notActive(ctx context.Context) Condition {
	c := Condition{What: "it is not under way already", State: Holds, Said: "SELF_DESTRUCT is not set on " + d.jobs.Node.Name}
	set, err := d.jobs.IsSet(ctx, "SELF_DESTRUCT")
	switch {
	case err != nil:
		c.State, c.Said = Unknown, fault.Of(err).What
	case set:
		c.State, c.Said = Unknown, "SELF_DESTRUCT is set on "+d.jobs.Node.Name+": it will only tell how far it is"
	}
	return c
}

// asksWhat says what this version does and asks.
func (d *Desk) asksWhat(ctx context.Context, c *tootctl.Call) Condition {
	v, err := d.jobs.Version(ctx)
	if err != nil {
		return Condition{What: "its version is known", State: Unknown, Said: fault.Of(err).What}
	}
	return Condition{What: "its version is known", State: Holds, Said: v.String() + ": " + c.Asking(v)}
}

// backup is what nobody can see from here.
func backup() Condition {
	return Condition{What: "there is a backup of the database", State: Unknown, Said: "that cannot be seen from here; take one now, and know how it is read back"}
}
