package screen

import (
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Draw implements Screen.
func (x *Deed) Draw(w, h int) widget.Frame {
	lines := x.lines(w - 4)
	box := widget.Box{Title: title("Plan: " + x.Crumb()), Lines: lines, Ink: theme.Focus}
	box.Right = widget.Join(widget.S(theme.Muted, " · "), dangerOf(x.plan).full(), seenAgo(x.seen, x.env.World.Now))
	switch {
	case x.done:
		box.Title, box.Right = title("Done: "+x.Crumb()), nil
		if x.err != nil {
			box.Title = title("Not all of it: " + x.Crumb())
		}
	case !x.planned:
		box.Right = nil
	case x.work != nil:
		box.Title = title("Under way: " + x.Crumb())
	}
	box.From = x.text.show(len(lines), h-2)
	return box.Draw(w, h)
}

// dangerOf is a plan's danger; a change that no other act takes back says how it is taken back.
func dangerOf(p sidekiq.Plan) mark {
	m := danger(p.Danger)
	if p.Danger == act.Changes && p.Back != "" {
		m.word = "changes; " + p.Back
	}
	return m
}

// lines are the whole of it.
func (x *Deed) lines(w int) []widget.Line {
	var lines []widget.Line
	if x.done && (x.err == nil || !x.report.Nothing()) {
		lines = append(reportLines(x.report, x.err == nil, w), nil)
	}
	if x.err != nil {
		lines = append(append(lines, faultLines(x.err, w)...), nil)
	}
	if x.work != nil {
		lines = append(lines, progressLine(x.work, x.env, w))
		if p := x.work.far.Load(); p != nil && p.Says != "" {
			lines = append(lines, widget.Hang(widget.L(theme.Warn, "! "), theme.Plain, p.Says, w)...)
		}
		lines = append(lines, nil)
	}
	if l := x.round.passLine(x.env.World); l != nil && x.work == nil {
		lines = append(lines, l.Fit(w), nil)
	}
	if x.planned {
		lines = append(lines, deedLines(x.plan, x.seen, w)...)
	}
	return lines
}

// faultLines are an error with its next step.
func faultLines(err error, w int) []widget.Line {
	lines := widget.Hang(widget.L(theme.Bad, "✗ "), theme.Strong, brief(err), w)
	if next := nextStep(err); next != "" {
		lines = append(lines, widget.Hang(widget.L(theme.Accent, "  → "), theme.Plain, next, w)...)
	}
	return lines
}

// progressLine is how far something is.
func progressLine(x *work, env Env, w int) widget.Line {
	since := widget.S(theme.Muted, "  since "+age(x.began, env.World.Now))
	p := x.far.Load()
	if p == nil {
		return widget.Line{widget.S(theme.Info, "◐ looking"), since}
	}
	l := widget.L(theme.Info, "◐ "+p.Doing+" ")
	if p.Of > 0 {
		percent := 100 * float64(p.Done) / float64(p.Of)
		l = append(l, widget.Bar(theme.Accent, percent, max(min(w/3, 40), 8))...)
		l = l.Add(widget.S(theme.Strong, " "+widget.Percent(percent)))
	}
	l = l.Add(widget.S(theme.Plain, strings.TrimRight(fmt.Sprintf("  %s of %s %s", count(p.Done), map[bool]string{true: count(p.Of), false: "?"}[p.Of > 0], p.Unit), " ")))
	return l.Add(since).Fit(w)
}

// deedLines are a plan: what it loses stands first, then what is sent, what is to be known, and what is meant.
func deedLines(p sidekiq.Plan, seen time.Time, w int) []widget.Line {
	lines := widget.Wrap(theme.Strong, p.What, w)
	if p.Refusal != nil {
		lines = append(append(lines, nil), faultLines(p.Refusal, w)...)
	}
	if p.Loss.Lost != "" {
		lines = append(lines, lossLines(p.Loss, w)...)
	}
	if len(p.Lines) > 0 {
		lines = append(lines, nil, widget.L(theme.Head, "WHAT IS SENT"))
	}
	for _, l := range p.Lines {
		lines = append(lines, widget.Hang(widget.L(theme.Key, "› "), theme.Plain, l, w)...)
	}
	if len(p.Caution) > 0 {
		lines = append(lines, nil, widget.L(theme.Head, "TO BE KNOWN FIRST"))
	}
	for _, c := range p.Caution {
		lines = append(lines, widget.Hang(widget.L(theme.Warn, "! "), theme.Plain, c, w)...)
	}
	if p.In.Counted > 0 {
		lines = append(lines, nil, widget.L(theme.Head, "WHAT IS MEANT"))
		lines = append(lines, histogramLines(p.In, seen, w, 5)...)
	}
	return lines
}

// jobsCounted is a number of jobs as screens write it.
func jobsCounted(n int64) string {
	if n == 1 {
		return "1 job"
	}
	return count(n) + " jobs"
}

// reportLines are what was done, all of it or not.
func reportLines(r sidekiq.Report, all bool, w int) []widget.Line {
	parts := []string{jobsCounted(r.Jobs) + " in " + widget.Since(r.Took)}
	if _, signal := map[sidekiq.Deed]bool{sidekiq.Quiet: true, sidekiq.Stop: true, sidekiq.Dump: true}[r.Deed]; signal {
		parts = []string{widget.Count(int(r.Jobs), "process was told", "processes were told") + "; heard at the next heartbeat, within 10 s"}
	}
	for _, also := range []struct {
		n    int64
		what string
	}{{r.Left, "are left to be deleted"}, {r.Kept, "left as they were"}, {r.Gone, "were no longer there"}, {r.Unsure, "of which it is not known who took them"}, {r.Back, "are there again"}, {r.Unlocked, "unique locks released"}} {
		if also.n > 0 {
			parts = append(parts, count(also.n)+" "+also.what)
		}
	}
	did := string(r.Deed)
	if r.TakenOut() {
		did = "taken out, and not deleted"
	}
	sign := widget.L(theme.Good, "✓ ")
	if !all {
		sign = widget.L(theme.Warn, "~ ")
	}
	lines := widget.Hang(sign, theme.Strong, did+": "+strings.Join(parts, "; "), w)
	if r.Shelf != "" {
		lines = append(lines, widget.Hang(widget.L(theme.Info, "◌ "), theme.Plain, "the jobs lie in "+r.Shelf+" until they are restored or deleted", w)...)
	}
	for _, path := range r.Backups {
		lines = append(lines, widget.Hang(widget.L(theme.Muted, "backup "), theme.Plain, path, w)...)
	}
	if r.Certain != "" {
		lines = append(lines, widget.Hang(widget.L(theme.Info, "= "), theme.Plain, r.Certain, w)...)
	}
	if r.Doubt != "" {
		lines = append(lines, widget.Hang(widget.L(theme.Warn, "? "), theme.Plain, r.Doubt, w)...)
	}
	return lines
}
