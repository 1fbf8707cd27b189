package binding

import (
	"strings"
	"testing"
)

func TestTheTableAsItShipsIsSound(t *testing.T) {
	table, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, b := range table.All() {
		if seen[b.ID] {
			t.Errorf("%s is there twice", b.ID)
		}
		seen[b.ID] = true
		if b.Long == "" || len(b.Keys) == 0 || len(b.Places) == 0 || (b.Word == "" && !b.Hidden) {
			t.Errorf("%s is incomplete: %+v", b.ID, b)
		}
	}
}

func TestRemap(t *testing.T) {
	table, err := New(map[string]string{"drain": "D", "down": "j, ctrl+n"})
	if err != nil {
		t.Fatal(err)
	}
	if b, ok := Find(table.At(Fleet), "D"); !ok || b.ID != "drain" {
		t.Errorf("D means %q", b.ID)
	}
	if _, ok := Find(table.At(Fleet), "d"); ok {
		t.Error("d still means something")
	}
	if b, _ := Find(table.At(Run), "ctrl+n"); b.ID != "down" {
		t.Errorf("ctrl+n means %q", b.ID)
	}
}

func TestRemapRefuses(t *testing.T) {
	for _, c := range []struct{ id, keys, says string }{
		{"dran", "D", "nothing called"}, {"dran", "D", `the nearest is "drain"`}, {"drain", " ", "drain: it has no key"}, {"drain", "ctl+d", `"ctl+d" is no key`}, {"drain", "dd", "is no key"}, {"drain", "r", "means both"}, {"gate-skip", "q", "means both"}, {"dialog-take", "y", "types a character"}, {"dialog-take", "esc", "means both"},
	} {
		_, err := New(map[string]string{c.id: c.keys})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q: %v", c.id, c.keys, err)
		}
	}
}
