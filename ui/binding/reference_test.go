package binding

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the reference of keys anew")

// TestTheReferenceIsTheTable fails when docs/keys.md does not say what the table says; with -update it is written anew.
func TestTheReferenceIsTheTable(t *testing.T) {
	const path = "../../docs/keys.md"
	want := Default().Reference()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("docs/keys.md is stale (%v): go test ./ui/binding -update", err)
	}
}

func TestEveryBindingIsInTheReference(t *testing.T) {
	page := Default().Reference()
	for _, b := range Default().All() {
		if !strings.Contains(page, "`"+b.ID+"`") {
			t.Errorf("%s is not in the reference", b.ID)
		}
	}
}

// TestEveryBindingCanBeRemapped gives each binding another key and finds it under that key, and under none of its old ones, wherever it holds.
func TestEveryBindingCanBeRemapped(t *testing.T) {
	for _, b := range Default().All() {
		table, err := New(map[string]string{b.ID: "ctrl+alt+x, f12"})
		if err != nil {
			t.Errorf("%s: %v", b.ID, err)
			continue
		}
		for _, p := range everyScreen() {
			if !b.Holds(p) {
				continue
			}
			if got, _ := Find(table.At(p), "f12"); got.ID != b.ID {
				t.Errorf("%s on %s: f12 means %q", b.ID, p, got.ID)
			}
			for _, old := range b.Keys {
				if got, _ := Find(table.At(p), old); got.ID == b.ID {
					t.Errorf("%s on %s is still under %s", b.ID, p, old)
				}
			}
		}
	}
}

// TestEveryBindingRefusesAKeyThatIsTaken gives each binding a key of every other that holds where it holds.
func TestEveryBindingRefusesAKeyThatIsTaken(t *testing.T) {
	all := Default().All()
	for _, b := range all {
		for _, other := range all {
			if b.ID == other.ID || !meet(b, other) {
				continue
			}
			key := strings.ReplaceAll(other.Keys[0], ",", "comma")
			_, err := New(map[string]string{b.ID: key})
			if err == nil || !strings.Contains(err.Error(), b.ID) || !strings.Contains(err.Error(), other.Keys[0]+" means both") {
				t.Errorf("%s under %s, which is %s's: %v", b.ID, key, other.ID, err)
			}
		}
	}
}

// everyScreen are the places but for dialogs, in which what holds everywhere does not hold.
func everyScreen() []Place {
	return slices.DeleteFunc(everyPlace(), func(p Place) bool { return p == Dialog })
}

// meet reports that two bindings hold in one place.
func meet(a, b Binding) bool {
	for _, p := range everyScreen() {
		if a.Holds(p) && b.Holds(p) {
			return true
		}
	}
	return false
}
