package screen

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/verb"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

func title(s string) widget.Line { return widget.L(theme.Title, s) }

// nodesBox is the table of nodes.
func (f *Fleet) nodesBox(w, h int) widget.Frame {
	nodes, _ := f.visible(), f.target()
	lines, hits := f.nodes.draw(nodes, "node", w-4, h-2)
	if len(nodes) == 0 {
		lines = append(lines, widget.L(theme.Muted, "no node matches the filter"))
	}
	head := f.filter.title("Nodes")
	right := widget.Join(widget.Gap(2), f.nodes.note(nodes), f.leftoverNote(), f.holdsNote())
	return f.panes.box(paneNodes, widget.Box{Title: head, Right: right, Foot: f.nodes.foot(), Lines: lines, Hits: hits}).Draw(w, h)
}

// holdsNote says in the nodes' border who is at work.
func (f *Fleet) holdsNote() widget.Line {
	w := f.env.World
	l := w.Fleet.Lease
	if l.Value == nil {
		return nil
	}
	return widget.Line{
		widget.S(theme.Muted, "lease "), widget.S(theme.Plain, l.Value.Owner),
		widget.S(theme.Muted, " "+age(l.Seen, w.Now)),
	}
}

// leftoverNote says in the nodes' border that something was left behind, where the pane that names it may be out of sight.
func (f *Fleet) leftoverNote() widget.Line {
	n := len(f.env.World.Fleet.Leftovers(f.env.World.Now))
	if n == 0 {
		return nil
	}
	return widget.L(theme.Warn, fmt.Sprintf("▲ %d left behind", n))
}

// services is the flow of services and the site, wrapped over lines of w cells.
func (f *Fleet) services(w int) []widget.Line {
	world := f.env.World
	var parts []widget.Line
	for _, s := range world.Fleet.Services {
		parts = append(parts, serviceWord(s, world.Now, w >= 100))
	}
	if s := world.Fleet.Site; !s.Seen.IsZero() || s.Err != nil {
		parts = append(parts, siteWord(s, world.Now))
	}
	if len(parts) == 0 {
		return []widget.Line{widget.L(theme.Muted, "nothing is known yet")}
	}
	var out []widget.Line
	var line widget.Line
	for _, p := range parts {
		if len(line) > 0 && line.Width()+3+p.Width() > w {
			out, line = append(out, line), nil
		}
		if len(line) > 0 {
			line = line.Add(widget.Gap(3))
		}
		line = append(line, p...)
	}
	return append(append(out, line), f.silences(w)...)
}

// silences say why something is not known: what is waited for, or what is in the way.
func (f *Fleet) silences(w int) []widget.Line {
	var out []widget.Line
	for _, s := range f.env.World.Fleet.Services {
		if wait := s.State.Wait; wait != "" {
			out = append(out, widget.Line{widget.S(theme.Info, "◌ "+s.Name+": "), widget.S(theme.Muted, wait)}.Fit(w))
		} else if err := s.State.Err; err != nil && !errors.Is(err, fleet.ErrRemembered) {
			out = append(out, silence(s.Name, err, w)...)
		}
	}
	return out
}

// silence is why a service was not seen, on two rows at the most: the reason stands at the end of what is said.
func silence(name string, err error, w int) []widget.Line {
	rows := widget.Hang(widget.L(theme.Bad, "✗ "), theme.Muted, name+": "+err.Error(), w)
	if len(rows) > 2 {
		rows = []widget.Line{rows[0], slices.Concat(rows[1], rows[2]).Fit(w)}
	}
	return rows
}

// serviceWord is one service: its sign and name, and its state where it is not well or there is room.
func serviceWord(s fleet.Service, now time.Time, wide bool) widget.Line {
	switch {
	case s.State.Seen.IsZero() && s.State.Err == nil:
		return widget.Line{widget.S(theme.Muted, "◌ "+s.Name)}
	case s.State.Stale():
		return widget.Line{widget.S(theme.Bad, "✗ "), widget.S(theme.Off, s.Name), widget.S(theme.Bad, " "+age(s.State.Seen, now))}
	case !s.OK:
		return widget.Line{widget.S(theme.Warn, "▲ "), widget.S(theme.Plain, s.Name), widget.S(theme.Warn, " "+s.State.Value)}
	}
	l := widget.Line{widget.S(theme.Good, "● "), widget.S(theme.Plain, s.Name)}
	if wide && s.State.Value != "" {
		l = l.Add(widget.S(theme.Muted, " "+s.State.Value))
	}
	return l
}

// siteWord is what a visitor would meet.
func siteWord(s fleet.Observation[fleet.Site], now time.Time) widget.Line {
	took := s.Value.Took.Round(time.Millisecond)
	switch {
	case s.Stale():
		return widget.Line{widget.S(theme.Bad, "✗ "), widget.S(theme.Off, "site"), widget.S(theme.Bad, " "+age(s.Seen, now))}
	case s.Value.Status >= 400:
		return widget.L(theme.Bad, fmt.Sprintf("✗ site answers %d", s.Value.Status))
	}
	return widget.Line{
		widget.S(theme.Good, "● "), widget.S(theme.Plain, "site"),
		widget.S(theme.Muted, fmt.Sprintf(" %d in %s", s.Value.Status, took)),
	}
}

// servicesBox is what the instance rests on besides its nodes.
func (f *Fleet) servicesBox(w, h int) widget.Frame {
	b := widget.Box{Title: title("Services"), Lines: f.services(w - 4)}
	if oldest := servicesSeen(f.env.World.Fleet); !oldest.IsZero() {
		b.Right = widget.L(theme.Muted, age(oldest, f.env.World.Now))
	}
	return f.panes.text(paneServices, b, w, h)
}

