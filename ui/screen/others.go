package screen

import (
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/presence"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// OtherConsoles are the consoles that others have open, as the exec node showed them last.
func OtherConsoles(world *World) []presence.Console {
	me := presence.Console{Who: world.About.Operator, PID: world.About.PID}
	for _, n := range world.Fleet.Nodes {
		if n.Role == "exec" && !n.Health.Stale() {
			return presence.Others(n.Health.Value.Consoles, me)
		}
	}
	return nil
}

// consoleLines name the others who have a console open, at the node that knows.
func consoleLines(world *World, n fleet.Node, w int) []widget.Line {
	if n.Role != "exec" {
		return nil
	}
	var out []widget.Line
	for _, c := range OtherConsoles(world) {
		out = append(out, widget.Hang(widget.L(theme.Info, "◉ "), theme.Plain, c.String()+": console open for "+widget.Since(c.Open), w)...)
	}
	return out
}
