package plain

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vmtui/vmtui/ops/fleet"
)

// Status prints the fleet at a glance, one node a line. now is what ages are counted from.
func Status(out io.Writer, s fleet.Snapshot, now time.Time) error {
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	line := func(cells ...string) { _, _ = fmt.Fprintln(t, strings.Join(cells, "\t")) } // a tabwriter keeps its error for Flush
	line("NODE", "ROLE", "LB", "WEB", "STREAMING", "SIDEKIQ", "CPU", "MEM", "DISK", "SEEN", "NOTE")
	for _, n := range s.Nodes {
		h := n.Health.Value
		cells := []string{n.Name, n.Role, dash(n.LB), service(n, "web"), service(n, "streaming"), service(n, "sidekiq")}
		if n.Health.Seen.IsZero() {
			cells = append(cells, "-", "-", "-")
		} else {
			cells = append(cells, percent(h.CPU), percent(h.Mem), percent(h.Disk))
		}
		line(append(cells, seen(n.Health.Seen, now), note(n))...)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return rest(out, s, now)
}

// rest prints what is not a node: services, the site, holds and the lease.
func rest(out io.Writer, s fleet.Snapshot, now time.Time) error {
	var b strings.Builder
	for _, x := range s.Services {
		state := dash(x.State.Value)
		if x.State.Err != nil {
			state = "unknown: " + x.State.Err.Error()
		}
		fmt.Fprintf(&b, "%s: %s\n", x.Name, state)
	}
	if !s.Site.Seen.IsZero() {
		fmt.Fprintf(&b, "site %s: %d in %s\n", s.Site.Value.URL, s.Site.Value.Status, s.Site.Value.Took.Round(time.Millisecond))
	}
	for _, h := range s.Holds.Value {
		fmt.Fprintf(&b, "hold: %s is held by %s since %s: %s\n", h.Worker, h.By, h.Since.Local().Format(time.RFC3339), h.Why)
	}
	for _, l := range s.Leftovers(now) {
		fmt.Fprintf(&b, "leftover: %s: %s (next: %s)\n", l.Node, l.What, l.Next)
	}
	if l := s.Lease.Value; l != nil {
		fmt.Fprintf(&b, "lease: %s on %s, run %s\n", l.Owner, l.Host, l.Run)
	}
	for _, n := range s.Nodes {
		for _, c := range n.Health.Value.Consoles {
			fmt.Fprintf(&b, "console: %s, open for %s\n", c, c.Open)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func percent(v float64) string { return fmt.Sprintf("%.0f%%", v) }

func dash(s string) string {
	if s == "" || s == "none" {
		return "-"
	}
	return s
}

// seen is how long ago a node answered.
func seen(at, now time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return now.Sub(at).Round(time.Second).String()
}

// service is a container's health, or its state where it has none.
func service(n fleet.Node, name string) string {
	for _, c := range n.Health.Value.Containers {
		if c.Service != name {
			continue
		}
		if c.State == "running" && c.Health != "" {
			return c.Health
		}
		return dash(c.State)
	}
	return "-"
}

// note is what else must be known of a node.
func note(n fleet.Node) string {
	var notes []string
	if n.Health.Err != nil {
		notes = append(notes, "does not answer: "+n.Health.Err.Error())
	}
	if n.Hold != nil {
		notes = append(notes, "held by "+n.Hold.By)
	}
	return strings.Join(notes, "; ")
}
