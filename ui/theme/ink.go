// Package theme decides how things look. Screens write in inks, which are meanings; a theme turns an ink into a terminal's colours at
// the very end, so that light, dark and colourless terminals are one decision in one place.
package theme

// Ink is what a piece of text means. Its low byte is the meaning, the bits above change the ground it stands on.
type Ink uint16

// The meanings.
const (
	Plain  Ink = iota
	Strong     // what the eye should find first
	Muted      // labels, units, ages
	Faint      // borders, rules, what is behind a dialog
	Off        // cannot be used just now
	Accent     // names of things, the selected tab
	Good       // healthy, done
	Warn       // draining, waiting, needs a look
	Bad        // failed, refused, dead
	Info       // under way
	Title      // titles of boxes
	Head       // heads of columns
	Key        // a key to press
	Border     // of a box at rest
	Focus      // of the box that has the keys
	Alarm      // of a gate
	Peril      // of something that destroys
	Badge      // the instance's name, on its own colour
	Banner     // the headline of a gate
	Wound      // the headline of a failure
	Button     // a choice at rest
	Chosen     // the choice that Enter takes
	Field      // where text is typed
	inks       // how many there are
)

// Selected is the ground of the selected row.
const Selected Ink = 1 << 8

// Meaning is the ink without its ground.
func (i Ink) Meaning() Ink { return i & 0xff }
