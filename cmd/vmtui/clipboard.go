package main

import (
	"context"
	"os/exec"
	"strings"
	"time"
)

// tmuxPatience is how long tmux, which is on this machine, is waited for before a text is sent on trust.
const tmuxPatience = time.Second

// clipboard says why no text gets to a clipboard from this terminal, "" where one may. A terminal does not say whether it took one; tmux says what it lets
// through, and some are known to have none.
func clipboard(getenv func(string) string) func(context.Context) string {
	return func(ctx context.Context) string {
		switch {
		case getenv("TMUX") != "":
			return shutTmux(askTmux(ctx, getenv("TMUX_PANE")))
		case getenv("TERM") == "linux":
			return "the Linux console has none"
		case getenv("TERM_PROGRAM") == "Apple_Terminal":
			return "Apple's Terminal takes none from a program"
		}
		return ""
	}
}

// askTmux asks for the two options on which it depends what gets through from a pane; "" when it does not say.
func askTmux(ctx context.Context, pane string) string {
	ctx, cancel := context.WithTimeout(ctx, tmuxPatience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "tmux", "display-message", "-p", "-t", pane, "#{set-clipboard} #{allow-passthrough}").Output() // #nosec G204 -- the pane is tmux's own word
	if err != nil {
		return ""
	}
	return string(out)
}

// shutTmux is what tmux needs where it lets nothing through. One that knows of no allow-passthrough lets everything.
func shutTmux(said string) string {
	options := strings.Fields(said)
	if len(options) != 2 || options[0] == "on" || options[1] != "off" && options[1] != "0" {
		return ""
	}
	return "tmux needs `set -s set-clipboard on`"
}
