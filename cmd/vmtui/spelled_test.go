package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
)

// What a line carries besides what was asked for: the formats of a printf for what not every login shell would take as it was meant, the mark by which the call
// is found among the processes of its host, and the words with which it says that it has begun. What ends a command that was called off names its mark.
var (
	packed = regexp.MustCompile(`(?s)^/bin/sh -c 'eval "exec \$\(for part; do printf -- "\$part"; done\)"' vmtui (.*)$`)
	part   = regexp.MustCompile(`'([^']*)'|[^' ]+`)
	format = strings.NewReplacer("%%", "%", `\134`, `\`, `\047`, "'", `\041`, "!", `\n`, "\n")
	mark   = regexp.MustCompile(`^env VMTUI_CALL=(\w+) `)
	ends   = regexp.MustCompile(`(?s)^/bin/sh -c 'script=.*\nsend\(\) .* VMTUI_CALL=(\w+)$`)
	begins = regexp.MustCompile(`printf '"'"'%s\\n'"'"' "\$1"; printf '"'"'%s\\n'"'"' "\$1" >&2; shift; | 'vmtui \w+ begins'`)
)

// spelled is a command line of a host as somebody would type it.
func spelled(line string) string {
	return begins.ReplaceAllString(mark.ReplaceAllString(unpacked(line), ""), "")
}

// unpacked is a command line as it was before it was made fit for every login shell.
func unpacked(line string) string {
	if m := packed.FindStringSubmatch(line); m != nil {
		line = ""
		for _, p := range part.FindAllString(m[1], -1) {
			line += format.Replace(strings.Trim(p, "'"))
		}
	}
	return line
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

// What ends a look changes nothing; what ends a change is judged as one.
func TestAnEndIsJudgedByWhatItEnds(t *testing.T) {
	o := &ordeal{changing: map[string]bool{}}
	end := func(mark string) string {
		return "/bin/sh -c 'script=$1 ; exit' vmtui 'left() { :; }\nsend() { kill -s \"$1\"; }\nsend KILL \"$1\"' VMTUI_CALL=" + mark
	}
	for _, x := range []struct {
		line string
		want bool
	}{
		{`env VMTUI_CALL=LOOK /bin/sh -c 'cat "$1"' vmtui /etc/hostname`, false}, {end("LOOK"), false},
		{`env VMTUI_CALL=STOP /bin/sh -c 'docker stop "$1"' vmtui web`, true}, {end("STOP"), true}, {end("NEVER"), false},
	} {
		if got := o.changes(box.Request{What: x.line}); got != x.want {
			t.Errorf("%s: %v", x.line, got)
		}
	}
}
