package canvas

import "strings"

// asksBack reports whether a terminal can be asked which modes it has. Apple's prints a part of the question, and over SSH an answer can come
// after the console has gone and end up in the shell, so that there only terminals known to answer at once are asked. The rule is Bubble Tea's.
func asksBack(env []string) bool {
	program, named := lookup(env, "TERM_PROGRAM")
	_, remote := lookup(env, "SSH_TTY")
	if !remote && (!named || !strings.Contains(program, "Apple")) {
		return true
	}
	kind, _ := lookup(env, "TERM")
	for _, known := range []string{"ghostty", "wezterm", "alacritty", "kitty", "rio"} {
		if strings.Contains(kind, known) {
			return true
		}
	}
	return false
}

// lookup is a variable's last value, as a shell would have it.
func lookup(env []string, name string) (string, bool) {
	for i := len(env) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(env[i], name+"="); ok {
			return value, true
		}
	}
	return "", false
}
