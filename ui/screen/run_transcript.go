package screen

import (
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/verb"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// transcript is everything that was run and what came back, newest at the bottom.
func (r *Run) transcript(w, h int) widget.Frame {
	rows := h - 2
	r.logRows = max(rows, 1)
	var keep []run.Line
	skip := r.lines
	for i := len(r.view.Lines) - 1; i >= 0 && len(keep) < rows; i-- {
		l := r.view.Lines[i]
		if !r.filter.lets(l.Mark + " " + r.stepOf(l) + " " + l.Text) {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		keep = append(keep, l)
	}
	r.lines -= skip // no further up than there is
	lines := make([]widget.Line, 0, rows)
	for i := len(keep) - 1; i >= 0; i-- {
		lines = append(lines, transcriptRow(keep[i], r.stepOf(keep[i]), w-4))
	}
	head := r.filter.title("Transcript")
	return r.parts.box(partLog, widget.Box{Title: head, Right: r.transcriptNote(), Lines: lines}).Draw(w, h)
}

// transcriptNote says what is out of sight, and that the log cannot be read.
func (r *Run) transcriptNote() widget.Line {
	var parts []widget.Line
	if r.err != nil {
		parts = append(parts, widget.L(theme.Bad, "✗ "+brief(r.err)))
	}
	if r.view.Cut > 0 {
		parts = append(parts, widget.L(theme.Muted, fmt.Sprintf("%d older lines are in the log only", r.view.Cut)))
	}
	if r.lines > 0 {
		parts = append(parts, widget.L(theme.Warn, fmt.Sprintf("↓ %d newer", r.lines)))
	}
	return widget.Join(widget.S(theme.Muted, " · "), parts...)
}

// lineInks are the inks of the transcript's marks.
var lineInks = map[string]theme.Ink{"✓": theme.Good, "✗": theme.Bad, "?": theme.Warn, "→": theme.Accent, "›": theme.Accent, "·": theme.Muted}

// stepOf is at which step something was said, as the operator calls it.
func (r *Run) stepOf(l run.Line) string { return verb.Step(r.view.Header.Runbook, l.Step) }

// transcriptRow is one line of the transcript.
func transcriptRow(l run.Line, step string, w int) widget.Line {
	ink, ok := lineInks[l.Mark]
	text := theme.Plain
	switch {
	case !ok:
		text = theme.Muted
	case l.Mark == "·":
		text = theme.Muted
	case l.Mark == "›":
		text = theme.Info
	}
	row := widget.Line{widget.S(theme.Muted, l.Time.Local().Format("15:04:05")), widget.Gap(1)}
	if w >= 96 {
		row = append(row, widget.L(theme.Off, step).Fit(14)...)
		row = row.Add(widget.Gap(1))
	}
	row = append(row, widget.L(ink, l.Mark).Fit(2)...)
	return row.Add(widget.S(text, strings.TrimSpace(l.Text))).Fit(w)
}
