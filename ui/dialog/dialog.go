// Package dialog is the questions the console asks. A dialog returns what was decided and never acts; whoever opened it acts. Every
// dialog that can change the world rests on Cancel, one that opens by itself listens only after the hand has been quiet, and a key
// that is held down confirms nothing.
package dialog

import (
	"time"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Key is a key pressed, or text pasted.
type Key struct {
	Name   string // as Bubble Tea names it; "paste" for pasted text
	Text   string // what it types
	Repeat bool   // held down
	Now    time.Time
}

// Result is what was decided.
type Result struct {
	Tag    string            // the opener's, to know its question again
	OK     bool              // false: cancelled
	Choice string            // which option
	Text   string            // what was typed
	Values map[string]string // what a form's fields were filled with
}

// Dialog is a question on the screen.
type Dialog interface {
	// Press handles a key. A result ends the dialog.
	Press(k Key) *Result
	// Draw is the dialog's own frame, at most w by h.
	Draw(w, h int) widget.Frame
}

// sheet is the common look of a dialog: a box as wide as it may be, as high as it must be.
type sheet struct {
	title string
	alarm theme.Ink // of the border; Focus when nothing is at stake
	heavy bool
}

// around are the rows of a sheet that are its border and what it keeps free.
const around = 4

// size is how wide the text inside may be.
func (s sheet) size(w, want int) int { return min(w-8, want) }

// draw frames the body; x and y of the cursor are counted in the body.
func (s sheet) draw(body []widget.Line, inner, h int, cursor *widget.Point, hits []widget.Hit) widget.Frame {
	ink := s.alarm
	if ink == theme.Plain {
		ink = theme.Focus
	}
	lines := append([]widget.Line{nil}, body...)
	lines = append(lines, nil)
	for i, l := range lines {
		lines[i] = append(widget.Line{widget.Gap(1)}, l...)
	}
	height := min(len(lines)+2, h)
	for i := range hits {
		hits[i].X, hits[i].Y = hits[i].X+1, hits[i].Y+1
	}
	title := widget.L(theme.Title, s.title)
	if s.heavy {
		title = widget.L(ink, s.title)
	}
	b := widget.Box{Title: title, Ink: ink, Heavy: s.heavy, Lines: lines, From: max(len(lines)-height+2, 0), Hits: hits}
	f := b.Draw(inner+6, height)
	if cursor != nil {
		f.Cursor = &widget.Point{X: cursor.X + 3, Y: cursor.Y + 2 - b.From}
	}
	return f
}

// Option is a way to answer.
type Option struct {
	ID    string
	Key   string // a letter that picks it, "" for none
	Label string
}

// buttons draws options in a row, the chosen one filled, and where the mouse finds them.
func buttons(opts []Option, on, y int) (widget.Line, []widget.Hit) {
	var l widget.Line
	var hits []widget.Hit
	for i, o := range opts {
		ink, label := theme.Button, "  "+o.Label+"  "
		if i == on {
			ink, label = theme.Chosen, "▸ "+o.Label+"  "
		}
		hits = append(hits, widget.Hit{X: l.Width(), Y: y, W: widget.Width(label), H: 1, ID: o.ID})
		l = append(l, widget.S(ink, label), widget.Gap(2))
	}
	return l, hits
}

// paragraphs wraps texts, with a blank line behind each that says something.
func paragraphs(ink theme.Ink, w int, texts ...string) []widget.Line {
	var out []widget.Line
	for _, t := range texts {
		if t == "" {
			continue
		}
		out = append(append(out, widget.Wrap(ink, t, w)...), nil)
	}
	return out
}
