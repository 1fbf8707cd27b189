package screen

import (
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Draw implements Screen.
func (l *Logs) Draw(w, h int) widget.Frame {
	l.rows = max(h-2, 1)
	head := l.filter.title(l.word())
	l.back = max(min(l.back, len(l.seen)-1), 0)
	lines := l.lines(w-4, l.rows)
	if len(lines) == 0 {
		lines = l.none(w - 4)
	}
	return widget.Box{ID: "logs", Title: head, Right: l.note(), Ink: theme.Focus, Lines: lines, Foot: l.foot()}.Draw(w, h)
}

// lines are the newest that fit above what is scrolled out of sight.
func (l *Logs) lines(w, rows int) []widget.Line {
	l.left = min(l.left, max(l.longest(rows)-w, 0))
	var up []widget.Line // newest first
	for i := len(l.seen) - 1 - l.back; i >= 0 && len(up) < rows; i-- {
		if !l.wrap {
			up = append(up, l.row(l.seen[i], w))
			continue
		}
		parts := widget.Wrap(logInk(l.seen[i]), l.short(l.seen[i]), w)
		for j := len(parts) - 1; j >= 0 && len(up) < rows; j-- {
			up = append(up, parts[j])
		}
	}
	out := make([]widget.Line, len(up))
	for i, line := range up {
		out[len(up)-1-i] = line
	}
	return out
}

// longest is how wide the longest of the lines on the screen is.
func (l *Logs) longest(rows int) int {
	n := 0
	if l.left == 0 { // nobody asks
		return n
	}
	end := len(l.seen) - l.back
	for _, text := range l.seen[max(end-rows, 0):max(end, 0)] {
		n = max(n, widget.Width(l.short(text)))
	}
	return n
}

// row is one line, moved sideways.
func (l *Logs) row(text string, w int) widget.Line {
	line := widget.L(logInk(text), l.short(text))
	if l.left > 0 {
		line = line.Cut(l.left, line.Width())
	}
	return line.Fit(w)
}

// troubles are words that an eye should find in a flood.
var troubles = newMatcher(`\b(fatal|error|exception|panic)\b|"status":5\d\d|" 5\d\d `)

// warnings are words worth a second look.
var warnings = newMatcher(`\bwarn(ing)?\b|"status":4\d\d|" 4\d\d `)

func logInk(text string) theme.Ink {
	switch {
	case strings.HasPrefix(text, "────"):
		return theme.Muted
	case troubles.lets(text):
		return theme.Bad
	case warnings.lets(text):
		return theme.Warn
	}
	return theme.Plain
}

// note says how much there is, how fresh it is, and whether it still comes.
func (l *Logs) note() widget.Line {
	var parts []widget.Line
	if l.back > 0 {
		parts = append(parts, widget.L(theme.Warn, fmt.Sprintf("↓ %d newer", l.back)))
	}
	text := widget.Count(len(l.seen), "line", "lines")
	if l.filter.on() {
		text = fmt.Sprintf("%d of %s", len(l.seen), widget.Count(len(l.all), "line", "lines"))
	}
	if l.lost > 0 {
		text += fmt.Sprintf(", %d dropped", l.lost)
	}
	parts = append(parts, widget.L(theme.Muted, text))
	if !l.newest.IsZero() {
		parts = append(parts, widget.L(theme.Muted, "newest "+age(l.newest, l.env.World.Now)))
	}
	if !l.broke.IsZero() {
		parts = append(parts, widget.L(theme.Bad, "✗ not read since "+widget.Brief(l.env.World.Now.Sub(l.broke))))
	}
	return widget.Join(widget.S(theme.Muted, " · "), parts...)
}

// foot says why nothing comes any more, while there are lines above it.
func (l *Logs) foot() widget.Line {
	if l.broke.IsZero() || len(l.seen) == 0 {
		return nil
	}
	return widget.L(theme.Bad, l.why())
}

// why says why the log is not read just now.
func (l *Logs) why() string {
	if l.err == nil {
		return "it ended: nothing is left to follow; it is tried again"
	}
	return brief(l.err)
}

// none says why there is nothing to see.
func (l *Logs) none(w int) []widget.Line {
	switch {
	case !l.broke.IsZero():
		lines := widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, l.why(), w)
		if next := nextStep(l.err); next != "" {
			lines = append(lines, widget.Hang(widget.L(theme.Accent, "→ "), theme.Plain, next, w)...)
		}
		return append(lines, widget.L(theme.Muted, "it is read again every few seconds"))
	case l.filter.on() && len(l.all) > 0:
		return []widget.Line{widget.L(theme.Muted, "no line matches the filter")}
	}
	return []widget.Line{widget.L(theme.Muted, "◌ reading; nothing has come yet")}
}
