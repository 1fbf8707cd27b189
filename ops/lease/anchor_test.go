package lease

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/run"
)

func TestAnchorsAreKeptInOrder(t *testing.T) {
	b := newBench(t)
	mike, ana := b.console("mike", nil), b.console("ana", nil)
	if got, err := mike.Anchors(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	one := run.Anchor{Head: run.Head{Store: "s1", N: 3, Sum: "aa"}, Time: time.Unix(100, 0).UTC(), By: "mike@laptop $(rm -rf /) 'x'"}
	if err := mike.Anchor(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	var both sync.WaitGroup
	for _, k := range []*Keeper{mike, ana} {
		both.Go(func() {
			for range 5 {
				if err := k.Anchor(t.Context(), run.Anchor{Head: run.Head{Store: "s2"}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	both.Wait()
	got, err := ana.Anchors(t.Context())
	if err != nil || len(got) != 11 || got[0] != one {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDamagedAnchorsAreNamed(t *testing.T) {
	b := newBench(t)
	k := b.console("mike", nil)
	if err := k.Anchor(t.Context(), run.Anchor{}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, "anchors.log"), []byte("{}\nhello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Anchors(t.Context()); err == nil || !strings.Contains(err.Error(), "anchors.log") || len(got) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	b.shell.dead = errors.New("no route to host")
	if _, err := k.Anchors(t.Context()); err == nil {
		t.Error("a dead exec has no anchors to show")
	}
}
