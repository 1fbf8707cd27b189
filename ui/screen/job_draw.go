package screen

import (
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Draw implements Screen.
func (j *Job) Draw(w, h int) widget.Frame {
	j.panes.begin()
	out := widget.Blank(w, h)
	state := j.stateBox(w)
	out.Put(0, 0, state)
	if n := j.failedRows(h - state.H); n > 0 {
		out.Put(0, h-n, j.failedBox(w, n))
		h -= n
	}
	rest := h - state.H
	switch {
	case j.beside == nil:
		out.Put(0, state.H, j.outputBox(w, rest))
	case w >= 110:
		out.Put(0, state.H, j.outputBox(w-w/2, rest))
		out.Put(w-w/2, state.H, j.besideBox(w/2, rest))
	default:
		half := rest / 2
		out.Put(0, state.H, j.outputBox(w, rest-half))
		out.Put(0, state.H+rest-half, j.besideBox(w, half))
	}
	return out
}

// resultMarks are how a job ends.
var resultMarks = map[tootctl.Result]mark{
	tootctl.Success:   {"✓", "success", theme.Good},
	tootctl.Partly:    {"◐", "success with errors", theme.Warn},
	tootctl.Failure:   {"✗", "failed", theme.Bad},
	tootctl.Cancelled: {"○", "cancelled", theme.Muted},
	tootctl.Unsure:    {"?", "unknown", theme.Warn},
}

// endMark is how a job stands or ended, with the number of items that failed.
func endMark(x job.Job) mark {
	if x.State == job.Running {
		return mark{"◐", "running", theme.Info}
	}
	m := known(resultMarks, x.Result)
	m.word = x.Ending()
	return m
}

// stateBox is how the job stands.
func (j *Job) stateBox(w int) widget.Frame {
	inner := w - 4
	lines := []widget.Line{
		widget.L(theme.Strong, j.rec.Line).Fit(inner),
		widget.L(theme.Muted, fmt.Sprintf("on %s, started by %s %s ago%s", j.rec.Node, j.rec.By, age(j.rec.Started, j.env.World.Now), j.sinceThen())).Fit(inner),
	}
	lines = append(lines, j.standLines(inner)...)
	if j.setback != nil && j.end.Result == "" {
		lines = append(lines, setbackLines(j.setback, inner)...)
	}
	return widget.Box{Title: title("Job " + j.rec.ID), Lines: lines, Ink: theme.Focus}.Draw(w, len(lines)+2)
}

// sinceThen says when it ended, or that leaving does not end it.
func (j *Job) sinceThen() string {
	switch {
	case !j.end.Ended.IsZero():
		said := fmt.Sprintf(", ended %s ago", age(j.end.Ended, j.env.World.Now))
		if d, known := j.end.Lasted(); known {
			said += " after " + widget.Since(d)
		}
		return said
	case j.ended:
		return ""
	}
	return "; it goes on without you"
}

// endRows are how many rows the reason of an end takes.
const endRows = 3

// standLines are the result and why, or else how it stands.
func (j *Job) standLines(w int) []widget.Line {
	if j.end.Result == "" {
		return []widget.Line{j.standLine(w)}
	}
	m := endMark(j.end)
	return rows(widget.Hang(m.full().Add(widget.Gap(2)), theme.Plain, strings.TrimPrefix(j.end.Why, m.word+" "), w), endRows)
}

// standLine is the bar, or else what is waited for.
func (j *Job) standLine(w int) widget.Line {
	switch {
	case j.ended:
		return widget.L(theme.Muted, "◌ asking how it ended").Fit(w)
	case j.stand.Asks(j.read):
		return widget.L(theme.Warn, "? it asks, and waits for an answer").Fit(w)
	case j.reading.Barred:
		return j.barLine(w)
	case j.reading.Lines == 0:
		said := "◐ Rails starts"
		if len(j.boot) > 0 {
			said += " (" + j.boot.String() + ")"
		}
		return widget.L(theme.Info, said+", since "+age(j.rec.Started, j.env.World.Now)).Fit(w)
	}
	return widget.L(theme.Info, "◐ running").Fit(w)
}

// barLine is the job's own bar as a real one: title, count, rate and what is left.
func (j *Job) barLine(w int) widget.Line {
	p := j.reading.Bar
	said := j.pace.Words(j.reading.Count)
	l := widget.L(theme.Info, "◐ "+p.Title)
	if percent := p.Percent(); percent >= 0 {
		cells := max(min(w/3, 40, w-l.Width()-len(" 100% ")-widget.L(theme.Plain, said).Width()-1), 8)
		full := cells * percent / 100
		l = l.Add(widget.S(theme.Accent, " "+strings.Repeat("█", full)), widget.S(theme.Muted, strings.Repeat("░", cells-full)), widget.S(theme.Strong, fmt.Sprintf(" %d%%", percent)))
	}
	return l.Add(widget.S(theme.Plain, " "+said)).Fit(w)
}

// outputBox is what it prints; it follows unless somebody reads further up.
func (j *Job) outputBox(w, h int) widget.Frame {
	box := widget.Box{Title: title("Output"), Lines: j.outputLines(w - 4)}
	if j.lost > 0 {
		box.Right = widget.L(theme.Warn, fmt.Sprintf("%s dropped", spelling.Count(j.lost, "line", "lines")))
	}
	if s := j.panes.scroll(paneJobOutput); j.follows {
		s.from = max(len(box.Lines)-(h-2), 0)
	}
	return j.panes.text(paneJobOutput, box, w, h)
}

func (j *Job) outputLines(w int) []widget.Line {
	var out []widget.Line
	for _, text := range j.lines {
		if len(out) == 0 && strings.TrimSpace(text) == "" {
			continue // what a bar leaves behind
		}
		for l := range strings.Lines(text) {
			ink := theme.Plain
			if strings.HasPrefix(l, "Error ") {
				ink = theme.Bad
			}
			out = append(out, widget.Wrap(ink, strings.TrimRight(l, "\n"), w)...)
		}
	}
	if j.password != "" {
		out = append(out, widget.L(theme.Accent, "the new password can be copied once: y").Fit(w))
	}
	if j.err != nil && len(out) == 0 {
		out = widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(j.err), w)
	}
	return out
}

