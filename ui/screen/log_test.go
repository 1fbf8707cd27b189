package screen

import (
	"slices"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ops/audit"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// In a row the end of a long address is what tells calls apart.
func TestLongIDsAreShortInARow(t *testing.T) {
	for what, want := range map[string]string{
		"GET /client/v4/zones/023e105f4ecef8ad9ca31a8372d0c353/settings/security_level": "GET /client/v4/zones/023e…/settings/security_level",
		"DELETE /v2/load_balancers/4de7ac8b-495b-4884-9a69-1050c6793cd6/droplets":       "DELETE /v2/load_balancers/4de7…/droplets",
		"LRANGE queue:default 0 199": "LRANGE queue:default 0 199",
	} {
		if got := shortIDs(what); got != want {
			t.Errorf("%q became %q", what, got)
		}
	}
}

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
