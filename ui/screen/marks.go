package screen

import (
	"errors"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// mark is a state as a sign, a word and an ink. No state is told by its ink alone.
type mark struct {
	sign, word string
	ink        theme.Ink
}

func (m mark) line() widget.Line { return widget.L(m.ink, m.sign) }

// full is the sign and the word.
func (m mark) full() widget.Line { return widget.L(m.ink, m.sign+" "+m.word) }

// stepMarks are the states of a step.
var stepMarks = map[run.StepState]mark{
	run.Pending:   {"○", "to come", theme.Muted},
	run.Observing: {"◐", "looking", theme.Info},
	run.Doing:     {"◐", "acting", theme.Info},
	run.Verifying: {"◐", "proving", theme.Info},
	run.StepDone:  {"✓", "done", theme.Good},
	run.Already:   {"✓", "was so already", theme.Good},
	run.Skipped:   {"–", "skipped", theme.Warn},
	run.StepFail:  {"✗", "failed", theme.Bad},
	run.Unsure:    {"?", "unknown", theme.Warn},
	run.Undoing:   {"◐", "undoing", theme.Warn},
	run.StepUndo:  {"↶", "undone", theme.Muted},
}

// runMarks are the states of a run.
var runMarks = map[run.State]mark{
	run.Running:     {"◐", "running", theme.Info},
	run.AtGate:      {"▲", "waits for you", theme.Warn},
	run.Interrupted: {"◌", "interrupted", theme.Warn},
	run.Done:        {"✓", "done", theme.Good},
	run.Failed:      {"✗", "failed", theme.Bad},
	run.Stopped:     {"○", "stopped", theme.Muted},
	run.Undone:      {"↶", "undone", theme.Muted},
	run.Refused:     {"✗", "refused", theme.Bad},
	run.Unknown:     {"?", "unknown", theme.Warn},
}

func stepMark(s run.StepState) mark { return known(stepMarks, s) }
func runMark(s run.State) mark      { return known(runMarks, s) }

func known[K ~string](m map[K]mark, k K) mark {
	if v, ok := m[k]; ok {
		return v
	}
	return mark{"?", string(k), theme.Muted}
}

// ended reports that a run in this state will not go on unless somebody begins again.
func ended(s run.State) bool {
	switch s {
	case run.Done, run.Failed, run.Stopped, run.Undone, run.Refused:
		return true
	}
	return false
}

// containerMark is a container's state, or that there is none.
func containerMark(c *fleet.Container) mark {
	switch {
	case c == nil:
		return mark{"—", "none", theme.Faint}
	case c.State == "running" && c.Health == "healthy", c.State == "running" && c.Health == "":
		return mark{"●", orWord(c.Health, "running"), theme.Good}
	case c.State == "running" && c.Health == "starting":
		return mark{"◐", "starting", theme.Warn}
	case c.State == "running":
		return mark{"✗", c.Health, theme.Bad}
	case c.State == "restarting":
		return mark{"✗", c.State, theme.Bad}
	}
	return mark{"○", orWord(c.State, "unknown"), theme.Muted}
}

func orWord(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// lbMark is a node's place in the balancer.
func lbMark(lb string) mark {
	switch lb {
	case "in":
		return mark{"●", "in", theme.Good}
	case "draining":
		return mark{"◐", "draining", theme.Warn}
	case "out":
		return mark{"○", "out", theme.Warn}
	case "none", "":
		return mark{"—", "—", theme.Faint}
	}
	return mark{"?", "unknown", theme.Warn}
}

// nodeMark is a node's state in one sign.
func nodeMark(n fleet.Node) mark {
	switch {
	case n.Health.Seen.IsZero() && n.Health.Err == nil:
		return mark{"◌", "not seen yet", theme.Muted}
	case n.Health.Stale():
		return mark{"✗", "does not answer", theme.Bad}
	case n.LB == "draining":
		return mark{"◐", "draining", theme.Warn}
	case n.LB == "out":
		return mark{"○", "out", theme.Warn}
	case sick(n):
		return mark{"▲", "unwell", theme.Warn}
	}
	return mark{"●", "well", theme.Good}
}

// sick reports a container that runs but is not healthy.
func sick(n fleet.Node) bool {
	for i := range n.Health.Value.Containers {
		if m := containerMark(&n.Health.Value.Containers[i]); m.ink == theme.Bad {
			return true
		}
	}
	return false
}

// container is a node's container of a service, nil when there is none.
func container(n fleet.Node, service string) *fleet.Container {
	for i, c := range n.Health.Value.Containers {
		if c.Service == service {
			return &n.Health.Value.Containers[i]
		}
	}
	return nil
}

// version is what a container's image says of itself.
func version(image string) string {
	if i := strings.Index(image, "@"); i >= 0 {
		image = image[:i]
	}
	if i := strings.LastIndex(image, ":"); i > strings.LastIndex(image, "/") {
		return image[i+1:]
	}
	return ""
}

// age is how long ago something was seen, in a narrow column.
func age(seen, now time.Time) string {
	if seen.IsZero() {
		return "never"
	}
	return widget.Brief(now.Sub(seen))
}

// seenAgo says how long ago something was seen; nothing of what was not seen yet.
func seenAgo(seen, now time.Time) widget.Line {
	if seen.IsZero() {
		return nil
	}
	return widget.L(theme.Muted, "seen "+age(seen, now)+" ago")
}

// brief is the shortest honest form of an error: what and why; the next step has its own place.
func brief(err error) string {
	if err == nil {
		return ""
	}
	var f *desk.Fault
	if errors.As(err, &f) {
		return widget.Sentence(f.What, f.On, f.Why)
	}
	return err.Error()
}

// nextStep is what a fault proposes.
func nextStep(err error) string {
	var f *desk.Fault
	if errors.As(err, &f) {
		return f.Next
	}
	return ""
}
