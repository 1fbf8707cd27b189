package main

import (
	"encoding/base64"
	"regexp"
	"testing"
)

// What a line carries besides what was asked for: base64 for what not every login shell would take as it was meant, the mark by which the call is found among
// the processes of its host, and the words with which it says that it has begun.
var (
	packed = regexp.MustCompile(`^/bin/sh -c 'eval "exec \$\(printf %s "\$0" \| base64 -d\)"' (\S+)$`)
	mark   = regexp.MustCompile(`^env VMTUI_CALL=\w+ `)
	begins = regexp.MustCompile(`printf '"'"'%s\\n'"'"' "\$1"; printf '"'"'%s\\n'"'"' "\$1" >&2; shift; | 'vmtui \w+ begins'`)
)

// spelled is a command line of a host as somebody would type it.
func spelled(line string) string {
	if m := packed.FindStringSubmatch(line); m != nil {
		if text, err := base64.StdEncoding.DecodeString(m[1]); err == nil {
			line = string(text)
		}
	}
	return begins.ReplaceAllString(mark.ReplaceAllString(line, ""), "")
}

func TestSpelled(t *testing.T) {
	plain := `/bin/sh -c 'test -e "$1"' vmtui /var/lib/vmtui/lame-duck`
	sent := `env VMTUI_CALL=F7XLQ /bin/sh -c 'printf '"'"'%s\n'"'"' "$1"; printf '"'"'%s\n'"'"' "$1" >&2; shift; test -e "$1"' vmtui 'vmtui F7XLQ begins' /var/lib/vmtui/lame-duck`
	wrapped := `/bin/sh -c 'eval "exec $(printf %s "$0" | base64 -d)"' ` + base64.StdEncoding.EncodeToString([]byte(sent))
	for _, line := range []string{plain, sent, wrapped} {
		if got := spelled(line); got != plain {
			t.Errorf("%s", got)
		}
	}
}
