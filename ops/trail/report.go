package trail

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/verb"
)

// Report is an incident report of one run in Markdown: what was done, by whom, where the time went, what was decided, what changed and what came back.
// It is made of the log alone, so that it can be written years later and on another machine.
func Report(id string, events []run.Event) string {
	v := run.NewView(id)
	for _, ev := range events {
		v.Apply(ev)
	}
	r := report{view: v, entries: Of(id, events), spans: spansOf(v, events)}
	for _, part := range []func(){r.head, r.endedWith, r.time, r.decisions, r.changes, r.trouble, r.transcript} {
		part()
	}
	return r.String()
}

type report struct {
	strings.Builder
	view    *run.View
	entries []Entry
	spans   []span
}

func (r *report) line(format string, args ...any) { _, _ = fmt.Fprintf(r, format+"\n", args...) } // a builder takes all

func (r *report) heading(text string) { r.line("\n## %s\n", text) }

func (r *report) head() {
	h := r.view.Header
	r.line("# %s", prose(cmp.Or(h.Title, h.Runbook)))
	r.line("\n| | |\n|---|---|")
	r.row("run", code(r.view.ID))
	if h.Single() {
		r.row("act", code(verb.Spoken(h.Runbook)))
	} else {
		r.row("runbook", fmt.Sprintf("%s, version %d, %s", code(h.Runbook), h.Version, code(short(h.Hash))))
	}
	r.row("target", code(h.Target))
	r.row("operator", prose(h.Operator))
	r.row("began", stamp(r.view.Started))
	r.row("last word", stamp(r.view.Updated))
	r.row("took", took(r.view.Updated.Sub(r.view.Started)))
	r.row("legs", fmt.Sprint(r.view.Leg))
	r.row("ended", "**"+prose(string(r.view.State))+"**")
}

func (r *report) row(cells ...string) { r.line("| %s |", strings.Join(cells, " | ")) }

func (r *report) endedWith() {
	if r.view.Detail != "" {
		r.line("\n%s", prose(r.view.Detail))
	}
}

// span is a stretch of time that a step took.
type span struct {
	step, state   string
	whole, gates  time.Duration // gates: of it, waiting for an operator
	began         time.Time
	open, waiting time.Time // while it is read
}

// spansOf adds up, for each step, from when it was first looked at to its end, in every leg; what lies between two legs belongs to nobody.
func spansOf(v *run.View, events []run.Event) []span {
	spans := make([]span, len(v.Steps))
	for i, s := range v.Steps {
		spans[i] = span{step: s.Title, state: string(s.State)}
	}
	current := -1
	leave := func(at time.Time) {
		if current >= 0 {
			spans[current].stop(at)
		}
		current = -1
	}
	for _, ev := range events {
		switch ev.Type {
		case run.LegOpen, run.LegEnd, run.Result:
			leave(ev.Time)
		case run.Gated:
			if current >= 0 {
				spans[current].waiting = ev.Time
			}
		case run.Answered:
			if current >= 0 {
				spans[current].answered(ev.Time)
			}
		case run.Stepped:
			for i := range v.Steps {
				if v.Steps[i].ID != ev.Step || i == current {
					continue
				}
				leave(ev.Time)
				current = i
				spans[i].start(ev.Time)
			}
		}
	}
	return spans
}

func (s *span) start(at time.Time) {
	s.open = at
	if s.began.IsZero() {
		s.began = at
	}
}

func (s *span) stop(at time.Time) {
	s.answered(at)
	if !s.open.IsZero() {
		s.whole += at.Sub(s.open)
		s.open = time.Time{}
	}
}

func (s *span) answered(at time.Time) {
	if !s.waiting.IsZero() {
		s.gates += at.Sub(s.waiting)
		s.waiting = time.Time{}
	}
}

func (r *report) time() {
	r.heading("Where the time went")
	r.row("#", "step", "ended", "began", "took", "of it at gates")
	r.line("|---|---|---|---|---:|---:|")
	for i, s := range r.spans {
		began := "—"
		if !s.began.IsZero() {
			began = s.began.UTC().Format(time.TimeOnly)
		}
		r.row(fmt.Sprint(i+1), prose(s.step), s.state, began, took(s.whole), took(s.gates))
	}
}

func (r *report) decisions() {
	r.heading("Decisions")
	r.list(Decision, "nobody was asked anything", func(e Entry) string {
		return fmt.Sprintf("%s — %s at %s: %s%s", stamp(e.Time), prose(e.By), code(cmp.Or(verb.Step(e.Runbook, e.Step), "the run")), prose(e.What), because(e.Detail))
	})
}

func because(detail string) string {
	if detail == "" {
		return ""
	}
	return " (" + prose(detail) + ")"
}

// list writes the entries of a kind.
func (r *report) list(k Kind, none string, words func(Entry) string) {
	before := r.Len()
	for _, e := range r.entries {
		if e.Kind == k {
			r.line("- %s", words(e))
		}
	}
	if r.Len() == before {
		r.line("%s.", strings.ToUpper(none[:1])+none[1:])
	}
}

func (r *report) changes() {
	r.heading("Changes")
	r.list(Act, "nothing was changed", func(e Entry) string {
		return fmt.Sprintf("%s — %s on %s: %s — **%s** after %s%s", stamp(e.Time), prose(e.By+"@"+e.Host), code(e.On), code(e.What), cmp.Or(e.Outcome, "no outcome recorded"),
			took(e.Took), because(e.Detail))
	})
}

// trouble are the acts that did not end well.
func (r *report) trouble() {
	r.heading("What did not go well")
	before := r.Len()
	for _, e := range r.entries {
		if e.Kind == Act && e.Outcome != "done" {
			r.line("- %s: %s on %s is **%s**%s", stamp(e.Time), code(e.What), code(e.On), cmp.Or(e.Outcome, "unknown"), because(e.Detail))
		}
	}
	for _, s := range r.view.Steps {
		if s.State == run.StepFail || s.State == run.Unsure || s.State == run.Skipped {
			r.line("- step %s is **%s**%s", code(verb.Step(r.view.Header.Runbook, s.ID)), s.State, because(s.Detail))
		}
	}
	if r.Len() == before {
		r.line("Every change ended as it should.")
	}
}

func (r *report) transcript() {
	r.heading("Transcript")
	if r.view.Cut > 0 {
		r.line("%s no longer kept.\n", spelling.Count(r.view.Cut, "line", "lines"))
	}
	fence := "```"
	for _, l := range r.view.Lines {
		for strings.Contains(l.Text, fence) {
			fence += "`"
		}
	}
	r.line("%stext", fence)
	for _, l := range r.view.Lines {
		r.line("%s %-12s %s %s", l.Time.UTC().Format(time.TimeOnly), verb.Step(r.view.Header.Runbook, l.Step), l.Mark, l.Text)
	}
	r.line("%s", fence)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func took(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second / 10).String()
}

func short(hash string) string { return hash[:min(12, len(hash))] }

// prose keeps a text from being read as Markdown.
func prose(s string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "|", `\|`, "<", "&lt;", ">", "&gt;", "[", `\[`, "]", `\]`, "#", `\#`, "\n", " ").Replace(s)
}

// code is a text as it is, in a table too.
func code(s string) string {
	if s == "" {
		return "—"
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\n", " "), "|", `\|`)
	if len(fence) > 1 || strings.HasPrefix(s, "`") {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}
