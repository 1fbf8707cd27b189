package screen

import (
	"strings"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// putPanes stacks the live panes of the step at the right edge.
func (r *Run) putPanes(out *widget.Frame, x, w, h int) {
	names := r.wanted()
	if w == 0 || len(names) == 0 {
		return
	}
	y := 0
	for i, name := range names {
		ph := r.paneHeight(name, w, (h-y)/(len(names)-i))
		if i == len(names)-1 {
			ph = h - y
		}
		out.Put(x, y, r.paneBox(liveParts[i], name, w, ph))
		y += ph
	}
}

// paneHeight gives a pane what it needs, and no more than its share.
func (r *Run) paneHeight(name string, w, share int) int {
	p := r.panes[name]
	need := len(paneLines(p.Lines, w-4)) + 2
	if len(p.Series) > 0 {
		need += 2
	}
	return min(max(need, 5), share)
}

// paneBox is one live pane: its newest number and where it came from, its lines, and its age.
func (r *Run) paneBox(part, name string, w, h int) widget.Frame {
	p := r.panes[name]
	now := r.env.World.Now
	var lines []widget.Line
	if len(p.Series) > 0 {
		value := widget.L(theme.Strong, p.Value)
		room := max(w-4-value.Width()-2, 4)
		lines = append(lines, append(append(value, widget.Gap(2)), widget.Spark(theme.Accent, p.Series, room, 0)...), nil)
	}
	if whole := paneLines(p.Lines, w-4); len(lines)+len(whole) <= h-2 {
		lines = append(lines, whole...)
	} else { // the newest of many lines, rather than the whole of a few
		for _, l := range p.Lines {
			lines = append(lines, paneLine(accessWords(l)))
		}
	}
	right := widget.L(theme.Muted, age(p.Seen, now))
	switch {
	case p.Err != nil:
		right = widget.L(theme.Bad, "✗ "+age(p.Seen, now))
		for i := range lines {
			lines[i] = lines[i].All(theme.Off)
		}
		lines = append(widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(p.Err), w-4), lines...)
	case p.Seen.IsZero():
		right = nil
		lines = []widget.Line{widget.L(theme.Muted, "◌ looking")}
	}
	box := widget.Box{Title: title(orWord(p.Title, name)), Right: right, Lines: lines}
	if sc := r.parts.scroll(part); sc.from == 0 && r.parts.on != part {
		box.Lines = newest(lines, len(p.Series) > 0, h-2)
		sc.show(len(lines), h-2)
		return r.parts.box(part, box).Draw(w, h)
	}
	return r.parts.text(part, box, w, h)
}

// newest are the last lines, behind the number and the blank line that a pane with a series begins with.
func newest(lines []widget.Line, number bool, rows int) []widget.Line {
	over := len(lines) - rows
	switch {
	case over <= 0:
		return lines
	case number && 2+over <= len(lines):
		return append(lines[:2:2], lines[2+over:]...)
	}
	return lines[over:]
}

// paneLines are a pane's lines in full, each wrapped to w cells.
func paneLines(texts []string, w int) []widget.Line {
	var out []widget.Line
	for _, text := range texts {
		l := paneLine(text)
		switch {
		case l.Width() <= w:
			out = append(out, l)
		case len(l) == 2: // its sign, and what it says
			out = append(out, widget.Hang(l[:1:1].Add(widget.Gap(1)), theme.Plain, strings.TrimSpace(l[1].Text), w)...)
		default:
			out = append(out, widget.Wrap(theme.Plain, text, w)...)
		}
	}
	return out
}

// paneLine inks the sign that a pane's line may begin with.
func paneLine(text string) widget.Line {
	for sign, ink := range map[string]theme.Ink{"●": theme.Good, "◐": theme.Warn, "○": theme.Muted, "✗": theme.Bad, "✓": theme.Good, "?": theme.Warn, "▲": theme.Warn} {
		if len(text) > len(sign) && text[:len(sign)] == sign {
			return widget.Line{widget.S(ink, sign), widget.S(theme.Plain, text[len(sign):])}
		}
	}
	return widget.L(theme.Plain, text)
}
