package main

import (
	"encoding/json"
	"testing"
	"time"
)

// consoles are those that a status shows.
func consoles(t *testing.T, config string) []statusSeat {
	t.Helper()
	var doc statusDoc
	said := vmtui(t, config, "status", "--json")
	if err := json.Unmarshal([]byte(said.out), &doc); err != nil {
		t.Fatalf("%v: %s %s", err, said.out, said.err)
	}
	return doc.Consoles
}

func TestConsolesSeeOneAnother(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	anna := another(t, b, "anna")
	mine := sit(t, 140, 36, "--config", b.ConfigPath())
	mine.sees("worker-2", "healthy")
	hers := sit(t, 140, 36, "--config", anna, "--read-only")
	mine.sees(" + anna@")
	hers.sees("READ-ONLY", " + ")
	if all := consoles(t, b.ConfigPath()); len(all) != 2 || all[0].ReadOnly == all[1].ReadOnly {
		t.Errorf("%+v", all)
	}
	hers.press("q")
	hers.ends()
	for deadline := time.Now().Add(patience); len(consoles(t, b.ConfigPath())) != 1; {
		if time.Now().After(deadline) {
			t.Fatal("her console was left long ago and is still shown")
		}
	}
	mine.press("q")
	mine.ends()
}
