package cache

import (
	"fmt"
	"slices"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/cloudflare"
)

// Lines is the zone in words, one thing a line.
func (g Glance) Lines(now time.Time) []string {
	z := g.Zone.Value
	out := []string{fmt.Sprintf("zone %s: %s", z.Name, g.PlanWords())}
	if z.Paused {
		out = append(out, "  ! "+Paused)
	}
	out = append(out, "  allows     "+g.Limits, "  token      "+g.TokenWords(now), "  dev mode   "+g.DevelopmentWords(), "  security   "+g.SecurityWords())
	for _, m := range g.Reminders {
		out = append(out, "  ! "+m.Words(now))
	}
	out = append(out, "certificates:")
	for _, c := range g.Certificates {
		out = append(out, "  "+c.Words(now))
	}
	out = append(out, "rules that make the edge keep things:")
	for _, r := range g.Rules.Value {
		out = append(out, "  "+r.String())
	}
	if len(g.Rules.Value) == 0 {
		out = append(out, "  "+known("none", g.Rules.Err))
	}
	out = append(out, "records:")
	for _, r := range g.Records.Value {
		out = append(out, "  "+RecordWords(r))
	}
	for _, d := range g.Differences.Value {
		out = append(out, "  ! "+d)
	}
	if len(g.Differences.Value) == 0 {
		out = append(out, "  "+known("they lead to the load balancer", g.Differences.Err))
	}
	for _, err := range g.Errors() {
		for _, f := range fault.All(err) {
			out = append(out, fmt.Sprintf("! %s: %s; %s", f.What, f.Why, f.Next))
		}
	}
	return out
}

// Paused is what a paused zone means.
const Paused = "it is paused: nothing is cached and nobody is shielded"

// PlanWords is the plan, and how the zone stands.
func (g Glance) PlanWords() string {
	return known(g.Zone.Value.Plan+", "+g.Zone.Value.Status, g.Zone.Err)
}

// known is a value, or that it is not known.
func known(value string, err error) string {
	if err != nil {
		return "unknown"
	}
	return value
}

// TokenWords is what is known of the token.
func (g Glance) TokenWords(now time.Time) string {
	said := known(g.Token.Value.Status, g.Token.Err)
	if at := g.Token.Value.Expires; !at.IsZero() {
		said += ", until " + at.Format(time.DateOnly)
	}
	switch p := g.Proved; {
	case p.At.IsZero():
		return said + "; that it may purge was never proved (vmtui zone prove)"
	case p.Says != "":
		return said + "; it may NOT purge: " + p.Says
	default:
		return said + "; it may purge, proved " + ago(p.At, now)
	}
}

func ago(at, now time.Time) string {
	return span(max(now.Sub(at), 0)) + " ago"
}

// DevelopmentWords is whether development mode is on.
func (g Glance) DevelopmentWords() string {
	s := g.Development.Value
	if s.Left > 0 {
		return "ON for another " + span(s.Left) + ": the edge keeps nothing"
	}
	return known(s.Value, g.Development.Err)
}

// SecurityWords is the security level.
func (g Glance) SecurityWords() string {
	if g.UnderAttack() {
		return "UNDER ATTACK: every visitor is challenged, and other servers with them"
	}
	return known(g.Security.Value.Value, g.Security.Err)
}

// UnderAttack reports that everybody is challenged.
func (g Glance) UnderAttack() bool { return g.Security.Value.Value == cloudflare.UnderAttack }

// Developing reports that the edge keeps nothing.
func (g Glance) Developing() bool { return g.Development.Value.Value == "on" }

// RecordWords is a record in a line, and whom visitors meet by it.
func RecordWords(r cloudflare.Record) string {
	said := fmt.Sprintf("%-5s %s → %s", r.Type, r.Name, r.Content)
	switch {
	case r.Proxied:
		return said + ", through the edge"
	case slices.Contains(leading, r.Type) && r.TTL > 0:
		return said + ", straight, kept for " + span(r.TTL)
	case slices.Contains(leading, r.Type):
		return said + ", straight"
	}
	return said
}

// Worry is how near a certificate's end is: 0 far, 1 soon, 2 past or unknown.
func (c Certificate) Worry(now time.Time) int {
	switch {
	case c.Err != nil, c.Doubt != "", !c.Expires.IsZero() && c.Expires.Before(now):
		return 2
	case !c.Expires.IsZero() && c.Expires.Sub(now) < Soon:
		return 1
	}
	return 0
}

// Words is a certificate in a line.
func (c Certificate) Words(now time.Time) string {
	said := c.Where + ": "
	switch {
	case c.Err != nil:
		return said + "unknown: " + brief(c.Err)
	case c.Expires.IsZero():
		return said + c.What
	case c.Expires.Before(now):
		said += "EXPIRED on " + c.Expires.Format(time.DateOnly)
	default:
		said += fmt.Sprintf("until %s, %s", c.Expires.Format(time.DateOnly), spelling.Count(int(c.Expires.Sub(now).Hours()/24), "day", "days"))
	}
	said += ", " + c.What
	if c.Doubt != "" {
		said += "; " + c.Doubt
	}
	return said
}
