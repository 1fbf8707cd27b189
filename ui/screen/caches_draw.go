package screen

import (
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Draw implements Screen.
func (c *Caches) Draw(w, h int) widget.Frame {
	c.panes.begin()
	out := widget.Blank(w, h)
	if w >= 110 {
		left := min(max(w*2/5, 50), 90)
		form := min(h*3/5, 24)
		out.Put(0, 0, c.formBox(left, form))
		out.Put(0, form, c.purgeBox(left, h-form))
		out.Put(left, 0, c.answersBox(w-left, h))
		return out
	}
	form := max(h/3, 8)
	rest := h - form
	out.Put(0, 0, c.formBox(w, form))
	if c.panes.on == panePurge || c.begun && !c.view.Over {
		out.Put(0, form, c.purgeBox(w, rest))
		c.panes.drawn[paneLayers] = true // a key away, in the same place
		return out
	}
	out.Put(0, form, c.answersBox(w, rest))
	c.panes.drawn[panePurge] = true
	return out
}

// abouts explain the fields.
var abouts = map[string]string{
	string(cache.Origin): "nginx's own cache on every worker", string(cache.CDN): "before the Space with the media", string(cache.TheEdge): "Cloudflare",
}

// formBox is what would be purged, where, and exactly what is sent.
func (c *Caches) formBox(w, h int) widget.Frame {
	inner := w - 4
	box := widget.Box{Title: title("Purge")}
	all := c.fields()
	at := c.field.settle(all)
	for i, name := range all {
		box.Hits = append(box.Hits, widget.Hit{Y: len(box.Lines), ID: "field:" + name})
		l := append(widget.L(theme.Strong, name).Fit(8), c.fieldValue(name)...).Fit(inner)
		if i == at && c.panes.on == paneForms {
			l = l.On(theme.Selected)
		}
		box.Lines = append(box.Lines, l)
	}
	box.Lines = append(box.Lines, c.planLines(inner)...)
	return c.panes.box(paneForms, box).Draw(w, h)
}

func (c *Caches) fieldValue(name string) widget.Line {
	switch name {
	case fieldKind:
		return widget.L(theme.Accent, string(c.kind)).Add(widget.S(theme.Muted, "  enter: url, prefix, host, tag, everything"))
	case fieldItems:
		switch {
		case c.kind == cache.Everything:
			return widget.L(theme.Peril, "everything there is")
		case c.items == "":
			return widget.L(theme.Warn, "needed: enter, and type a page such as /@picard")
		}
		return widget.L(theme.Accent, c.items)
	}
	if c.at[cache.Where(name)] {
		return widget.L(theme.Good, "● yes").Add(widget.S(theme.Muted, "  "+abouts[name]))
	}
	return widget.L(theme.Muted, "○ no   "+abouts[name])
}

// planLines are what stands in the way, who keeps the page, and what is sent.
func (c *Caches) planLines(w int) []widget.Line {
	var out []widget.Line
	p := c.plan
	switch {
	case c.Waiting("plan"):
		return []widget.Line{nil, widget.L(theme.Muted, "◌ looking what that means").Fit(w)}
	case c.planErr != nil:
		return append(widget.Hang(widget.L(theme.Warn, "○ "), theme.Warn, brief(c.planErr), w), widget.Hang(widget.L(theme.Muted, "→ "), theme.Muted, nextStep(c.planErr), w)...)
	case len(p.Items) == 0:
		return nil
	case c.repeats:
		out = widget.Hang(widget.L(theme.Info, "◐ "), theme.Info, fmt.Sprintf("the rest of purge %s: %d", p.Repeats, len(p.Items)), w)
	}
	for _, b := range p.Rules {
		out = append(out, widget.Hang(widget.L(theme.Warn, "▲ "), theme.Plain, "kept by "+b.String(), w)...)
	}
	for _, text := range append(p.Load, p.Warnings...) {
		out = append(out, widget.Hang(widget.L(theme.Warn, "▲ "), theme.Plain, text, w)...)
	}
	for _, text := range p.Lines {
		out = append(out, widget.L(theme.Muted, text).Fit(w))
	}
	return out
}

// answersBox is what every layer answers, and what that means.
func (c *Caches) answersBox(w, h int) widget.Frame {
	inner := w - 4
	box := widget.Box{Title: title("Answers")}
	switch {
	case c.Waiting("probe"):
		box.Lines = []widget.Line{widget.L(theme.Muted, "◌ asking every layer for "+c.page()).Fit(inner)}
	case c.probeErr != nil:
		box.Lines = append(widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(c.probeErr), inner), widget.Hang(widget.L(theme.Muted, "→ "), theme.Muted, nextStep(c.probeErr), inner)...)
	case c.probe.URL == "":
		box.Lines = widget.Wrap(theme.Muted, "Nothing was asked for yet. Name a page, and every worker, the balancer and the edge are asked for it: as a browser, and as another server.", inner)
	default:
		box.Title = box.Title.Add(widget.S(theme.Muted, "  "+c.probe.URL))
		box.Right = widget.L(theme.Muted, age(c.probe.At, c.env.World.Now))
		box.Lines = c.answerLines(inner)
	}
	return c.panes.text(paneLayers, box, w, h)
}

