package main

import (
	"regexp"
	"strings"
	"testing"
)

// What a line carries besides what was asked for: the formats of a printf for what not every login shell would take as it was meant, the mark by which the call
// is found among the processes of its host, and the words with which it says that it has begun.
var (
	packed = regexp.MustCompile(`(?s)^/bin/sh -c 'eval "exec \$\(for part; do printf -- "\$part"; done\)"' vmtui (.*)$`)
	part   = regexp.MustCompile(`'([^']*)'|[^' ]+`)
	format = strings.NewReplacer("%%", "%", `\134`, `\`, `\047`, "'", `\041`, "!", `\n`, "\n")
	mark   = regexp.MustCompile(`^env VMTUI_CALL=\w+ `)
	begins = regexp.MustCompile(`printf '"'"'%s\\n'"'"' "\$1"; printf '"'"'%s\\n'"'"' "\$1" >&2; shift; | 'vmtui \w+ begins'`)
)

// spelled is a command line of a host as somebody would type it.
func spelled(line string) string {
	if m := packed.FindStringSubmatch(line); m != nil {
		line = ""
		for _, p := range part.FindAllString(m[1], -1) {
			line += format.Replace(strings.Trim(p, "'"))
		}
	}
	return begins.ReplaceAllString(mark.ReplaceAllString(line, ""), "")
}

func TestSpelled(t *testing.T) {
	plain := `/bin/sh -c 'test -e "$1"' vmtui /var/lib/vmtui/lame-duck`
	sent := `env VMTUI_CALL=F7XLQ /bin/sh -c 'printf '"'"'%s\n'"'"' "$1"; printf '"'"'%s\n'"'"' "$1" >&2; shift; test -e "$1"' vmtui 'vmtui F7XLQ begins' /var/lib/vmtui/lame-duck`
	wrapped := `/bin/sh -c 'eval "exec $(for part; do printf -- "$part"; done)"' vmtui 'env VMTUI_CALL=F7XLQ /bin/sh -c \047printf \047"\047"\047%%s\134n\047"\047"\047 "$1"; printf \047"\047"\047%%s\134n\047"\047"\047 "$1" >&2; ' ` +
		`'shift; test -e "$1"\047 vmtui \047vmtui F7XLQ begins\047 /var/lib/vmtui/lame-duck'`
	for _, line := range []string{plain, sent, wrapped} {
		if got := spelled(line); got != plain {
			t.Errorf("%s", got)
		}
	}
}
