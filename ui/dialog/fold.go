package dialog

import (
	"fmt"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// fold is a text that begins at its beginning and of which as much is seen as there is room for; what is not is counted, and up and down go there.
type fold struct {
	from, most int // the first row in sight, and the last one that can be it; nothing is out of sight where that is 0
}

// press reports that a key was taken.
func (f *fold) press(key string) bool {
	if f.most == 0 {
		return false
	}
	switch key {
	case "up":
		f.from = max(f.from-1, 0)
	case "down":
		f.from = min(f.from+1, f.most)
	default:
		return false
	}
	return true
}

// draw is what of the text is in sight in so many rows.
func (f *fold) draw(text []widget.Line, rows int) []widget.Line {
	if f.most = 0; len(text) <= rows {
		return text
	}
	rows = max(rows-2, 1) // one for what is counted, one free
	f.most = len(text) - rows
	f.from = min(f.from, f.most)
	more := widget.L(theme.Key, fmt.Sprintf("↓ %d more", f.most-f.from))
	if f.from == f.most {
		more = widget.L(theme.Muted, fmt.Sprintf("↑ %d above", f.from))
	}
	return append(text[f.from:f.from+rows:f.from+rows], more, nil)
}
