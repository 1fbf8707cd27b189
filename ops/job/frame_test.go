package job

import (
	"slices"
	"strings"
	"testing"
)

// TestTheFrameAroundOutputIsTakenOff holds the frame against what util-linux 2.38 writes: the command as it is, with its lines.
func TestTheFrameAroundOutputIsTakenOff(t *testing.T) {
	for _, x := range []struct{ said, want string }{
		{"Script started on 2026-11-26 13:32:54+00:00 [COMMAND=\"sh -c 'home=x\ncd \"$1\" || exit\nexec env \"$@\"' vmtui\" <not executed on terminal>]\nRefreshed 30\n\nScript done on 2026-11-26 13:33:00+00:00 [COMMAND_EXIT_CODE=\"0\"]", "Refreshed 30\n"},
		{"Script started on x [COMMAND=\"true\" TERM=\"xterm\" COLUMNS=\"80\" LINES=\"24\"]\nScript started on what it says [COMMAND=\nOK", "Script started on what it says [COMMAND=\nOK"},
		{"no frame\n\"]", "no frame\n\"]"},
	} {
		f := &frame{}
		got := slices.DeleteFunc(strings.Split(x.said, "\n"), f.has)
		if strings.Join(got, "\n") != x.want {
			t.Errorf("%q", got)
		}
	}
	f := &frame{}
	lines := append([]string{"Script started on x [COMMAND=\""}, slices.Repeat([]string{"the command never ends"}, 100)...)
	if got := slices.DeleteFunc(lines, f.has); len(got) != 100-frameMost {
		t.Errorf("%d of 100 lines are left", len(got))
	}
}
