package ssh

import (
	"regexp"
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
	if !misread.MatchString(line) {
		return line
	}
	return shellescape.QuoteCommand([]string{"/bin/sh", "-c", aboard, inFormat.Replace(line)})
}

// misread are the lines of which some login shell would make something else, or run a part of them. Within quotes fish reads a backslash before another or
// before a quote; csh ends a command at the end of a line, and takes a ! for its history, unless a blank, = or ( comes after it. Without quotes zsh and tcsh
// read a = at the beginning of a word, and fish a %.
var misread = regexp.MustCompile(`\n|![^ \t=(]|!$|\\[\\']| [=%][\w@%+=:,./-]+( |$)`)

// inOneLine makes one line of a script, so that it can go as it is. Its lines end where commands do, and none of it is a comment or text.
func inOneLine(script string) string {
	var b strings.Builder
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		b.WriteString(line)
		if opens.MatchString(line) {
			b.WriteString(" ")
		} else if line != "" {
			b.WriteString(" ; ") // a blank between ! and ; is for csh
		}
	}
	return strings.TrimSuffix(b.String(), " ; ")
}

// opens are the lines after which a command may begin without a ;.
var opens = regexp.MustCompile(`(\b(then|else|do)|[({])$`)