// layerWidth holds the names of those who were asked: a worker's Mastodon is one with a port.
func layerWidth(answers []cache.Answer) int {
	w := 10
	for _, a := range answers {
		w = min(max(w, len(a.Name)), 16)
	}
	return w
}

// columnVary is the first column that is left out where there is little room.
const columnVary = 10

func answerTable(w, layer int) widget.Table {
	return widget.NewTable(w, widget.Column{W: 1}, widget.Column{Head: "LAYER", W: layer}, widget.Column{Head: "FOR", W: 4}, widget.Column{Head: "ST", W: 3}, widget.Column{Head: "TYPE", W: 16, Grow: 2},
		widget.Column{Head: "EDGE", W: 8}, widget.Column{Head: "NGINX", W: 6}, widget.Column{Head: "AGE", W: 6}, widget.Column{Head: "VERSION", W: 8, Rank: 1},
		widget.Column{Head: "CACHE-CONTROL", W: 16, Grow: 3, Rank: 2}, widget.Column{Head: "VARY", W: 14, Grow: 2, Rank: 3})
}

func (c *Caches) answerLines(w int) []widget.Line {
	t := answerTable(w, layerWidth(c.probe.Answers))
	lines := append(c.meaningLines(w), nil, t.Head())
	for _, a := range c.probe.Answers {
		lines = append(lines, answerRow(t, a))
	}
	if t.Wide(columnVary) > 0 {
		return lines
	}
	for _, d := range c.probe.Details() {
		lines = append(lines, widget.Hang(widget.L(theme.Muted, "  "), theme.Muted, d, w)...)
	}
	return lines
}

// answerRow is an answer; one in the wrong form has a sign.
func answerRow(t widget.Table, a cache.Answer) widget.Line {
	cell := func(text string) widget.Line { return widget.L(theme.Plain, text) }
	if a.Status == 0 {
		return t.Row(widget.L(theme.Warn, "?"), cell(a.Name), cell(string(a.Wanted)), cell("–"), widget.L(theme.Warn, a.Why))
	}
	sign, kind := widget.L(theme.Good, "●"), theme.Plain
	switch {
	case a.Swapped(), a.Barred:
		sign, kind = widget.L(theme.Bad, "✗"), theme.Bad
	case a.Stored():
		sign = widget.L(theme.Warn, "◐")
	}
	what, _, _ := strings.Cut(a.Type, ";")
	return t.Row(sign, widget.L(theme.Strong, a.Name), cell(string(a.Wanted)), cell(fmt.Sprint(a.Status)), widget.L(kind, what), cell(a.Edge), cell(a.Nginx), cell(a.AgeText()),
		cell(a.Version), widget.L(theme.Muted, a.Control), widget.L(theme.Muted, a.Vary))
}

// verdictMark is what the answers mean as a sign.
func verdictMark(v cache.Verdict) mark {
	switch {
	case v.Wrong:
		return mark{"✗", "wrong", theme.Bad}
	case v.Unsure:
		return mark{"?", "not proved", theme.Warn}
	case v.Cached:
		return mark{"◐", "right, and kept", theme.Warn}
	}
	return mark{"●", "right", theme.Good}
}

func (c *Caches) meaningLines(w int) []widget.Line {
	m := verdictMark(c.probe.Verdict)
	said := c.probe.Meaning()
	out := widget.Hang(widget.L(m.ink, m.sign+" "), theme.Strong, said[0], w)
	for _, text := range said[1:] {
		ink, lead := theme.Plain, "  "
		switch {
		case strings.HasPrefix(text, "rule: "):
			ink, lead = theme.Warn, "▲ "
		case strings.HasPrefix(text, "next: "):
			ink, lead, text = theme.Accent, "→ ", strings.TrimPrefix(text, "next: ")
		}
		out = append(out, widget.Hang(widget.L(ink, lead), ink, text, w)...)
	}
	return out
}

