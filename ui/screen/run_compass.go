package screen

import (
	"fmt"
	"slices"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// waitLines say what is awaited, since when, for how long at most and how long it usually takes.
func (r *Run) waitLines(w int) []widget.Line {
	wait := r.view.Wait
	if wait == nil {
		return nil
	}
	now := r.env.World.Now
	so, most := now.Sub(wait.Since), wait.Until.Sub(wait.Since)
	lines := []widget.Line{widget.L(theme.Head, "WAITING FOR")}
	lines = append(lines, widget.Hang(widget.L(theme.Info, "◐ "), theme.Strong, wait.For, w)...)
	l := widget.Line{widget.Gap(2), widget.S(theme.Plain, widget.Since(so))}
	if most > 0 {
		bar := min(max(w-40, 8), 24)
		l = l.Add(widget.Gap(1))
		l = append(l, widget.Bar(theme.Info, float64(so)*100/float64(most), bar)...)
		l = l.Add(widget.S(theme.Muted, " gives up at "), widget.S(theme.Plain, widget.Since(most)))
	}
	lines = append(lines, l.Fit(w))
	if r.low { // what is awaited and for how long must be told in the room of a small screen
		return lines[1:]
	}
	if wait.Usual != "" {
		lines = append(lines, widget.Hang(widget.L(theme.Muted, "  usually "), theme.Muted, wait.Usual, w)...)
	}
	return append(lines, nil)
}

// compass says what comes next, how to stop and how to go back: what a person who never read a manual must know at every moment.
func (r *Run) compass(w int) []widget.Line {
	k := r.env.World.Keys
	lines := []widget.Line{}
	add := func(name string, l widget.Line) {
		lines = append(lines, append(widget.L(theme.Muted, name).Fit(6), l...).Fit(w))
	}
	add("next", widget.L(theme.Plain, r.nextTitle()))
	if !r.walked() {
		return append(lines, r.deserted(w)...)
	}
	add("stop", widget.Line{widget.S(theme.Key, k.Get("gate-stop").Cap()), widget.S(theme.Plain, " at the next step boundary; resumable")})
	back, last := r.backTo()
	switch {
	case back != "":
		whole := widget.Hang(widget.L(theme.Muted, "back").Fit(6), theme.Warn, back, w)
		if r.low {
			whole = whole[:1]
		}
		lines = append(lines, whole...)
	case last > 0:
		add("back", widget.L(theme.Plain, "stop, then "+k.Get("gate-undo").Cap()+" takes back "+widget.Count(last, "step", "steps")))
	default:
		add("back", widget.L(theme.Plain, "nothing has been changed yet"))
	}
	return lines
}

// deserted says that nobody walks the run, and what can be done with it in the state that it is in.
func (r *Run) deserted(w int) []widget.Line {
	k := r.env.World.Keys
	nobody := widget.L(theme.Warn, "◌ nobody walks this run")
	keys := widget.Line{}
	for _, way := range []struct{ key, does, off string }{
		{"resume", " resumes it", r.view.WhyNoResume()}, {"gate-undo", " takes it back", r.whyNotLeft(run.Undo)}, {"gate-stop", " stops it", r.view.WhyNoStop()},
	} {
		if way.off != "" {
			continue
		}
		if len(keys) > 0 {
			keys = keys.Add(widget.S(theme.Plain, ", "))
		}
		keys = keys.Add(widget.S(theme.Key, k.Get(way.key).Cap()), widget.S(theme.Plain, way.does))
	}
	lines := []widget.Line{nobody}
	switch {
	case len(keys) == 0:
	case nobody.Width()+2+keys.Width() <= w:
		lines = []widget.Line{append(nobody.Add(widget.S(theme.Warn, ": ")), keys...)}
	default:
		lines = append(lines, append(widget.Line{widget.Gap(2)}, keys...))
	}
	if back, _ := r.backTo(); back != "" && !r.low {
		lines = append(lines, widget.Hang(widget.Line{widget.Gap(2)}, theme.Muted, back, w)...)
	}
	return lines
}

// nextTitle is the step that comes after the current one.
func (r *Run) nextTitle() string {
	i := r.view.Current + 1
	if i >= len(r.view.Steps) {
		return "the run is done"
	}
	return r.view.Steps[i].Title
}

// backTo says why there is no way back, or how many steps there are to take back.
func (r *Run) backTo() (string, int) {
	n := 0
	for i := min(r.view.Current, len(r.view.Steps)-1); i >= 0; i-- {
		s := r.view.Steps[i]
		if s.State == run.Pending || s.State == run.Observing || r.unsent(i) {
			continue
		}
		if s.Kind == run.Once && s.NoUndo != "" {
			return "no way back past “" + s.Title + "”: " + s.NoUndo, n
		}
		if s.NoUndo == "" && s.Kind != run.Read {
			n++
		}
	}
	return "", n
}

// unsent reports that a step asks before it has sent anything past which there is no way back: its gate offers that way.
func (r *Run) unsent(i int) bool {
	g := r.view.Gate
	return i == r.view.Current && r.view.Steps[i].NoUndo != "" && g != nil && slices.Contains(g.Choices, run.Undo)
}

// wayBack are the steps that walking back would take back, in that order.
func (r *Run) wayBack() []string {
	var out []string
	for i := min(r.view.Current, len(r.view.Steps)-1); i >= 0; i-- {
		s := r.view.Steps[i]
		if s.State == run.Pending || r.unsent(i) {
			continue
		}
		if s.Kind == run.Once && s.NoUndo != "" {
			return append(out, "✗ "+s.Title+": "+s.NoUndo)
		}
		if s.NoUndo == "" && s.Kind != run.Read {
			out = append(out, "↶ "+s.Title)
		}
	}
	return out
}

// droplet is the target's droplet as the run was started with.
func (r *Run) droplet() int {
	n := 0
	if _, err := fmt.Sscan(r.view.Header.Inputs["droplet"], &n); err != nil {
		for _, node := range r.env.World.Fleet.Nodes {
			if node.Name == r.view.Header.Target {
				return node.Droplet
			}
		}
	}
	return n
}
