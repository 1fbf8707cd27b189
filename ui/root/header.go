package root

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/screen"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// header says where one is: the instance on its colour, the breadcrumb, and what matters on every screen. What does not fit is left
// out from the least important on.
func (r *Root) header(w int) widget.Frame {
	about := r.world.About
	left := widget.Line{widget.S(theme.Badge, " "+about.Instance+" ")}
	if about.ReadOnly {
		left = left.Add(widget.S(theme.Banner, " READ-ONLY "))
	}
	left, hits := r.crumbs(left.Add(widget.Gap(1)))
	room := w - left.Width() - 4
	var right widget.Line
	// In the order of importance; drawn in the order of the slots.
	var slots [5]widget.Line
	for _, p := range []struct {
		slot int
		line widget.Line
	}{
		{0, r.serving()}, {1, r.underWay()}, {4, widget.L(theme.Plain, r.world.Now.Format("15:04:05"))},
		{2, r.people(w)}, {3, r.storeWord()},
	} {
		if n := p.line.Width(); n > 0 && n+3 <= room {
			slots[p.slot] = p.line
			room -= n + 3
		}
	}
	right = widget.Join(widget.Gap(3), slots[:]...)
	f := widget.Sheet([]widget.Line{widget.Ends(left, right.Add(widget.Gap(1)), w)}, w, 1)
	f.Hits = hits
	return f
}

// crumbHit begins the id of a screen in the breadcrumb; behind it stands its place in the stack.
const crumbHit = "crumb:"

// crumbs are the screens that were opened one out of the other. A click leads back to one.
func (r *Root) crumbs(l widget.Line) (widget.Line, []widget.Hit) {
	var hits []widget.Hit
	for i, s := range r.stack {
		if i > 0 {
			l = l.Add(widget.S(theme.Faint, " ▸ "))
		}
		ink := theme.Muted
		if i == len(r.stack)-1 {
			ink = theme.Strong
		}
		from := l.Width()
		if l = l.Add(widget.S(ink, s.Crumb())); i < len(r.stack)-1 {
			hits = append(hits, widget.Hit{X: from, W: l.Width() - from, H: 1, ID: crumbHit + strconv.Itoa(i)})
		}
	}
	return l, hits
}

// backTo leaves what was opened after a screen of the breadcrumb, and reports whether the hit is one.
func (r *Root) backTo(hit string) bool {
	at, is := strings.CutPrefix(hit, crumbHit)
	n, err := strconv.Atoi(at)
	if !is || err != nil {
		return false
	}
	for len(r.stack) > max(n+1, 1) {
		r.pop()
	}
	return true
}

// people are who has a console open: the operator, and the others by name where there is room.
func (r *Root) people(w int) widget.Line {
	about := r.world.About
	l := widget.L(theme.Muted, about.Operator)
	others := screen.OtherConsoles(r.world)
	switch n := len(others); {
	case n == 1 && w >= 110:
		return l.Add(widget.S(theme.Info, " + "+others[0].Who))
	case n > 0:
		return l.Add(widget.S(theme.Info, fmt.Sprintf(" +%d", n)))
	}
	return l
}

func (r *Root) storeWord() widget.Line {
	if r.world.About.Store == "" {
		return nil
	}
	return widget.Line{widget.S(theme.Muted, "store "), widget.S(theme.Muted, r.world.About.Store)}
}

// serving counts the workers that take visitors.
func (r *Root) serving() widget.Line {
	all, in, unsure := 0, 0, 0
	for _, n := range r.world.Fleet.Nodes {
		if n.Role != "worker" {
			continue
		}
		all++
		switch {
		case n.Health.Stale() || n.LB == "unknown":
			unsure++
		case n.LB == "in":
			in++
		}
	}
	switch {
	case all == 0:
		return nil
	case in == all:
		return widget.L(theme.Good, fmt.Sprintf("● %d/%d serving", in, all))
	case in == 0 && unsure == all:
		return widget.L(theme.Muted, fmt.Sprintf("◌ ?/%d serving", all))
	}
	return widget.L(theme.Warn, fmt.Sprintf("◐ %d/%d serving", in, all))
}

