package screen

import (
	"testing"

	"github.com/vmtui/vmtui/ui/widget"
)

// In a pane of things to choose from, keys, wheel and clicks choose, and give it the keys; a text is scrolled by them, and a wheel over it takes the keys
// from nobody.
func TestPanesChooseOrScroll(t *testing.T) {
	var at cursor
	p := newPanes("text", "ships")
	p.choices = map[string]*choice{"ships": {kind: "ship", at: &at, ids: func() []string { return []string{"enterprise", "reliant", "excelsior"} }, page: 1}}
	p.text("text", widget.Box{Lines: make([]widget.Line, 20)}, 20, 8)
	p.box("ships", widget.Box{})
	stands := func(on, ship string, from int) {
		t.Helper()
		if p.on != on || at.id != ship || p.scroll("text").from != from {
			t.Errorf("%s has the keys, %s is chosen, the text begins at %d; want %s, %s, %d", p.on, at.id, p.scroll("text").from, on, ship, from)
		}
	}
	p.move("down")
	stands("text", "", 1)
	p.click("ship:reliant")
	stands("ships", "reliant", 1)
	p.wheel(Wheeled{Pane: "text", Down: true})
	stands("ships", "reliant", 4)
	p.move("down")
	stands("ships", "excelsior", 4)
	p.click("pane:text")
	stands("text", "excelsior", 4)
	p.wheel(Wheeled{Pane: "ships"})
	stands("ships", "reliant", 4)
}