// servicesSeen is when what is shown of the services was seen, at the least; those that could not be seen again say so themselves.
func servicesSeen(s fleet.Snapshot) time.Time {
	var oldest time.Time
	older := func(seen time.Time, stale bool) {
		if !stale && (oldest.IsZero() || seen.Before(oldest)) {
			oldest = seen
		}
	}
	for _, x := range s.Services {
		older(x.State.Seen, x.State.Stale())
	}
	older(s.Site.Seen, s.Site.Stale())
	return oldest
}

// runsBox is what is under way, and below it what has ended lately.
func (f *Fleet) runsBox(w, h int) widget.Frame {
	f.page = max((h-2)/2, 1)
	f.runs.settle(f.runIDs())
	b := widget.Box{Title: title("Under way")}
	if l := f.round.line(f.env.World); l != nil {
		b.Lines = append(b.Lines, l.Fit(w-4))
	}
	open := unfinished(f.env.World)
	at := f.addRuns(&b, open, w-4)
	if len(open) == 0 {
		b.Lines = append(b.Lines, f.nothingUnderWay())
	}
	b.Lines = append(b.Lines, f.holdLines(w-4)...)
	b.Lines = append(b.Lines, f.leftoverLines(w-4)...)
	if past := lately(f.env.World, min(f.latelyRows(), h-len(b.Lines)-4)); len(past) > 0 {
		b.Lines = append(b.Lines, nil, widget.L(theme.Head, "LATELY"))
		at = max(at, f.addRuns(&b, past, w-4))
	}
	b.From = window(max(at, 0), len(b.Lines), h-2)
	return f.panes.box(paneRuns, b).Draw(w, h)
}

// addRuns puts runs into a box, and says in which line the selected one stands; -1 when it is none of them, or the keys are elsewhere.
func (f *Fleet) addRuns(b *widget.Box, runs []desk.Run, w int) int {
	at := -1
	for _, r := range runs {
		on := f.panes.on == paneRuns && r.ID == f.runs.id
		if on {
			at = len(b.Lines)
		}
		b.Choice("run:"+r.ID, runLine(f.env.World, r, w), on)
	}
	return at
}

// nothingUnderWay says so, or why it is not known.
func (f *Fleet) nothingUnderWay() widget.Line {
	w := f.env.World
	switch {
	case w.RunsErr != nil:
		return widget.Line{widget.S(theme.Bad, "✗ "), widget.S(theme.Plain, brief(w.RunsErr))}
	case w.RunsSeen.IsZero():
		return widget.L(theme.Muted, "◌ reading the runs")
	}
	return widget.L(theme.Muted, "nothing is under way")
}

// holdLines are the workers that are out on purpose.
func (f *Fleet) holdLines(w int) []widget.Line {
	var out []widget.Line
	for _, h := range f.env.World.Fleet.Holds.Value {
		l := holdLine(h, f.env.World.Now)
		if holds := f.env.World.Fleet.Holds; holds.Stale() { // somebody may have let go of it since
			l = append(widget.L(theme.Bad, "✗ seen "+age(holds.Seen, f.env.World.Now)+" ago "), l.All(theme.Off)...)
		}
		out = append(out, l.Fit(w))
	}
	return out
}

// leftoverLines are what a maintenance has left behind.
func (f *Fleet) leftoverLines(w int) []widget.Line {
	var out []widget.Line
	for _, l := range f.env.World.Fleet.Leftovers(f.env.World.Now) {
		out = append(out, widget.Hang(widget.L(theme.Warn, "▲ "), theme.Plain, l.Node+": "+l.What, w)...)
	}
	return out
}

func holdLine(h fleet.Hold, now time.Time) widget.Line {
	l := widget.Line{
		widget.S(theme.Warn, "⚑ "), widget.S(theme.Strong, h.Worker),
		widget.S(theme.Muted, " held "+widget.Since(now.Sub(h.Since))+" by "), widget.S(theme.Plain, h.By),
	}
	if h.Why != "" {
		l = l.Add(widget.S(theme.Muted, ": "), widget.S(theme.Plain, h.Why))
	}
	return l
}

// runLine is one run in a line.
func runLine(world *World, r desk.Run, w int) widget.Line {
	m := runMark(r.State)
	left := widget.Line{widget.S(m.ink, m.sign+" "), widget.S(theme.Strong, shortName(r)), widget.Gap(2), widget.S(m.ink, m.word)}
	if !ended(r.State) && r.Step != "" {
		left = left.Add(widget.S(theme.Muted, " at "), widget.S(theme.Plain, r.Step))
		if r.Of > 0 {
			left = left.Add(widget.S(theme.Muted, fmt.Sprintf(" %d/%d", r.At, r.Of)))
		}
	}
	when := widget.L(theme.Muted, age(r.Updated, world.Now)).Right(4)
	right := append(widget.Line{widget.Gap(1), widget.S(theme.Muted, r.Operator), widget.Gap(1)}, when...)
	hint := widget.Line{widget.Gap(2), widget.S(theme.Key, world.Keys.Get("resume").Cap()), widget.S(theme.Muted, " resumes")}
	if canResume(r) && !r.State.Final() && left.Width()+hint.Width()+right.Width() < w {
		left = append(left, hint...)
	}
	return widget.Ends(left, right, w)
}

// shortName is a run in two words: what, and on what.
func shortName(r desk.Run) string {
	return strings.TrimSpace(strings.TrimPrefix(verb.Spoken(r.Runbook), "worker-") + " " + r.Target)
}

// split takes "kind:what" apart.
func split(id string) (kind, what string) {
	kind, what, _ = strings.Cut(id, ":")
	return kind, what
}
