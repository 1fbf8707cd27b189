package ssh

import (
	"strings"

	"al.essio.dev/pkg/shellescape"
)

// aboard runs a line that came as the format of a printf. The login shell, sh and what the line names are one process after the other: a session's leader
// stays one.
const aboard = `eval "exec $(printf "$0")"`

// inFormat spells a line so that printf gives it back, and without what a shell may take for more than itself within quotes.
var inFormat = strings.NewReplacer("%", "%%", `\`, `\134`, "'", `\047`, "!", `\041`, "\n", `\n`)

// portable is a line that every login shell takes as it was meant: bash, dash, zsh, fish, csh and tcsh, and those who do as one of them does.
func portable(line string) string {
	if !misread(line) {
		return line
	}
	return shellescape.QuoteCommand([]string{"/bin/sh", "-c", aboard, inFormat.Replace(line)})
}

// misread reports that some login shell would make something else of a line, or run a part of it. Within quotes fish reads a backslash before another or
// before a quote; csh ends a command at the end of a line, and reads a ! as one of its history. Without quotes zsh and tcsh read a = at the beginning of a
// word, and fish a %.
func misread(line string) bool {
	for _, sign := range []string{"\n", "!", `\\`, `\'`, " =", " %"} {
		if strings.Contains(line, sign) {
			return true
		}
	}
	return false
}