// itemMarks are the states of what is purged.
var itemMarks = map[cache.State]mark{
	cache.Waiting: {"○", "not sent", theme.Muted},
	cache.Sent:    {"◐", "on its way", theme.Info},
	cache.Purged:  {"✓", "purged", theme.Good},
	cache.Absent:  {"–", "had none", theme.Muted},
	cache.Failed:  {"✗", "failed", theme.Bad},
	cache.Unknown: {"?", "unknown", theme.Warn},

	cache.Unreached: {"?", "unreached", theme.Warn},
}

// purgeBox is how the purge stands.
func (c *Caches) purgeBox(w, h int) widget.Frame {
	box := widget.Box{Title: title("Progress"), Lines: c.purgeLines(w - 4)}
	if c.begun && c.view.ID != "" {
		box.Right = widget.L(theme.Muted, c.view.ID)
	}
	return c.panes.text(panePurge, box, w, h)
}

func (c *Caches) purgeLines(w int) []widget.Line {
	switch {
	case c.viewErr != nil:
		return widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(c.viewErr), w)
	case !c.begun:
		return widget.Wrap(theme.Muted, "Nothing was purged from this console yet. What an earlier one left can be repeated.", w)
	}
	v := c.view
	lines := append(c.purgeBar(w), widget.L(theme.Muted, v.Order.Words()).Fit(w))
	if v.Over {
		for _, p := range v.Proofs {
			ok, said := p.Worked()
			m := map[bool]mark{true: {"✓", "", theme.Good}, false: {"✗", "", theme.Bad}}[ok]
			lines = append(lines, widget.Hang(widget.L(m.ink, m.sign+" "), theme.Plain, p.URL+": "+said, w)...)
		}
		if v.Err != nil {
			lines = append(lines, widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(v.Err), w)...)
			lines = append(lines, widget.Hang(widget.L(theme.Accent, "→ "), theme.Accent, "repeat the rest: "+c.env.World.Keys.Get("purge-repeat").Cap(), w)...)
		}
	} else if v.Now != "" {
		lines = append(lines, widget.Hang(widget.L(theme.Info, "◐ "), theme.Info, v.Now, w)...)
	}
	return append(lines, itemLines(v.Items, w)...)
}

// purgeBar is how much is purged, as a bar and in numbers; these have lines of their own where they do not fit beside it.
func (c *Caches) purgeBar(w int) []widget.Line {
	v := c.view
	tally := v.Tally()
	cells := max(min(w/3, 30), 6)
	full := 0
	if len(v.Items) > 0 {
		full = cells * (len(v.Items) - len(v.Rest())) / len(v.Items)
	}
	bar := widget.Line{widget.S(theme.Accent, strings.Repeat("█", full)), widget.S(theme.Muted, strings.Repeat("░", cells-full))}
	if cells+1+widget.Width(tally) > w {
		return append([]widget.Line{bar.Fit(w)}, widget.Wrap(theme.Strong, tally, w)...)
	}
	return []widget.Line{bar.Add(widget.S(theme.Strong, " "+tally)).Fit(w)}
}

// itemsDrawn bounds the list: a screen has no more rows, and 20,000 items would be drawn at every key.
const itemsDrawn = 300

// itemLines are the items, those first that are not settled.
func itemLines(items []cache.Item, w int) []widget.Line {
	var out []widget.Line
	for _, settled := range []bool{false, true} {
		for _, i := range items {
			if i.State.Settled() != settled {
				continue
			}
			if len(out) == itemsDrawn {
				return append(out, widget.L(theme.Muted, "and more: vmtui purge show").Fit(w))
			}
			m := known(itemMarks, i.State)
			l := widget.L(m.ink, m.sign+" "+m.word).Fit(12).Add(widget.S(theme.Plain, string(i.At)+" "+i.On+" "), widget.S(theme.Strong, i.What))
			if i.Why != "" {
				l = l.Add(widget.S(theme.Muted, "  "+i.Why))
			}
			out = append(out, l.Fit(w))
		}
	}
	return out
}