// failedMost is how many of the items that failed are in sight at once.
const failedMost = 5

// failedRows is how high the list of what failed is: nothing where nothing did, and never more than a third.
func (j *Job) failedRows(rest int) int {
	rows := min(len(j.reading.Errors), failedMost, rest/3-2)
	if rows < 1 {
		return 0
	}
	return rows + 2
}

// failedBox lists the items that failed, wherever in the output they stand.
func (j *Job) failedBox(w, h int) widget.Frame {
	box := widget.Box{Title: title("What failed")}
	if more := j.reading.Count - len(j.reading.Errors); more > 0 {
		box.Right = widget.L(theme.Warn, fmt.Sprintf("and %d more", more))
	}
	for _, text := range j.reading.Errors {
		box.Lines = append(box.Lines, widget.Wrap(theme.Bad, text, w-4)...)
	}
	return j.panes.text(paneFailed, box, w, h)
}

// besideBox is what the rehearsal said.
func (j *Job) besideBox(w, h int) widget.Frame {
	inner := w - 4
	lines := append([]widget.Line{widget.L(theme.Muted, j.beside.rec.Line).Fit(inner)}, j.beside.standLines(inner)...)
	lines = append(append(lines, nil), j.beside.outputLines(inner)...)
	return j.panes.text(paneBeside, widget.Box{Title: title("Its dry run"), Lines: lines}, w, h)
}

// text is the output as text.
func (j *Job) text() string { return strings.Join(j.lines, "\n") + "\n" }
