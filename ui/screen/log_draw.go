package screen

import (
	"fmt"
	"slices"
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
	l.calls.panes.begin()
	return listAndDetail(w, h, 6, l.list, l.detail)
}

func (l *Log) list(w, h int) widget.Frame {
	calls := l.calls.visible()
	return l.calls.pane("Everything this console did", calls, l.count(len(calls)), l.none(calls), w, h)
}

// count says how many are seen, of how many, and how many are gone.
func (l *Log) count(seen int) widget.Line {
	text := widget.Count(seen, "call", "calls")
	if all := len(l.view.Entries); seen < all {
		text = fmt.Sprintf("%d of %s", seen, widget.Count(all, "call", "calls"))
	}
	if l.view.Dropped > 0 {
		text += fmt.Sprintf(", %d older dropped", l.view.Dropped)
	}
	return widget.L(theme.Muted, text)
}

func (l *Log) none(calls []audit.Entry) []widget.Line {
	switch {
	case len(calls) > 0:
		return nil
	case l.view.Version == 0:
		return []widget.Line{widget.L(theme.Muted, "◌ reading the log")}
	case l.calls.filter.on():
		return []widget.Line{widget.L(theme.Muted, "no call matches the filter")}
	}
	return []widget.Line{widget.L(theme.Muted, "nothing was asked of anybody yet")}
}

// changeWord marks what may change something.
func changeWord(e audit.Entry) widget.Line {
	if e.Changes {
		return widget.L(theme.Peril, "change")
	}
	return nil
}

func whatInk(e audit.Entry) theme.Ink {
	if e.Changes {
		return theme.Strong
	}
	return theme.Plain
}

// lasting is how long a call took, or has been under way.
func (l *Log) lasting(e audit.Entry) time.Duration {
	if e.Verdict == audit.Open {
		return l.env.World.Now.Sub(e.At)
	}
	return e.Took
}

func (l *Log) took(e audit.Entry) widget.Line {
	if e.Verdict == audit.Open {
		return widget.L(theme.Info, "…"+widget.Brief(l.lasting(e)))
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
	e, ok := l.calls.selected()
	if !ok {
		return l.calls.panes.text(paneCall, widget.Box{Title: title("Call")}, w, h)
	}
	m := verdictMarks[e.Verdict]
	facts := widget.Join(widget.Gap(3),
		widget.L(theme.Strong, e.On), widget.L(theme.Muted, e.Wire), widget.L(theme.Muted, e.At.Local().Format("2006-01-02 15:04:05.000")), l.took(e), kindWord(e))
	lines := []widget.Line{facts}
	lines = append(lines, widget.Hang(widget.L(m.ink, m.sign+" "), m.ink, answerOf(e), w-4)...)
	for line := range strings.SplitSeq(strings.TrimSpace(e.Sent), "\n") {
		lines = append(lines, widget.Hang(widget.L(theme.Accent, "› "), theme.Info, line, w-4)...)
	}
	return l.calls.panes.text(paneCall, widget.Box{Title: title(fmt.Sprintf("Call %d", e.N)), Lines: lines}, w, h)
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
func logText(calls []audit.Entry) string {
	var b strings.Builder
	calls = slices.Clone(calls)
	slices.SortFunc(calls, func(a, b audit.Entry) int { return a.At.Compare(b.At) })
	for _, e := range calls {
		b.WriteString(callText(e))
	}
	return b.String()
}
