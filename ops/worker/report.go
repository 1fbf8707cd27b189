package worker

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/run"
)

// The facts that the report is made of.
const (
	factOut  = "out-at"
	factIn   = "in-at"
	factJobs = "jobs-in-doubt"
)

// Whose time a step takes, when it is not ours.
const (
	provider    = "provider"
	healthCheck = "health check"
	drain       = "drain"
	provisioner = "provisioning" // the operator's own script
)

// report sums the run up at the end of its transcript, for whoever asks next morning what was done.
func (c *crew) report() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "report", Title: "Sum up", Kind: run.Read, NoUndo: "it changed nothing",
			Why: "Whoever asks tomorrow what was done reads a few lines, and the transcript only if they doubt them.", Panes: []string{"balancer"},
		},
		Deadline: time.Minute,
		Plan:     plan("the transcript's last lines: what was done, from when to when, with which image and keys, and where the time went; `vmtui runs show ID`"),
		Do: func(_ context.Context, w *run.Walk) error {
			for _, line := range append(c.summary(w.Fact), spent(w.Spent(), w.Fact(factAction) != "")...) {
				w.Out("report: %s", line)
			}
			return nil
		},
	}
}

// summary is what a run's facts come to.
func (c *crew) summary(fact func(string) string) []string {
	lines := []string{c.dropletName() + " serves again"}
	if c.in.New != nil {
		lines = []string{c.dropletName() + " serves, made like " + c.in.New.Model}
	}
	if action := fact(factAction); action != "" {
		lines = append(lines, fmt.Sprintf("new disk from %s (id %d) by action %s", c.in.ImageTag, c.in.Image, action))
	}
	if key := fact(factKey); key != "" {
		lines = append(lines, "its host key was "+list(c.in.HostKeys)+" and is "+printOf(key))
	}
	out, err := time.Parse(time.RFC3339, fact(c.about(factOut)))
	in, err2 := time.Parse(time.RFC3339, fact(c.about(factIn)))
	if err == nil && err2 == nil {
		lines = append(lines, fmt.Sprintf("out of the load balancer for %s, from %s to %s", round(in.Sub(out)), out.Local().Format(time.DateTime), in.Local().Format(time.DateTime)))
	}
	if jobs := fact(c.about(factJobs)); jobs != "" {
		lines = append(lines, "jobs that may have been lost: "+jobs)
	}
	return lines
}

// about makes a fact this worker's: a run may take several out and back, one after another.
func (c *crew) about(fact string) string { return fact + " of " + c.node.Name }

// noting remembers when something was so first.
func noting(ctx context.Context, w *run.Walk, fact string) error {
	if w.Fact(fact) != "" {
		return nil
	}
	return w.Remember(ctx, fact, time.Now().UTC().Format(time.RFC3339))
}

// spent says where a run's time went, and of a new disk how that compares with what nobody here can hurry.
func spent(s run.Spent, newDisk bool) []string {
	all := s.All()
	if all <= 0 {
		return nil
	}
	var parts []string
	for _, whose := range []string{provider, healthCheck, drain, provisioner, run.Operators, run.Ours} {
		if d := s.By[whose]; d >= told {
			parts = append(parts, whose+" "+round(d))
		}
	}
	lines := []string{fmt.Sprintf("it took %s: %s", round(all), strings.Join(parts, ", "))}
	if mine := longest(s.Ours); mine != "" {
		lines = append(lines, "ours: "+mine)
	}
	if waits := s.By[provider] + s.By[healthCheck]; newDisk && waits > 0 {
		lines = append(lines, fmt.Sprintf("that is %.2f times what the provider and the health check took", all.Seconds()/waits.Seconds()))
	}
	return lines
}

// Of our own time the steps that took most are named, so many; less than told is no time.
const (
	most = 4
	told = 500 * time.Millisecond
)

// longest are the steps that took most of our own time.
func longest(by map[string]time.Duration) string {
	steps := slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) })
	var parts []string
	for _, id := range steps[:min(most, len(steps))] {
		if by[id] >= told {
			parts = append(parts, id+" "+round(by[id]))
		}
	}
	return strings.Join(parts, ", ")
}
