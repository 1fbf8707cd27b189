package edition_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/vmtui/vmtui/ops/edition"
)

func TestNewerWaitsForAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e edition.Edition
		seen := make(chan error)
		for range 3 {
			go func() { seen <- e.Newer(t.Context(), 0) }()
		}
		synctest.Wait()
		select {
		case err := <-seen:
			t.Fatal(err, "it is newer although nothing has changed")
		default:
		}
		e.Changed()
		for range 3 {
			if err := <-seen; err != nil {
				t.Error(err)
			}
		}
		if err := e.Newer(t.Context(), 0); err != nil || e.Number() != 1 {
			t.Error(err, e.Number())
		}
	})
}

func TestNewerEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var e edition.Edition
	if err := e.Newer(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
