package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/verb"
	"github.com/vmtui/vmtui/ui/widget"
)

// Excerpt is a text to be taken along: to the clipboard, or into a file.
type Excerpt struct {
	Name string // what it is: "the plan", "the transcript"
	Text string
}

// Copier is a screen with something to take along, the likeliest first.
type Copier interface {
	Excerpts() []Excerpt
}

// Filled are the excerpts in which there is something.
func Filled(c Copier) []Excerpt {
	return slices.DeleteFunc(c.Excerpts(), func(e Excerpt) bool { return strings.TrimSpace(e.Text) == "" })
}

// Once is a screen with a secret among its excerpts: it is copied once and then forgotten, and no file keeps it.
type Once interface {
	Secret(e Excerpt) bool
	Forget()
}

// excerptWidth is how wide what was drawn is when it is taken along.
const excerptWidth = 120

// drawnText is drawn lines as text.
func drawnText(lines []widget.Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	return b.String()
}

// Excerpts implements Copier.
func (f *Fleet) Excerpts() []Excerpt {
	if f.panes.on == paneRuns {
		return runExcerpts(f.env.World.Runs, f.runs.id)
	}
	name := f.target()
	for _, n := range f.visible() {
		if n.Name == name {
			return []Excerpt{
				{"what is known of " + name, drawnText(detail(f.env.World, name, excerptWidth))},
				{name + "'s row", f.nodes.text(n)},
			}
		}
	}
	return nil
}

// Excerpts implements Copier.
func (n *Node) Excerpts() []Excerpt {
	return []Excerpt{{"what is known of " + n.name, drawnText(detail(n.env.World, n.name, excerptWidth))}}
}

// Excerpts implements Copier.
func (r *Runs) Excerpts() []Excerpt { return runExcerpts(r.env.World.Runs, r.rows.at.id) }

// runExcerpts are what a row of runs has to give.
func runExcerpts(runs []desk.Run, id string) []Excerpt {
	for _, x := range runs {
		if x.ID == id {
			row := fmt.Sprintf("%s  %s %s  %s  by %s%s  started %s  updated %s\n", x.ID, verb.Spoken(x.Runbook), x.Target, x.State, x.Operator, atStep(x),
				x.Started.UTC().Format(time.RFC3339), x.Updated.UTC().Format(time.RFC3339))
			return []Excerpt{{"the run's id", x.ID}, {"the run's row", row}, {"the command that shows it", "vmtui runs show " + x.ID}}
		}
	}
	return nil
}

// atStep is at which step a run is, or was; a single act has none.
func atStep(x desk.Run) string {
	if x.Act || x.Step == "" {
		return ""
	}
	return "  step " + x.Step
}

// Excerpts implements Copier.
func (r *Run) Excerpts() []Excerpt {
	var b strings.Builder
	for _, l := range r.view.Lines {
		if r.filter.lets(l.Mark + " " + r.stepOf(l) + " " + l.Text) {
			fmt.Fprintf(&b, "%s %-16s %s %s\n", l.Time.UTC().Format(time.RFC3339), r.stepOf(l), l.Mark, strings.TrimSpace(l.Text))
		}
	}
	out := []Excerpt{{"the transcript", b.String()}}
	if s := r.shown(); s != nil {
		out = append(out, Excerpt{"the plan of “" + s.Title + "”", planText(s.StepInfo, s.Plan)})
	}
	if word := r.env.Desk.Password(r.view.ID); word != "" {
		out = append([]Excerpt{{passwordOnce, word}}, out...)
	}
	return append(out, Excerpt{"the run's id", r.view.ID})
}

// Secret implements Once.
func (r *Run) Secret(e Excerpt) bool { return e.Name == passwordOnce }

// Forget implements Once.
func (r *Run) Forget() { r.env.Desk.ForgetPassword(r.view.ID) }

// Excerpts implements Copier.
func (p *Plan) Excerpts() []Excerpt {
	i := p.at.settle(p.ids())
	if i < 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\n", p.plan.Title, p.plan.Summary)
	for n, s := range p.plan.Steps {
		fmt.Fprintf(&b, "%d  %s\n", n+1, planText(s.StepInfo, s.Plan))
	}
	s := p.plan.Steps[i]
	return []Excerpt{{"the plan", b.String()}, {"the commands of “" + s.Title + "”", strings.Join(s.Plan, "\n") + "\n"}}
}

// planText is a step and exactly what it sends.
func planText(s run.StepInfo, plan []string) string {
	text := s.Title + "\n   " + s.Why + "\n"
	for _, c := range plan {
		text += "   > " + strings.TrimSpace(c) + "\n"
	}
	return text
}
