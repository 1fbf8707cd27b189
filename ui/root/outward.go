package root

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// The ways to tell a terminal that somebody is wanted, beside the bell.
const (
	NotifyOff = "off"
	NotifyAny = "auto"   // OSC 777 where only that is known, OSC 9 everywhere else
	Notify9   = "osc9"   // iTerm2, kitty, WezTerm, Ghostty, Windows Terminal
	Notify777 = "osc777" // urxvt, VTE (GNOME), foot
)

// Reach is how an operator is reached through their terminal.
type Reach struct {
	Tmux   bool   // tmux stands between
	Notify string // Notify9, Notify777 or NotifyOff
}

// ReachOf reads it from the environment; notify is what the config says.
func ReachOf(notify string, getenv func(string) string) Reach {
	t := Reach{Tmux: getenv("TMUX") != "", Notify: notify}
	if notify == "" || notify == NotifyAny {
		t.Notify = Notify9
		if getenv("VTE_VERSION") != "" || strings.HasPrefix(getenv("TERM"), "rxvt") || strings.HasPrefix(getenv("TERM"), "foot") {
			t.Notify = Notify777
		}
	}
	return t
}

// through is a sequence as it gets to the terminal the operator looks at. Tmux understands some itself, with `set-clipboard on`, and hands others through,
// with `allow-passthrough on`: it gets both forms.
func (t Reach) through(seq string) string {
	if t.Tmux {
		seq += ansi.TmuxPassthrough(seq)
	}
	return seq
}

// Clipboard is what takes a text to the terminal's clipboard.
func (t Reach) Clipboard(text string) string { return t.through(ansi.SetSystemClipboard(text)) }

// clipboardWay is how a text goes there, in words.
func (t Reach) clipboardWay() string {
	if t.Tmux {
		return "to tmux by OSC 52"
	}
	return "by OSC 52"
}

// outward sends a sequence to the terminal the operator looks at.
func (r *Root) outward(seq string) tea.Cmd { return tea.Raw(r.opts.Reach.through(seq)) }

// call rings for the operator: the bell, and what the terminal has for those who look elsewhere.
func (r *Root) call(words string) tea.Cmd {
	title := r.world.About.Instance
	words = ansi.Strip(words)
	switch r.opts.Reach.Notify {
	case Notify9:
		return tea.Batch(tea.Raw("\a"), r.outward(ansi.Notify(title+": "+words)))
	case Notify777:
		return tea.Batch(tea.Raw("\a"), r.outward(ansi.URxvtExt("notify", title, strings.ReplaceAll(words, ";", ","))))
	}
	return tea.Raw("\a")
}
