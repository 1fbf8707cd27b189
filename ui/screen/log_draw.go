package screen

import (
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/audit"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// verdictMarks are the signs of how calls ended.
var verdictMarks = map[audit.Verdict]mark{
	audit.Open: {"◐", "under way", theme.Info}, audit.OK: {"✓", "ok", theme.Good}, audit.Failed: {"✗", "failed", theme.Bad},
	audit.Unsent: {"○", "not sent", theme.Warn}, audit.Unknown: {"?", "unknown", theme.Warn},
}

// Draw implements Screen.
func (l *Log) Draw(w, h int) widget.Frame {
	out := widget.Blank(w, h)
	if w >= 150 {
		side := min(w*2/5, 100)
		out.Put(0, 0, l.list(w-side, h))
		out.Put(w-side, 0, l.detail(side, h))
		return out
	}
	low := max(min(h/3, 12), 6)
	out.Put(0, 0, l.list(w, h-low))
	out.Put(0, h-low, l.detail(w, low))
	return out
}

func (l *Log) list(w, h int) widget.Frame {
	calls := l.visible()
	l.page = max((h-3)/2, 1)
	t := widget.NewTable(w-4,
		widget.Column{Head: "TIME", W: 8}, widget.Column{Head: "", W: 1}, widget.Column{Head: "ON", W: 12},
		widget.Column{Head: "", W: 6}, widget.Column{Head: "WHAT", W: 20, Grow: 4}, widget.Column{Head: "TOOK", W: 6, Right: true}, widget.Column{Head: "ANSWER", W: 12, Grow: 1, Least: 76})
	at := l.at.settle(l.ids())
	from := window(at, len(calls), h-3)
	lines := []widget.Line{t.Head()}
	var hits []widget.Hit
	for i := from; i < min(from+h-3, len(calls)); i++ {
		row := l.row(t, calls[i])
		if i == at {
			row = row.On(theme.Selected)
		}
		hits = append(hits, widget.Hit{Y: len(lines), ID: fmt.Sprintf("call:%d", calls[i].N)})
		lines = append(lines, row)
	}
	if len(calls) == 0 {
		lines = append(lines, l.none())
	}
	head := title("Everything this console did")
	if l.filter.on() {
		head = head.Add(widget.S(theme.Muted, "  /"), widget.S(theme.Accent, l.filter.text))
	}
	return widget.Box{Title: head, Right: l.count(len(calls)), Ink: theme.Focus, Lines: lines, Hits: hits}.Draw(w, h)
}

// count says how many are seen, of how many, and how many are gone.
func (l *Log) count(seen int) widget.Line {
	text := widget.Count(seen, "call", "calls")
	if all := len(l.calls.Entries); seen < all {
		text = fmt.Sprintf("%d of %s", seen, widget.Count(all, "call", "calls"))
	}
	if l.calls.Dropped > 0 {
		text += fmt.Sprintf(", %d older dropped", l.calls.Dropped)
	}
	return widget.L(theme.Muted, text)
}

func (l *Log) none() widget.Line {
	switch {
	case l.calls.Version == 0:
		return widget.L(theme.Muted, "◌ reading the log")
	case l.filter.on():
		return widget.L(theme.Muted, "no call matches the filter")
	}
	return widget.L(theme.Muted, "nothing was asked of anybody yet")
}

func (l *Log) row(t widget.Table, e audit.Entry) widget.Line {
	m, what := verdictMarks[e.Verdict], theme.Plain
	change := widget.Line(nil)
	if e.Changes {
		what, change = theme.Strong, widget.L(theme.Peril, "change")
	}
	return t.Row(
		widget.L(theme.Muted, e.At.Local().Format("15:04:05")), m.line(), widget.L(theme.Plain, e.On),
		change, widget.L(what, e.What), l.lasting(e), widget.L(m.ink, answerOf(e)))
}

// lasting is how long the call took, or has been under way.
func (l *Log) lasting(e audit.Entry) widget.Line {
	if e.Verdict == audit.Open {
		return widget.L(theme.Info, "…"+widget.Brief(l.env.World.Now.Sub(e.At)))
	}
	return widget.L(theme.Muted, lasted(e.Took))
}

// lasted is a duration for people who wonder what is slow.
func lasted(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "<1ms"
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < 100*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return widget.Brief(d)
}

func answerOf(e audit.Entry) string {
	if e.Verdict == audit.Open {
		return "under way"
	}
	return e.Says
}

// detail is the selected call: exactly what was sent, and what came back.
func (l *Log) detail(w, h int) widget.Frame {
	seen := l.visible()
	i := l.at.settle(l.ids())
	if i < 0 {
		return widget.Box{Title: title("Call")}.Draw(w, h)
	}
	e := seen[i]
	m := verdictMarks[e.Verdict]
	head := widget.Join(widget.Gap(3),
		widget.L(theme.Strong, e.On), widget.L(theme.Muted, e.Wire), widget.L(theme.Muted, e.At.Local().Format("2006-01-02 15:04:05.000")), l.lasting(e), kindWord(e))
	lines := []widget.Line{head}
	lines = append(lines, widget.Hang(widget.L(m.ink, m.sign+" "), m.ink, answerOf(e), w-4)...)
	for line := range strings.SplitSeq(strings.TrimSpace(e.Sent), "\n") {
		lines = append(lines, widget.Hang(widget.L(theme.Accent, "› "), theme.Info, line, w-4)...)
	}
	l.from = min(l.from, max(len(lines)-(h-2), 0))
	return widget.Box{Title: title(fmt.Sprintf("Call %d", e.N)), Lines: lines, From: l.from}.Draw(w, h)
}

func kindWord(e audit.Entry) widget.Line {
	if e.Changes {
		return widget.L(theme.Peril, "may change something")
	}
	return widget.L(theme.Muted, "only looks")
}

// callText is a call as it is handed on.
func callText(e audit.Entry) string {
	return fmt.Sprintf("%s  %s  %s (%s)  %s after %s: %s\n%s\n", e.At.UTC().Format(time.RFC3339), kind(e), e.On, e.Wire, verdictMarks[e.Verdict].word, lasted(e.Took), e.Says, e.Sent)
}

// logText is the log as it is handed on, oldest first.
func logText(newest []audit.Entry) string {
	var b strings.Builder
	for i := len(newest) - 1; i >= 0; i-- {
		b.WriteString(callText(newest[i]))
	}
	return b.String()
}
