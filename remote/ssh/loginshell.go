package ssh

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"al.essio.dev/pkg/shellescape"

	"github.com/vmtui/vmtui/keys/fault"
)

// aboard runs a line that came as the formats of a printf. The login shell, sh and what the line names are one process after the other: a session's leader
// stays one.
const aboard = `eval "exec $(for part; do printf -- "$part"; done)"`

// partMost keeps each of them well below the 8 KB that csh takes for a word. A longer line that needs no wrapping is wrapped for that.
const partMost = 4000

// inFormat spells a line so that printf gives it back, and without what a shell may take for more than itself within quotes.
var inFormat = strings.NewReplacer("%", "%%", `\`, `\134`, "'", `\047`, "!", `\041`, "\n", `\n`)

// portable is a line that every login shell takes as it was meant: bash, dash, zsh, fish, csh and tcsh, and those who do as one of them does.
func portable(line string) string {
	if len(line) <= partMost && !misread.MatchString(line) {
		return line
	}
	return shellescape.QuoteCommand(append([]string{"/bin/sh", "-c", aboard, arg0}, formats(line)...))
}

// lineMost is what Linux takes for one argument, and the whole line is one of the login shell.
const lineMost = 128<<10 - 1

// tooLong says why a line cannot be sent.
func tooLong(line, on string) error {
	if len(line) <= lineMost {
		return nil
	}
	return &fault.Error{What: "command not sent", On: on, Why: fmt.Sprintf("its line is %d bytes long, and a host takes %d", len(line), lineMost),
		Next: "put what is long into a file and take that there first: vmtui copy", Code: fault.Usage}
}

// formats are a line in parts; none ends within a sign.
func formats(line string) (parts []string) {
	var part strings.Builder
	for at := 0; at < len(line); {
		_, n := utf8.DecodeRuneInString(line[at:])
		part.WriteString(inFormat.Replace(line[at : at+n]))
		if at += n; part.Len() >= partMost || at == len(line) {
			parts = append(parts, part.String())
			part.Reset()
		}
	}
	return parts
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
