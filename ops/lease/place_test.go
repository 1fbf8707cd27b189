package lease

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
)

func TestPlacesAreKeptAndCleared(t *testing.T) {
	b := newBench(t)
	kirk, spock := b.console("kirk", nil), b.console("spock", nil)
	release := b.acquire(kirk, "run-1")
	want := run.Place{Run: "run-1", Leg: 3, Moved: "run-2", By: "kirk", Host: "it's $(here)", Since: time.Unix(100, 0).UTC()}
	if err := kirk.SetPlace(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, err := spock.Place(t.Context(), "run-1")
	if err != nil || got == nil || *got != want {
		t.Fatalf("%+v, %v", got, err)
	}
	if none, err := spock.Place(t.Context(), "run-2"); err != nil || none != nil {
		t.Errorf("%+v, %v", none, err)
	}
	// Whoever has lost the lease writes no more.
	stale := *kirk.mine
	if err := spock.TakeOver(t.Context(), "run-1"); err != nil {
		t.Fatal(err)
	}
	kirk.mu.Lock()
	kirk.mine = &stale
	kirk.mu.Unlock()
	if err := kirk.SetPlace(t.Context(), run.Place{Run: "run-1", Leg: 9}); fault.CodeOf(err) != fault.Refused {
		t.Errorf("a former owner wrote: %v", err)
	}
	if err := spock.ClearPlace(t.Context(), "run-1"); err != nil {
		t.Fatal(err)
	}
	if got, err := spock.Place(t.Context(), "run-1"); err != nil || got != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if err := spock.giveBack(t.Context()); err != nil {
		t.Error(err)
	}
	release()
}

func TestDamagedPlaceIsNoPlace(t *testing.T) {
	b := newBench(t)
	k := b.console("kirk", nil)
	if err := os.MkdirAll(filepath.Join(b.dir, "runs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, "runs", "r.json"), []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Place(t.Context(), "r"); fault.CodeOf(err) != fault.Refused || !strings.Contains(err.Error(), "r.json") {
		t.Error(err)
	}
}

// A lease is taken only from whoever holds it for the run that is taken over.
func TestALeaseIsTakenWithItsRun(t *testing.T) {
	b := newBench(t)
	kirk, spock := b.console("kirk", nil), b.console("spock", nil)
	defer b.acquire(kirk, "run-1")()
	if _, err := spock.TakeFrom(t.Context(), "run-2"); fault.CodeOf(err) != fault.Refused || !strings.Contains(err.Error(), "run-1") {
		t.Fatalf("a lease was taken that was held for something else: %v", err)
	}
	release, err := spock.TakeFrom(t.Context(), "run-1")
	if err != nil {
		t.Fatal(err)
	}
	if kirk.Held() == nil || spock.Held() != nil {
		t.Errorf("kirk: %v, spock: %v", kirk.Held(), spock.Held())
	}
	if err := release(t.Context()); err != nil {
		t.Error(err)
	}
}
