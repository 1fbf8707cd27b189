package screen

import (
	"slices"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ops/audit"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestTheSelectionStaysOnItsCall(t *testing.T) {
	l := logOf(env(t.Context(), stage.New(nil)))
	defer l.Close()
	view := stage.Calls()
	newer := func(n uint64) {
		view.Entries = slices.Insert(view.Entries, 0, audit.Entry{N: n, Wire: "ssh", On: "exec", What: "newer"})
		l.got(gotCalls{view: view})
	}
	shows := func(call string) {
		t.Helper()
		f := l.Draw(120, 34)
		if !strings.Contains(f.String(), call) {
			t.Errorf("%s is not selected:\n%s", call, f.String())
		}
	}
	newer(8)
	shows("Call 8")
	l.calls.press("down")
	shows("Call 7")
	newer(9)
	shows("Call 7")
	l.calls.press("top")
	newer(10)
	shows("Call 10")
}
