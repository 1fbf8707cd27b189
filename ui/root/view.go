package root

import (
	"fmt"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/canvas"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/screen"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// The smallest terminal in which the console says something useful.
const (
	leastW = 60
	leastH = 16
)

// View implements tea.Model. What is seen goes to the canvas, so there is nothing for Bubble Tea to draw.
func (r *Root) View() tea.View { return tea.View{} }

// picture is what the terminal shall show now.
func (r *Root) picture() canvas.Picture {
	r.last = r.Draw(r.w, r.h)
	p := canvas.Picture{W: r.w, H: r.h, Content: r.last.Paint(r.theme), Mouse: r.mouse}
	title, progress := r.headline()
	p.Title, p.Progress = r.theme.Spell(title), progress
	if c := r.last.Cursor; c != nil {
		p.Cursor = &uv.Position{X: c.X, Y: c.Y}
	}
	return p
}

// Draw is the whole console in w by h cells.
func (r *Root) Draw(w, h int) widget.Frame {
	if w < leastW || h < leastH {
		return tooSmall(w, h)
	}
	out := widget.Blank(w, h)
	out.Put(0, 0, r.header(w))
	out.Put(0, 1, r.top().Draw(w, h-2))
	out.Put(0, h-1, r.footer(w))
	if len(r.dialogs) > 0 {
		out.Deafen()
		if r.looks.trying == "" { // a theme is looked at on what it will be worn by
			out.Recede()
		}
		r.putDialog(&out, r.dialogs[len(r.dialogs)-1].dialog)
	}
	return out
}

// putDialog draws a dialog in front: the palette near the top, where its list can grow, everything else in the middle.
func (r *Root) putDialog(out *widget.Frame, d dialog.Dialog) {
	g := d.Draw(out.W, out.H-2)
	x, y := out.Center(g.W, g.H)
	if _, ok := d.(*dialog.Palette); ok {
		y = min(y, max(out.H/8, 1))
	}
	out.Put(x, y, g)
	out.Put(0, out.H-1, widget.Sheet([]widget.Line{r.dialogKeys(d)}, out.W, 1))
}

// dialogKeys is the footer while a dialog is open.
func (r *Root) dialogKeys(d dialog.Dialog) widget.Line {
	pairs := [][2]string{{"dialog-cancel", "cancel"}, {"dialog-next", "next choice"}, {"dialog-take", "take the filled one"}}
	switch d.(type) {
	case *dialog.Palette:
		pairs = [][2]string{{"dialog-cancel", "cancel"}, {"dialog-up", ""}, {"dialog-down", "choose"}, {"dialog-next", "complete"}, {"dialog-take", "do it"}, {"dialog-past", "said before"}}
	case *dialog.Typed, *dialog.Reason:
		pairs = [][2]string{{"dialog-cancel", "cancel"}, {"dialog-take", "take the filled one"}}
	}
	l := widget.Line{widget.Gap(1)}
	for _, p := range pairs {
		l = l.Add(widget.S(theme.Key, r.world.Keys.Get(p[0]).Cap()))
		if p[1] != "" {
			l = l.Add(widget.S(theme.Muted, " "+p[1]), widget.Gap(3))
		}
	}
	return l
}

// tooSmall says so.
func tooSmall(w, h int) widget.Frame {
	lines := []widget.Line{
		widget.L(theme.Strong, "too small"), widget.L(theme.Plain, fmt.Sprintf("%dx%d, needs %dx%d", w, h, leastW, leastH)),
	}
	return widget.Sheet(lines, w, h)
}

// headline is the terminal's title and progress bar: what the place says of itself, or what goes on meanwhile.
func (r *Root) headline() (string, uv.ProgressBar) {
	name := r.world.About.Instance
	words, percent, needsYou := r.top().Crumb(), -1, false
	if t, ok := r.top().(screen.Titled); ok {
		words, percent, needsYou = t.Headline()
	}
	if x := r.foremost(); x != nil && percent < 0 && !needsYou {
		words, percent, needsYou = progress(*x)
	}
	switch {
	case needsYou:
		return "▲ " + name + " waits for you: " + words, uv.ProgressBar{State: uv.ProgressBarWarning, Value: max(percent, 0)}
	case percent < 0:
		return name + " · " + words, uv.ProgressBar{}
	}
	return name + " · " + words, uv.ProgressBar{State: uv.ProgressBarDefault, Value: percent}
}

// progress is a run in the title.
func progress(x desk.Run) (words string, percent int, needsYou bool) {
	if x.Of == 0 {
		return name(x), 0, x.State == run.AtGate
	}
	return fmt.Sprintf("%d/%d %s", min(x.At+1, x.Of), x.Of, name(x)), x.At * 100 / x.Of, x.State == run.AtGate
}

// foremost is the run that waits for somebody, or else one that is walked; nil when there is neither.
func (r *Root) foremost() *desk.Run {
	var found *desk.Run
	for i, x := range r.world.Runs {
		switch {
		case x.State == run.AtGate && x.Alive:
			return &r.world.Runs[i]
		case x.State == run.Running && found == nil:
			found = &r.world.Runs[i]
		}
	}
	return found
}