// underWay names the run that goes on, or that waits.
func (r *Root) underWay() widget.Line {
	var found *desk.Run
	open := 0
	for i, x := range r.world.Runs {
		if !x.Unfinished() {
			continue
		}
		open++
		if found == nil || found.State != run.AtGate && x.State == run.AtGate {
			found = &r.world.Runs[i]
		}
	}
	if found == nil {
		return nil
	}
	sign, ink := "◐", theme.Info
	switch found.State {
	case run.AtGate:
		sign, ink = "▲", theme.Warn
	case run.Interrupted, run.Unknown:
		sign, ink = "◌", theme.Warn
	}
	text := sign + " " + name(*found)
	if open > 1 {
		text += fmt.Sprintf(" +%d", open-1)
	}
	return widget.L(ink, text)
}

// footer is the keys of this place, a notice, or the filter being typed.
func (r *Root) footer(w int) widget.Frame {
	switch {
	case r.filter != nil:
		return r.filterLine(w)
	case r.notice.text != "":
		ink, sign := theme.Plain, " · "
		if r.notice.bad {
			ink, sign = theme.Warn, " ▲ "
		}
		return widget.Sheet([]widget.Line{{widget.S(ink, sign), widget.S(ink, r.notice.text)}}, w, 1)
	}
	return r.keyLine(w)
}

// filterLine is the filter being typed.
func (r *Root) filterLine(w int) widget.Frame {
	take, cancel := r.world.Keys.Get("dialog-take").Cap(), r.world.Keys.Get("dialog-cancel").Cap()
	hint := widget.Line{widget.S(theme.Key, take), widget.S(theme.Muted, " keeps  "), widget.S(theme.Key, cancel), widget.S(theme.Muted, " drops  ! turns it round ")}
	field, x := r.filter.Line(max(w-hint.Width()-5, 8))
	l := append(widget.Line{widget.S(theme.Key, " / ")}, field...)
	f := widget.Sheet([]widget.Line{widget.Ends(l, hint, w)}, w, 1)
	f.Cursor = &widget.Point{X: 3 + x}
	return f
}

// keyLine lists the keys. The place's own come first; the command line, help and quit are always there.
func (r *Root) keyLine(w int) widget.Frame {
	var keep, rest []binding.Binding
	for _, b := range r.top().Bindings() {
		switch {
		case b.Hidden || b.ID == "back" && len(r.stack) == 1:
		case b.ID == "palette" || b.ID == "help" || b.ID == "quit":
			keep = append(keep, b)
		default:
			rest = append(rest, b)
		}
	}
	tail, tailHits := keyLine(keep, w)
	room := w - tail.Width() - 1
	head, hits := keyLine(rest, room)
	f := widget.Sheet([]widget.Line{widget.Ends(append(widget.Line{widget.Gap(1)}, head...), tail, w)}, w, 1)
	for _, h := range hits {
		h.X++
		f.Hits = append(f.Hits, h)
	}
	for _, h := range tailHits {
		h.X += w - tail.Width()
		f.Hits = append(f.Hits, h)
	}
	return f
}

// keyLine is as many bindings as fit into w cells, and where the mouse finds them.
func keyLine(bs []binding.Binding, w int) (widget.Line, []widget.Hit) {
	var out widget.Line
	var hits []widget.Hit
	for _, b := range bs {
		key, word := theme.Key, theme.Plain
		switch {
		case b.Why != "":
			key, word = theme.Off, theme.Off
		case b.Danger == act.Destroys:
			word = theme.Bad
		}
		l := widget.Line{widget.S(key, b.Cap()), widget.S(word, " "+b.Word)}
		if out.Width()+l.Width()+2 > w {
			break
		}
		hits = append(hits, widget.Hit{X: out.Width(), W: l.Width(), H: 1, ID: "key:" + b.ID})
		out = append(append(out, l...), widget.Gap(2))
	}
	return out, hits
}
