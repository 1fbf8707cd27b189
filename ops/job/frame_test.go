package job

import (
	"slices"
	"strings"
	"testing"
)

// What util-linux writes around the output is no part of it, and what looks like it is output.
func TestTheFrameAroundOutputIsTakenOff(t *testing.T) {
	for _, x := range []struct{ said, want string }{
		{"Script started on 2026-11-26 13:32:54+00:00 [COMMAND=\"eval\" <not executed on terminal>]\nRefreshed 30\n\nScript done on 2026-11-26 13:33:00+00:00 [COMMAND_EXIT_CODE=\"0\"]", "Refreshed 30\n"},
		{"Script started on x [COMMAND=\"eval\" TERM=\"xterm\" COLUMNS=\"80\" LINES=\"24\"]\nScript started on what it says [COMMAND=\nOK", "Script started on what it says [COMMAND=\nOK"},
		{"no frame\n\"]", "no frame\n\"]"},
	} {
		f := &frame{}
		if got := strings.Join(slices.DeleteFunc(strings.Split(x.said, "\n"), f.has), "\n"); got != x.want {
			t.Errorf("%q", got)
		}
	}
}
