package screen

import (
	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Help is the keys of a place, made from the same table that dispatches them.
type Help struct {
	*Post
	env  Env
	of   string
	keys []binding.Binding
	at   scroll

	filter matcher
}

// NewHelp opens the help of a screen.
func NewHelp(env Env, of Screen) *Help {
	return &Help{Post: NewPost(env.Ctx), env: env, of: of.Crumb(), keys: of.Bindings()}
}

// Crumb implements Screen.
func (h *Help) Crumb() string { return "Help" }

// Place implements Screen.
func (h *Help) Place() binding.Place { return binding.Help }

// Init implements Screen.
func (h *Help) Init() tea.Cmd { return nil }

// Bindings implements Screen.
func (h *Help) Bindings() []binding.Binding { return h.env.World.Keys.At(binding.Help) }

// Update implements Screen.
func (h *Help) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch m := msg.(type) {
	case Pressed:
		h.at.move(m.ID)
	case Filter:
		h.filter, h.at.from = newMatcher(m.Text), 0
	case Wheeled:
		h.at.wheel(m.Down)
	}
	return nil, nil
}

// Draw implements Screen.
func (h *Help) Draw(w, height int) widget.Frame {
	wide := min(w, 124)
	t := widget.NewTable(wide-4, widget.Column{W: 14}, widget.Column{W: 12, Least: 60}, widget.Column{W: 30, Grow: 1})
	var lines []widget.Line
	keys := sifted(h.filter, h.keys, keySays)
	add := func(head string, moving, everywhere bool) {
		var rows []widget.Line
		for _, b := range keys {
			if (b.Word == "") == moving && (moving || everyPlace(b) == everywhere) {
				rows = append(rows, h.row(t, b)...)
			}
		}
		if len(rows) > 0 {
			lines = append(append(append(lines, widget.L(theme.Head, head)), rows...), nil)
		}
	}
	add("HERE: "+h.of, false, false)
	add("EVERYWHERE", false, true)
	add("MOVING ABOUT", true, false)
	switch {
	case !h.filter.on():
		lines = append(lines, signs()...)
	case len(keys) == 0:
		lines = append(lines, widget.L(theme.Muted, "no key matches the filter"))
	}
	from := h.at.show(len(lines), height-2)
	b := widget.Box{ID: "help", Title: h.filter.title("Help"), Ink: theme.Focus, Lines: lines, From: from}
	out := widget.Blank(w, height)
	out.Put((w-wide)/2, 0, b.Draw(wide, min(height, len(lines)+2)))
	return out
}

// keySays is what the filter looks into.
func keySays(b binding.Binding) string {
	return b.Caps() + " " + b.Word + " " + b.Long + " " + b.ID + " " + b.Why
}

// everyPlace reports that a binding holds everywhere.
func everyPlace(b binding.Binding) bool {
	return len(b.Places) == 1 && b.Places[0] == binding.Everywhere
}

// row is one binding: its keys, its word, what it does, and why it is off.
func (h *Help) row(t widget.Table, b binding.Binding) []widget.Line {
	word := widget.L(theme.Strong, b.Word)
	if b.Danger == act.Destroys {
		word = widget.L(theme.Peril, b.Word)
	}
	says := widget.Wrap(theme.Plain, b.Long, t.Wide(2))
	if b.Danger == act.Destroys {
		says = append(says, widget.L(theme.Bad, "▲ destroys: asks for the name first"))
	}
	if b.Why != "" {
		says = append(says, widget.Hang(widget.L(theme.Warn, "off just now: "), theme.Muted, b.Why, t.Wide(2))...)
	}
	rows := make([]widget.Line, len(says))
	for i, l := range says {
		rows[i] = t.Row(nil, nil, l)
	}
	rows[0] = t.Row(widget.L(theme.Key, b.Caps()), word, says[0])
	return rows
}

// signs explains the marks.
func signs() []widget.Line {
	pairs := []mark{
		{"●", "well", theme.Good}, {"◐", "under way", theme.Info}, {"○", "out, to come, stopped", theme.Muted}, {"◌", "not seen yet, interrupted", theme.Muted},
		{"✓", "done", theme.Good}, {"✗", "failed, does not answer", theme.Bad}, {"▲", "needs a look", theme.Warn}, {"?", "unknown", theme.Warn}, {"⚑", "held on purpose", theme.Warn},
	}
	out := []widget.Line{widget.L(theme.Head, "SIGNS")}
	var l widget.Line
	for i, p := range pairs {
		l = append(l, widget.Line{widget.S(p.ink, p.sign), widget.S(theme.Plain, " "+p.word)}.Fit(28)...)
		if i%3 == 2 {
			out, l = append(out, l), nil
		}
	}
	if len(l) > 0 {
		out = append(out, l)
	}
	return out
}
