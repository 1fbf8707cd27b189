package cache

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
)

// Lines are the answers and what they mean, one a line.
func (p Probe) Lines() []string {
	var out []string
	for _, a := range p.Answers {
		out = append(out, a.Line())
	}
	return append(out, p.Meaning()...)
}

// Meaning is what the answers mean, one sentence a line.
func (p Probe) Meaning() []string {
	out := []string{p.Verdict.Says}
	if p.Proof {
		_, said := p.Worked()
		out[0] = said
	}
	out = append(out, p.Verdict.Why...)
	for _, b := range p.Verdict.Rules {
		out = append(out, "rule: "+b.String())
	}
	for _, f := range fault.All(p.Verdict.RulesErr) {
		out = append(out, f.What+": "+f.Why+"; "+f.Next)
	}
	if p.Verdict.Next != "" {
		out = append(out, "next: "+p.Verdict.Next)
	}
	return out
}

// Line is an answer in a line.
func (a Answer) Line() string {
	if a.Status == 0 {
		return fmt.Sprintf("%-13s %-4s  no answer: %s", a.Name, a.Wanted, a.Why)
	}
	said := []string{fmt.Sprintf("%-13s %-4s  %d %s", a.Name, a.Wanted, a.Status, a.Type)}
	for _, x := range []struct{ name, value string }{
		{"Age", a.AgeText()}, {"CF-Cache-Status", a.Edge}, {"X-Cached", a.Nginx}, {"Vary", a.Vary}, {"Cache-Control", a.Control}, {"version", a.Version}, {"data centre", a.Centre},
	} {
		if x.value != "" {
			said = append(said, x.name+" "+x.value)
		}
	}
	return strings.Join(said, "; ")
}

// Details are what the answers say besides, each once with all who say it: for where there is no room for columns.
func (p Probe) Details() []string {
	var said []string
	who := map[string][]string{}
	for _, a := range p.Answers {
		if a.Status == 0 {
			continue
		}
		d := fmt.Sprintf("Cache-Control %s; Vary %s; version %s", cmp.Or(a.Control, "–"), cmp.Or(a.Vary, "–"), cmp.Or(a.Version, "–"))
		if len(who[d]) == 0 {
			said = append(said, d)
		}
		who[d] = append(who[d], a.Name+" "+string(a.Wanted))
	}
	for n, d := range said {
		said[n] = strings.Join(who[d], ", ") + ": " + d
	}
	return said
}

// AgeText is the age in words; "" without one.
func (a Answer) AgeText() string {
	if a.Age == nil {
		return ""
	}
	return (time.Duration(*a.Age) * time.Second).String()
}

// span is a duration to the minute, without what says nothing.
func span(d time.Duration) string {
	if d = d.Round(time.Minute); d == 0 {
		return "less than a minute"
	}
	return spelling.Span(d)
}
