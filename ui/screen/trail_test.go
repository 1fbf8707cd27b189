package screen

import (
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ui/internal/stage"
)

// What left and was never answered is found by that word, and by what came back.
func TestTheTrailIsSearched(t *testing.T) {
	tr := trailOf(env(t.Context(), stage.New(nil)))
	defer tr.Close()
	for filter, want := range map[string]int{"": 5, "ana": 2, "decision": 1, "uptime: not found": 1, "!worker-drain": 1, "unknown": 1, "nobody": 0} {
		_, _ = tr.Update(Filter{Text: filter})
		if got := tr.entries.visible(); len(got) != want {
			t.Errorf("%q: %d entries, not %d", filter, len(got), want)
		}
	}
}

func TestAnEntryOpensItsRun(t *testing.T) {
	tr := trailOf(env(t.Context(), stage.New(nil)))
	defer tr.Close()
	_, _ = tr.press("bottom")
	f := tr.Draw(120, 34)
	if s := f.String(); !strings.Contains(s, "sh: uptime: not found") || !strings.Contains(s, "3 lines of output pruned") {
		t.Errorf("the entry's output is not shown:\n%s", s)
	}
	a, _ := tr.press("open")
	p, ok := a.(Push)
	if !ok {
		t.Fatalf("%+v", a)
	}
	defer p.Screen.Close()
	if r, is := p.Screen.(*Run); !is || r.view.ID != "20261103-1150-0af3" {
		t.Errorf("%+v", p.Screen)
	}
	if got := tr.Excerpts(); len(got) != 3 || got[0].Text != "uptime" || !strings.Contains(got[1].Text, "not found") {
		t.Errorf("%+v", got)
	}
}
